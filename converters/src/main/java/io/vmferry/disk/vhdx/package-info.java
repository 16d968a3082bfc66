/**
 * VHDX images, fixed and dynamic, as [MS-VHDX] describes them; a log that was left behind is
 * replayed in memory.
 */
@NullMarked
package io.vmferry.disk.vhdx;

import org.jspecify.annotations.NullMarked;
