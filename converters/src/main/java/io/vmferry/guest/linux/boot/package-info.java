/**
 * What makes a Linux guest boot on EC2: drivers in every initramfs, kernel command lines, and boot
 * loaders that start without being asked.
 *
 * <p>Read first: {@link io.vmferry.guest.linux.boot.LinuxBootModifications} and {@link
 * io.vmferry.guest.linux.boot.DriverArchive}.
 */
@NullMarked
package io.vmferry.guest.linux.boot;

import org.jspecify.annotations.NullMarked;
