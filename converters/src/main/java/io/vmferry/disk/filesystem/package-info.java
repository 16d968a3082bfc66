/**
 * What lies in a partition, by the superblocks of file systems, swap space, volumes and encryption.
 *
 * <p>Read first: {@link io.vmferry.disk.filesystem.ContentProbe}.
 */
@NullMarked
package io.vmferry.disk.filesystem;

import org.jspecify.annotations.NullMarked;
