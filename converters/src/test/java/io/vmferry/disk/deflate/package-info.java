/** Tests of inflating. */
@NullMarked
package io.vmferry.disk.deflate;

import org.jspecify.annotations.NullMarked;
