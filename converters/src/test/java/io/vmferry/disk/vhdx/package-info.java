/** Tests of VHDX images. */
@NullMarked
package io.vmferry.disk.vhdx;

import org.jspecify.annotations.NullMarked;
