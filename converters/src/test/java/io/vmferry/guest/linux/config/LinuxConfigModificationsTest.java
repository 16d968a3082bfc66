package io.vmferry.guest.linux.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.guest.Change;
import io.vmferry.guest.Change.Action;
import io.vmferry.guest.FileStatus;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.InMemoryGuest;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.SyntheticGuest;
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

/**
 * All modifications on guests laid out as each release does it. What they report and every file
 * they change is pinned in {@code guests/NAME.golden}, rewritten by {@code -Dgolden.update}.
 */
class LinuxConfigModificationsTest {
  private static final boolean UPDATE = System.getProperty("golden.update") != null;
  private static final Path GUESTS =
      Path.of("src/test/resources/io/vmferry/guest/linux/config/guests");
  private static final Pattern OLD_ADDRESS =
      Pattern.compile("(192\\.168\\.10|10\\.0\\.0|10\\.20\\.0)\\.[0-9]+|2001:db8::");
  private static final Pattern MAC = Pattern.compile("(?i)([0-9a-f]{2}:){5}[0-9a-f]{2}");

  static List<String> guests() throws IOException {
    try (Stream<Path> files = Files.list(GUESTS)) {
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
    assertThat(guests()).hasSizeGreaterThanOrEqualTo(31);
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
    return ConfigGuest.parse(Files.readString(GUESTS.resolve(name + ".guest")));
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
