package io.vmferry.guest.conversion;

import io.vmferry.error.VmferryException;
import java.util.Optional;

/** Says whether work on a guest must end before it is done. */
@FunctionalInterface
public interface StopSignal {
  /** Never stops. */
  StopSignal NEVER = Optional::empty;

  /**
   * Why the work must end; empty to go on. Asked about twice a second from a thread of its own, so
   * it may take a moment; once it has given a reason it is not asked again.
   */
  Optional<VmferryException> reason();
}
