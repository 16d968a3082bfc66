/**
 * A server of the Network Block Device protocol on a Unix domain socket, for disk images: fixed
 * newstyle negotiation, simple and structured replies ("The NBD protocol",
 * github.com/NetworkBlockDevice/nbd, doc/proto.md).
 *
 * <p>Read first: {@link io.vmferry.guest.nbd.NbdServer}, {@link io.vmferry.guest.nbd.Transmission}.
 */
@NullMarked
package io.vmferry.guest.nbd;

import org.jspecify.annotations.NullMarked;
