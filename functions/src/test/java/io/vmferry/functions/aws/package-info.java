/**
 * Tests of the adapters on scripted HTTP servers; the contracts are run against the embedded AWS.
 */
@NullMarked
package io.vmferry.functions.aws;

import org.jspecify.annotations.NullMarked;
