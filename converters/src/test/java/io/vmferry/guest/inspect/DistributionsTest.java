package io.vmferry.guest.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.guest.Distribution;
import io.vmferry.guest.Distribution.Family;
import io.vmferry.guest.InMemoryGuest;
import java.io.IOException;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DistributionsTest {

  /** Releases without os-release. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/etc/redhat-release | Red Hat Enterprise Linux Server release 5.11 (Tikanga) | RED_HAT rhel 5.11",
        "/etc/centos-release | CentOS release 6.10 (Final) | RED_HAT centos 6.10",
        "/etc/redhat-release | CentOS release 5.11 (Final) | RED_HAT centos 5.11",
        "/etc/oracle-release | Oracle Linux Server release 6.9 | RED_HAT ol 6.9",
        "/etc/enterprise-release | Enterprise Linux Enterprise Linux Server release 5.8 (Carthage) | RED_HAT ol 5.8",
        "/etc/rocky-release | Rocky Linux release 8.9 (Green Obsidian) | RED_HAT rocky 8.9",
        "/etc/fedora-release | Fedora release 19 (Schrödinger’s Cat) | RED_HAT fedora 19",
        "/etc/redhat-release | Scientific Linux release 6.10 (Carbon) | RED_HAT scientific 6.10",
        "/etc/system-release | Amazon Linux AMI release 2018.03 | AMAZON amzn 2018.3",
        "/etc/debian_version | 6.0.10 | DEBIAN debian 6.0",
      })
  void readsReleaseFiles(String path, String content, String expected) throws IOException {
    assertThat(describe(new InMemoryGuest().file(path, content + "\n"))).isEqualTo(expected);
  }

  @Test
  void readsLsbReleaseAndSuseRelease() throws IOException {
    assertThat(
            describe(
                new InMemoryGuest()
                    .file(
                        "/etc/lsb-release",
                        "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=10.04\nDISTRIB_DESCRIPTION=\"Ubuntu 10.04\"\n")
                    .file("/etc/debian_version", "squeeze/sid\n")))
        .isEqualTo("DEBIAN ubuntu 10.4");
    assertThat(
            describe(
                new InMemoryGuest()
                    .file("/etc/lsb-release", "LSB_VERSION=base-4.0-amd64\n")
                    .file("/etc/redhat-release", "CentOS release 6.5 (Final)\n")))
        .isEqualTo("RED_HAT centos 6.5");
    assertThat(
            describe(
                new InMemoryGuest()
                    .file(
                        "/etc/SuSE-release",
                        "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 3\n")))
        .isEqualTo("SUSE sles 11.3");
    assertThat(
            describe(
                new InMemoryGuest()
                    .file("/etc/SuSE-release", "openSUSE 13.1 (x86_64)\nVERSION = 13.1\n")))
        .isEqualTo("SUSE opensuse 13.1");
  }

  /** os-release of these lacks the minor release, or the major. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "centos | 7 | rhel fedora | /etc/centos-release | CentOS Linux release 7.9.2009 (Core) | RED_HAT centos 7.9",
        "centos | 9 | rhel fedora | /etc/centos-release | CentOS Stream release 9 | RED_HAT centos 9",
        "debian | 12 | | /etc/debian_version | 12.5 | DEBIAN debian 12.5",
        "debian | 12 | | /etc/debian_version | 11.9 | DEBIAN debian 12",
        "linuxmint | 21.3 | ubuntu debian | /x | | DEBIAN linuxmint 21.3",
        "sled | 15.5 | suse | /x | | SUSE sled 15.5",
        "arch | | | /x | | OTHER arch",
        "virtuozzo | 8 | rhel fedora centos | /x | | RED_HAT virtuozzo 8",
        "gentoo | 2.15 | | /x | | OTHER gentoo 2.15",
      })
  void completesOsReleaseByOtherFiles(
      String id, String version, String like, String path, String content, String expected)
      throws IOException {
    InMemoryGuest guest =
        new InMemoryGuest()
            .file(
                "/usr/lib/os-release",
                "ID=%s\n%sID_LIKE=\"%s\"\n"
                    .formatted(
                        id,
                        version == null ? "" : "VERSION_ID='%s'\n".formatted(version),
                        like == null ? "" : like))
            .link("/etc/os-release", "../usr/lib/os-release")
            .file(path, content == null ? "" : content + "\n");
    assertThat(describe(guest)).isEqualTo(expected);
  }

  @Test
  void knowsNothingOfAnEmptyGuest() throws IOException {
    assertThat(Distributions.read(new GuestReader(new InMemoryGuest()))).isEmpty();
    assertThat(Distributions.read(new GuestReader(new InMemoryGuest().special("/etc/os-release"))))
        .isEmpty();
  }

  @Test
  void survivesNumbersThatAreNone() throws IOException {
    Distribution distribution =
        Distributions.read(
                new GuestReader(
                    new InMemoryGuest()
                        .file("/etc/os-release", "ID=debian\nVERSION_ID=99999999999999999\n")))
            .orElseThrow();
    assertThat(distribution.family()).isEqualTo(Family.DEBIAN);
    assertThat(distribution.minor()).isEqualTo(OptionalInt.empty());
  }

  private static String describe(InMemoryGuest guest) throws IOException {
    Distribution is = Distributions.read(new GuestReader(guest)).orElseThrow();
    String major = is.major().isPresent() ? " " + is.major().getAsInt() : "";
    String minor = is.minor().isPresent() ? "." + is.minor().getAsInt() : "";
    return is.family() + " " + is.id() + major + minor;
  }
}
