package io.vmferry.guest;

/** What kind of system a guest is. */
public sealed interface OperatingSystem permits LinuxFacts {

  /** The processor it runs on. */
  Architecture architecture();

  /** Its name for people. */
  String name();
}
