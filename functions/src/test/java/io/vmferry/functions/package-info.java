/** Tests of how the functions are put together. */
@NullMarked
package io.vmferry.functions;

import org.jspecify.annotations.NullMarked;
