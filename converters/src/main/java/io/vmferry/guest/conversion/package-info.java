/**
 * A machine's disks as a whole: opened in the appliance, inspected, and changed so that the machine
 * boots on EC2.
 *
 * <p>Read first: {@link io.vmferry.guest.conversion.GuestConversion}.
 */
@NullMarked
package io.vmferry.guest.conversion;

import org.jspecify.annotations.NullMarked;
