/** Tests of the package. */
@NullMarked
package io.vmferry.functions.upload;

import org.jspecify.annotations.NullMarked;
