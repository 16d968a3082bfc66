/** The ports' contracts: tests that every implementation passes. */
@NullMarked
package io.vmferry.functions.port;

import org.jspecify.annotations.NullMarked;
