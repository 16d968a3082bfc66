package io.vmferry.guest;

import java.io.IOException;

/**
 * One change, or a few that belong together, that a guest needs to boot on EC2. Without state;
 * applying twice changes nothing more.
 */
public interface Modification {

  /** A short, stable name in lower case: {@code fstab}, {@code network-ifupdown}. */
  String name();

  /** Whether the guest is of the kind this is for. Reads nothing but facts and options. */
  boolean appliesTo(GuestFacts facts, ModificationOptions options);

  /**
   * Makes the change through {@link Guest#edits}, which reports it.
   *
   * @throws io.vmferry.error.VmferryException if the guest cannot be made to boot
   * @throws IOException if a file system is damaged
   */
  void apply(Guest guest) throws IOException;
}
