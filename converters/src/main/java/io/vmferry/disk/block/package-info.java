/** Disks that several formats store in the same way: in blocks of one size, or as they are. */
@NullMarked
package io.vmferry.disk.block;

import org.jspecify.annotations.NullMarked;
