package io.vmferry.cli.backend;

import io.vmferry.functions.aws.HttpsRemoteFiles;
import io.vmferry.functions.port.RemoteFiles;
import io.vmferry.guest.conversion.ApplianceConversion;
import io.vmferry.guest.conversion.GuestConversion;

/** Machines looked into from this process. */
public final class LocalMachineAccess implements MachineAccess {

  @Override
  public GuestConversion guests() {
    return ApplianceConversion.inTemporaryFiles();
  }

  @Override
  public RemoteFiles remoteFiles() {
    return new HttpsRemoteFiles();
  }
}
