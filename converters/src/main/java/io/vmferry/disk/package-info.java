/**
 * The virtual disk: what every format looks like from outside, and the list of the formats there
 * are.
 *
 * <p>Read first: {@link io.vmferry.disk.DiskImage} and {@link io.vmferry.disk.DiskImageFormats}.
 */
@NullMarked
package io.vmferry.disk;

import org.jspecify.annotations.NullMarked;
