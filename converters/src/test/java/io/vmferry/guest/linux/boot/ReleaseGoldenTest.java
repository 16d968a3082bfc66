package io.vmferry.guest.linux.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.guest.Change;
import io.vmferry.guest.Change.Action;
import io.vmferry.guest.Firmware;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.SyntheticGuest;
import io.vmferry.guest.inspect.LinuxInspection;
import io.vmferry.guest.inspect.Mount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What is changed in a guest of every release, file by file. Rewritten by {@code -Dgolden.update};
 * read the difference before committing it.
 */
class ReleaseGoldenTest {
  private static final boolean UPDATE = System.getProperty("golden.update") != null;
  private static final Path DIRECTORY =
      Path.of("src/test/resources/io/vmferry/guest/linux/boot/golden");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "amazon2",
        "amazon2023",
        "centos5",
        "centos6",
        "debian8",
        "debian9",
        "debian10",
        "debian11",
        "debian12",
        "debian13",
        "fedora42",
        "opensuse-leap15",
        "opensuse-tumbleweed",
        "oracle8",
        "rhel7",
        "rhel8",
        "rhel10",
        "rocky9",
        "sles11",
        "sles12",
        "sles15",
        "ubuntu1204",
        "ubuntu1404",
        "ubuntu1604",
        "ubuntu1804",
        "ubuntu2004",
        "ubuntu2204",
        "ubuntu2404",
        "ubuntu2604"
      })
  void changesWhatTheReleaseNeedsAndNothingTheSecondTime(String name) throws IOException {
    SyntheticGuest before = SyntheticGuest.load(name);
    SyntheticGuest changed = SyntheticGuest.load(name);
    GuestFacts facts = facts(changed);
    List<Change> changes = apply(facts, changed);
    StringBuilder golden = new StringBuilder();
    for (Change change : changes) {
      golden.append(
          "# %s: %s %s%s\n"
              .formatted(
                  change.modification(),
                  change.action(),
                  change.path().map(path -> path + ": ").orElse(""),
                  change.summary()));
    }
    golden.append(withoutOriginals(SyntheticGuest.difference(before.files(), changed.files())));
    for (Change change : changes) {
      if (change.original().isPresent()) {
        assertThat(changed.files().contentOf(change.original().get()))
            .isEqualTo(before.files().contentOf(change.path().orElseThrow()));
      }
    }

    SyntheticGuest again = SyntheticGuest.load(name);
    apply(facts, again);
    assertThat(apply(facts, again)).allMatch(change -> change.action() == Action.NOTE);
    assertThat(SyntheticGuest.difference(changed.files(), again.files())).isEmpty();

    Path file = DIRECTORY.resolve(name + ".golden");
    if (UPDATE) {
      Files.createDirectories(DIRECTORY);
      Files.writeString(file, golden);
    }
    assertThat(golden.toString()).isEqualTo(Files.readString(file));
  }

  /** Originals by name only: that their content is right is told by comparing it. */
  private static String withoutOriginals(String difference) {
    StringBuilder text = new StringBuilder();
    boolean original = false;
    for (String line : difference.lines().toList()) {
      if (line.startsWith("=== ")) {
        original = line.contains(".vmferry.orig");
        text.append(line).append('\n');
      } else if (!original) {
        text.append(line).append('\n');
      }
    }
    return text.toString();
  }

  /** The facts of a guest, as inspection finds them. */
  static GuestFacts facts(SyntheticGuest guest) throws IOException {
    boolean esp =
        guest.fileSystems().stream()
            .anyMatch(is -> is.type().equals("vfat") && is.mountPoint().isPresent());
    Firmware firmware = esp ? Firmware.UEFI : Firmware.BIOS;
    String root =
        guest.fileSystems().stream()
            .filter(is -> is.mountPoint().filter("/"::equals).isPresent())
            .findFirst()
            .map(is -> is.device())
            .orElseThrow();
    return new GuestFacts(
        guest.disks(),
        guest.fileSystems(),
        firmware,
        LinuxInspection.inspect(guest.files(), Mount.root(root), firmware).facts());
  }

  private static List<Change> apply(GuestFacts facts, SyntheticGuest files) throws IOException {
    Guest guest = BootGuests.guest(facts, files.files());
    GuestEdits all = guest.edits();
    for (Modification modification : LinuxBootModifications.all()) {
      if (modification.appliesTo(facts, guest.options())) {
        modification.apply(
            new Guest(facts, all.of(modification), guest.options(), guest.commands()));
      }
    }
    return all.changes();
  }
}
