/**
 * VMware's virtual disks: hosted sparse extents (monolithic, split and stream-optimized) and text
 * descriptors over flat, sparse and zero extents, as in VMware's "Virtual Disk Format 5.0".
 *
 * <p>Start with {@link io.vmferry.disk.vmdk.VmdkFormat}, then {@code SparseExtent}.
 */
@NullMarked
package io.vmferry.disk.vmdk;

import org.jspecify.annotations.NullMarked;
