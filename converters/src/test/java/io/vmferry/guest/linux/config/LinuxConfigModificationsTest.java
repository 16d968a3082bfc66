package io.vmferry.guest.linux.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.guest.Change;
import io.vmferry.guest.Change.Action;
import io.vmferry.guest.FileStatus;
import io.vmferry.guest.FileSystemFacts;
import io.vmferry.guest.Firmware;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.InMemoryGuest;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.SyntheticGuest;
import io.vmferry.guest.inspect.LinuxInspection;
import io.vmferry.guest.inspect.Mount;
import io.vmferry.guest.linux.network.NetworkCheck;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * All modifications on guests laid out as each release does it. What they report and every file
 * they change is pinned in {@code guests/NAME.golden}, rewritten by {@code -Dgolden.update}.
 */
class LinuxConfigModificationsTest {
  private static final boolean UPDATE = System.getProperty("golden.update") != null;
  private static final Path GUESTS =
      Path.of("src/test/resources/io/vmferry/guest/linux/config/guests");
  private static final Path RELEASES = Path.of("src/test/resources/io/vmferry/guest/synthetic");
  private static final String INSPECTED = "inspected-";
  private static final Pattern OLD_ADDRESS =
      Pattern.compile("(192\\.168\\.10|10\\.0\\.0|10\\.20\\.0)\\.[0-9]+|2001:db8::");
  private static final Pattern DHCP =
      Pattern.compile(
          "inet dhcp|dhcp4: true|DHCP=yes|BOOTPROTO=['\"]?dhcp|method=auto"
              + "|renderer: NetworkManager");
  private static final Pattern MAC = Pattern.compile("(?i)([0-9a-f]{2}:){5}[0-9a-f]{2}");

  /** The guests that are described for this test, and those that inspection is tested with. */
  static List<String> guests() throws IOException {
    return Stream.concat(names(GUESTS).stream(), names(RELEASES).stream().map(INSPECTED::concat))
        .toList();
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(path -> path.getFileName().toString())
          .filter(name -> name.endsWith(".guest"))
          .map(name -> name.substring(0, name.length() - ".guest".length()))
          .sorted()
          .toList();
    }
  }

  @Test
  void looksAtEveryReleaseThatIsClaimed() throws IOException {
    assertThat(guests()).hasSizeGreaterThanOrEqualTo(60);
  }

  @ParameterizedTest
  @MethodSource("guests")
  void changesWhatItsGoldenSays(String name) throws IOException {
    ConfigGuest guest = load(name);
    List<Change> changes = guest.apply(LinuxConfigModifications.all());
    String is =
        report(changes) + SyntheticGuest.difference(load(name).files(), copy(guest.files(), false));
    Path golden = GUESTS.resolve(name + ".golden");
    if (UPDATE) {
      Files.writeString(golden, is);
    }
    assertThat(golden).content().isEqualTo(is);
  }

  @ParameterizedTest
  @MethodSource("guests")
  void changesNothingMoreTheSecondTime(String name) throws IOException {
    ConfigGuest guest = load(name);
    ModificationOptions options = everything();
    guest.apply(LinuxConfigModifications.all(), options, Optional.empty());
    InMemoryGuest before = copy(guest.files(), true);
    List<Change> changes = guest.apply(LinuxConfigModifications.all(), options, Optional.empty());
    assertThat(changes).filteredOn(change -> change.action() != Action.NOTE).isEmpty();
    assertThat(SyntheticGuest.difference(before, guest.files())).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("guests")
  void keepsTheOriginalOfWhatItChangesAndNamesItInTheReport(String name) throws IOException {
    InMemoryGuest before = load(name).files();
    ConfigGuest guest = load(name);
    for (Change change : guest.apply(LinuxConfigModifications.all())) {
      if (change.action() == Action.CHANGED || change.action() == Action.REMOVED) {
        String path = change.path().orElseThrow();
        String original = change.original().orElseThrow();
        assertThat(original).isEqualTo(GuestEdits.originalOf(path));
        if (before.status(path).orElseThrow().isRegular()) {
          assertThat(guest.files().contentOf(original)).isEqualTo(before.contentOf(path));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("guests")
  void leavesNoOldAddressWhereTheNetworkIsConfigured(String name) throws IOException {
    ConfigGuest guest = load(name);
    guest.apply(LinuxConfigModifications.all());
    for (String path : guest.files().paths()) {
      boolean network =
          path.matches("/etc/(network|netplan|sysconfig|NetworkManager|systemd/network|cloud)/.*")
              && !path.contains("vmferry.orig")
              && !path.endsWith("/not.read");
      if (network && guest.files().status(path).orElseThrow().isRegular()) {
        String uncommented = guest.files().textOf(path).replaceAll("(?m)^#.*$", "");
        assertThat(uncommented).as(path).doesNotContainPattern(OLD_ADDRESS);
        assertThat(uncommented).as(path).doesNotContainPattern(MAC);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("guests")
  void findsWhatBringsUpTheNetworkAndHasItDoDhcp(String name) throws IOException {
    ConfigGuest guest = load(name);
    List<Change> changes = guest.apply(LinuxConfigModifications.all());
    assertThat(changes)
        .noneMatch(change -> change.modification().equals(new NetworkCheck().name()));
    boolean vendors = guest.files().status("/usr/lib/systemd/network/80-ec2.network").isPresent();
    boolean dhcp =
        guest.files().paths().stream()
            .filter(path -> path.startsWith("/etc/") && !path.contains("vmferry.orig"))
            .filter(path -> guest.files().status(path).orElseThrow().isRegular())
            .map(path -> guest.files().textOf(path))
            .anyMatch(DHCP.asPredicate());
    assertThat(dhcp || vendors).isTrue();
  }

  @Test
  void touchesNothingButItsOwnFilesInAGuestThatAttacks() throws IOException {
    String text =
        """
        # facts: RED_HAT centos 7 systemd selinux rpm root=/dev/sda1
        === /dev/sda special
        === /etc/shadow 0000
        root:x:
        === /etc/fstab
        /dev/sda1 / ext4 defaults 0 1
        === /etc/sysconfig/network-scripts/ifup 0755
        === /etc/sysconfig/network-scripts/ifcfg-eth0 special
        === /etc/sysconfig/network-scripts/ifcfg-eth1 -> ../../../../../../etc/shadow
        === /etc/sysconfig/network-scripts/ifcfg-eth2/
        === /etc/sysconfig/network-scripts/ifcfg-eth3 -> ifcfg-eth3
        === /etc/NetworkManager/system-connections/x -> /proc/self/mem
        === /etc/udev/rules.d/x.rules special
        === /etc/cloud/cloud.cfg.d/x.cfg/
        === /etc/crypttab special
        === /etc/inittab -> /etc/inittab
        """;
    ConfigGuest guest = ConfigGuest.parse(text);
    guest.files().file("/etc/cloud/cloud.cfg.d/a\nb.cfg", "network: x\n");
    List<Change> changes = guest.apply(LinuxConfigModifications.all());
    assertThat(guest.files().textOf("/etc/shadow")).isEqualTo("root:x:\n");
    assertThat(guest.files().textOf("/etc/sysconfig/network-scripts/ifcfg-eth0"))
        .contains("DEVICE=eth0", "BOOTPROTO=dhcp");
    assertThat(changes)
        .extracting(Change::summary)
        .anyMatch(summary -> summary.startsWith("Left alone: /etc/crypttab is SPECIAL"))
        .anyMatch(summary -> summary.startsWith("Left alone: /etc/udev/rules.d/x.rules"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"NetworkManager", "scripts"})
  void takesNothingFromWhereALinkInPlaceOfAnInterfacesFileLeads(String what) throws IOException {
    String service =
        what.equals("scripts")
            ? "=== /etc/sysconfig/network-scripts/ifup 0755\n=== /etc/init.d/network 0755\n"
            : "=== /usr/lib/systemd/system/NetworkManager.service\n";
    ConfigGuest guest =
        ConfigGuest.parse(
            "# facts: RED_HAT rhel %s systemd rpm\n".formatted(what.equals("scripts") ? "7" : "9")
                + service
                + """
                === /etc/shadow 0000
                root:x:
                === /etc/sysconfig/network-scripts/ifcfg-eth0 -> ../../../../../etc/shadow
                """);

    guest.apply(LinuxConfigModifications.all());

    assertThat(guest.files().textOf("/etc/shadow")).isEqualTo("root:x:\n");
    assertThat(guest.files().status("/etc/sysconfig/network-scripts/.ifcfg-eth0.vmferry.orig"))
        .isPresent();
    for (String path : guest.files().paths()) {
      if (path.startsWith("/etc/sysconfig/") || path.startsWith("/etc/NetworkManager/")) {
        if (guest.files().status(path).orElseThrow().isRegular()) {
          assertThat(guest.files().textOf(path)).as(path).doesNotContain("root:x:");
        }
      }
    }
    assertThat(guest.apply(LinuxConfigModifications.all()))
        .filteredOn(change -> change.action() != Action.NOTE)
        .isEmpty();
  }

  @Test
  void keepsTheSettingsOfAnInterfacesFileThatIsALinkWithinTheConfiguration() throws IOException {
    ConfigGuest guest =
        ConfigGuest.parse(
            """
            # facts: RED_HAT rhel 8 systemd rpm
            === /usr/lib/systemd/system/NetworkManager.service
            === /etc/sysconfig/networking/devices/ifcfg-ens192
            DEVICE=ens192
            BOOTPROTO=none
            IPADDR=192.168.10.5
            ZONE=internal
            === /etc/sysconfig/network-scripts/ifcfg-ens192 -> ../networking/devices/ifcfg-ens192
            """);

    guest.apply(LinuxConfigModifications.all());

    assertThat(guest.files().textOf("/etc/sysconfig/network-scripts/ifcfg-ens192"))
        .contains("ZONE=internal", "BOOTPROTO=dhcp")
        .doesNotContain("IPADDR");
    assertThat(guest.files().textOf("/etc/sysconfig/networking/devices/ifcfg-ens192"))
        .contains("IPADDR=192.168.10.5");
  }

  @Test
  void givesEveryModificationANameOfItsOwn() {
    List<String> names = LinuxConfigModifications.all().stream().map(Modification::name).toList();
    assertThat(names).doesNotHaveDuplicates().allMatch(name -> name.matches("[a-z-]+"));
    assertThat(names).last().isEqualTo("selinux");
  }

  private static ModificationOptions everything() {
    return new ModificationOptions(
        false,
        true,
        Optional.empty(),
        Optional.of(URI.create("https://example.com/amazon-ssm-agent")));
  }

  private static ConfigGuest load(String name) throws IOException {
    if (!name.startsWith(INSPECTED)) {
      return ConfigGuest.parse(Files.readString(GUESTS.resolve(name + ".guest")));
    }
    SyntheticGuest guest = SyntheticGuest.load(name.substring(INSPECTED.length()));
    String root =
        guest.fileSystems().stream()
            .filter(fs -> fs.mountPoint().filter("/"::equals).isPresent())
            .map(FileSystemFacts::device)
            .findFirst()
            .orElseThrow();
    LinuxFacts facts =
        LinuxInspection.inspect(guest.files(), Mount.root(root), Firmware.BIOS).facts();
    return new ConfigGuest(
        guest.files(), new GuestFacts(guest.disks(), guest.fileSystems(), Firmware.BIOS, facts));
  }

  private static InMemoryGuest copy(InMemoryGuest guest, boolean withOriginals) {
    InMemoryGuest copy = new InMemoryGuest();
    for (String path : guest.paths()) {
      if (!withOriginals && path.contains(".vmferry.orig")) {
        continue;
      }
      FileStatus status = guest.status(path).orElseThrow();
      switch (status.type()) {
        case REGULAR -> copy.file(path, guest.contentOf(path), status.mode());
        case DIRECTORY -> copy.directory(path);
        case SYMLINK -> copy.link(path, status.linkTarget().orElseThrow());
        case SPECIAL -> copy.special(path);
      }
    }
    return copy;
  }

  private static String report(List<Change> changes) {
    return changes.stream()
        .map(
            change ->
                "# %s %s %s%s%n"
                    .formatted(
                        change.modification(),
                        change.action(),
                        change.path().map(path -> path + ": ").orElse(""),
                        change.summary()))
        .collect(Collectors.joining())
        .replace(System.lineSeparator(), "\n");
  }
}
