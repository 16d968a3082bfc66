/** Tests of VHD images. */
@NullMarked
package io.vmferry.disk.vhd;

import org.jspecify.annotations.NullMarked;
