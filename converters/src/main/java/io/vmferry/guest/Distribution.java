package io.vmferry.guest;

import java.util.OptionalInt;

/**
 * A Linux distribution.
 *
 * @param family whose conventions it follows
 * @param id as os-release's ID: {@code debian}, {@code ubuntu}, {@code rhel}, {@code centos},
 *     {@code ol}, {@code fedora}, {@code amzn}, {@code sles}, {@code opensuse-leap}
 * @param major the release; empty for a rolling one
 * @param minor the minor release; empty where there is none or the guest does not tell
 * @param name the name for people: {@code Debian GNU/Linux 12 (bookworm)}
 */
public record Distribution(
    Family family, String id, OptionalInt major, OptionalInt minor, String name) {

  /** Families of distributions that lay out their configuration alike. */
  public enum Family {
    /** Debian, Ubuntu and their kin. */
    DEBIAN,
    /** Red Hat Enterprise Linux, CentOS, Alma, Rocky, Oracle Linux, Fedora. */
    RED_HAT,
    /** SUSE Linux Enterprise, openSUSE. */
    SUSE,
    /** Amazon Linux. */
    AMAZON,
    /** None of these. */
    OTHER
  }
}
