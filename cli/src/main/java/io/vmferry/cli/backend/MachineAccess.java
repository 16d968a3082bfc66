package io.vmferry.cli.backend;

import io.vmferry.functions.port.RemoteFiles;
import io.vmferry.guest.conversion.GuestConversion;

/** What looking into machines takes. Not touched by help and usage errors. */
public interface MachineAccess {

  /** Opens guests. */
  GuestConversion guests();

  /** Reads web servers. */
  RemoteFiles remoteFiles();
}
