/**
 * VHD images, fixed and dynamic, as the Virtual Hard Disk Image Format Specification 1.0 describes
 * them and real writers make them.
 */
@NullMarked
package io.vmferry.disk.vhd;

import org.jspecify.annotations.NullMarked;
