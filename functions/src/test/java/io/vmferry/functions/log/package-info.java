/** Tests of the package. */
@NullMarked
package io.vmferry.functions.log;

import org.jspecify.annotations.NullMarked;
