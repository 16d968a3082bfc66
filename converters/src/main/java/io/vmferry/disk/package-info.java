/**
 * The virtual disk: what every format looks like from outside.
 *
 * <p>Read first: {@link io.vmferry.disk.DiskImage}.
 */
@NullMarked
package io.vmferry.disk;

import org.jspecify.annotations.NullMarked;
