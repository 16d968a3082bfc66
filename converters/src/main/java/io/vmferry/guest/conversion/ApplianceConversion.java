package io.vmferry.guest.conversion;

import io.vmferry.disk.DiskImage;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.ModificationOptions;
import java.io.IOException;
import java.util.List;

/** Guests opened in the libguestfs appliance. */
public final class ApplianceConversion implements GuestConversion {
  private ApplianceConversion() {}

  /** A conversion whose overlays are in the system's directory of temporary files. */
  public static ApplianceConversion inTemporaryFiles() {
    return new ApplianceConversion();
  }

  @Override
  public void checkAvailable() {
    throw new VmferryException(
        ErrorCode.GUEST_APPLIANCE_UNAVAILABLE, "guests cannot be opened yet");
  }

  @Override
  public Inspection inspect(List<? extends DiskImage> disks, StopSignal stop) throws IOException {
    Conversion.closeAll(disks);
    throw new VmferryException(
        ErrorCode.GUEST_APPLIANCE_UNAVAILABLE, "guests cannot be opened yet");
  }

  @Override
  public Conversion modify(
      List<? extends DiskImage> disks, ModificationOptions options, StopSignal stop)
      throws IOException {
    Conversion.closeAll(disks);
    throw new VmferryException(
        ErrorCode.GUEST_APPLIANCE_UNAVAILABLE, "guests cannot be opened yet");
  }
}
