/**
 * Linux guests: what inspection reads of them.
 *
 * <p>Read first: {@link io.vmferry.guest.linux.Fstab}.
 */
@NullMarked
package io.vmferry.guest.linux;

import org.jspecify.annotations.NullMarked;
