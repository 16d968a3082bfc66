/**
 * Changes to a disk that is only read: kept beside it, and saved as a disk image of their own.
 *
 * <p>Read first: {@link io.vmferry.disk.overlay.OverlayImage}.
 */
@NullMarked
package io.vmferry.disk.overlay;

import org.jspecify.annotations.NullMarked;
