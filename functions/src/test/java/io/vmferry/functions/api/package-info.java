/** Tests of EC2's Query API. */
@NullMarked
package io.vmferry.functions.api;

import org.jspecify.annotations.NullMarked;
