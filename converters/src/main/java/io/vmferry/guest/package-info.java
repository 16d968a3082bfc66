/**
 * A guest operating system on a machine's disks: the facts inspection finds, its files, and the
 * changes that make it boot on EC2.
 *
 * <p>Read first: {@link io.vmferry.guest.Modification} and {@link io.vmferry.guest.GuestFiles}.
 */
@NullMarked
package io.vmferry.guest;

import org.jspecify.annotations.NullMarked;
