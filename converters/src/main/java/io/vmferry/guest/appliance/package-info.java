/**
 * A machine's disks opened in the libguestfs appliance: a small virtual machine with Linux's own
 * file systems, so that nothing of a stranger's disk is taken apart on this machine.
 *
 * <p>Read first: {@link io.vmferry.guest.appliance.GuestAppliance}, {@link
 * io.vmferry.guest.appliance.GuestfsHandle}.
 */
@NullMarked
package io.vmferry.guest.appliance;

import org.jspecify.annotations.NullMarked;
