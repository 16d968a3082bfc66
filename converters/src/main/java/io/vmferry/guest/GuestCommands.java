package io.vmferry.guest;

import java.time.Duration;
import java.util.List;

/** Runs a guest's own programs, inside the appliance, in the guest's root, without a network. */
@FunctionalInterface
public interface GuestCommands {
  /**
   * Runs a program and waits for its end.
   *
   * @param arguments the program and its arguments
   * @param limit how long it may take
   * @return what it printed, at most 1 MiB
   * @throws io.vmferry.error.VmferryException with {@link
   *     io.vmferry.error.ErrorCode#GUEST_COMMAND_FAILED} if it fails or takes too long
   */
  String run(List<String> arguments, Duration limit);
}
