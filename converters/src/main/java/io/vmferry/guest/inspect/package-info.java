/**
 * Inspection: what a machine's disks hold, which system boots from them, and what would keep it
 * from running on EC2. Reads only.
 *
 * <p>Read first: {@link io.vmferry.guest.inspect.GuestInspection} and {@link
 * io.vmferry.guest.inspect.LinuxInspection}.
 */
@NullMarked
package io.vmferry.guest.inspect;

import org.jspecify.annotations.NullMarked;
