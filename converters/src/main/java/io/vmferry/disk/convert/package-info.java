/**
 * From a virtual disk to the 512 KiB blocks of an EBS snapshot: cutting a disk into chunks, and
 * writing one chunk.
 *
 * <p>Read first: {@link io.vmferry.disk.convert.ChunkPlanner} and {@link
 * io.vmferry.disk.convert.ChunkConverter}.
 */
@NullMarked
package io.vmferry.disk.convert;

import org.jspecify.annotations.NullMarked;
