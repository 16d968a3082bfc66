package io.vmferry.guest.conversion;

import io.vmferry.disk.DiskImage;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.inspect.Inspection;
import java.io.IOException;
import java.util.List;

/**
 * Looks into machines, and changes them so that they boot on EC2. The disks given are only read:
 * what changes goes to overlays.
 *
 * <p>Safe for use by many threads at once; each call has an appliance of its own.
 */
public interface GuestConversion {

  /**
   * Checks that guests can be opened on this machine at all.
   *
   * @throws VmferryException {@link ErrorCode#GUEST_APPLIANCE_UNAVAILABLE} naming what is missing
   */
  void checkAvailable();

  /**
   * Looks into a machine. What is wrong with it is a finding, not a failure.
   *
   * @param disks the machine's disks, the root device first; closed on return, even by a failure
   * @param stop asked now and then whether to go on
   * @throws VmferryException what {@code stop} said; if the appliance fails
   * @throws IOException if a disk cannot be read
   */
  Inspection inspect(List<? extends DiskImage> disks, StopSignal stop) throws IOException;

  /**
   * Changes a machine. Of a Windows machine, which is imported as it is, nothing is changed; a
   * finding says so.
   *
   * @param disks as for {@link #inspect}, but closed with what is returned
   * @return what was found and changed, and the overlays; to be closed
   * @throws VmferryException the first finding of {@link #inspect} that is an error; if the guest
   *     does not take a change; what {@code stop} said; if the appliance fails
   * @throws IOException if a disk cannot be read or an overlay cannot be written
   */
  Conversion modify(List<? extends DiskImage> disks, ModificationOptions options, StopSignal stop)
      throws IOException;
}
