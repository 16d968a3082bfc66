/**
 * What configures a Linux guest's network becomes DHCP on whatever interface EC2 gives it.
 *
 * <p>Read first: {@link io.vmferry.guest.linux.network.EffectiveNetwork}.
 */
@NullMarked
package io.vmferry.guest.linux.network;

import org.jspecify.annotations.NullMarked;
