/**
 * The list of the formats there are.
 *
 * <p>Read first: {@link io.vmferry.disk.format.DiskImageFormats}.
 */
@NullMarked
package io.vmferry.disk.format;

import org.jspecify.annotations.NullMarked;
