package io.vmferry.guest.linux.config;

import io.vmferry.guest.Architecture;
import io.vmferry.guest.BootLoader;
import io.vmferry.guest.Change;
import io.vmferry.guest.Distribution;
import io.vmferry.guest.Distribution.Family;
import io.vmferry.guest.Firmware;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestCommands;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.InMemoryGuest;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.SyntheticGuest;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A synthetic guest with its facts, which a comment tells: {@code # facts: RED_HAT centos 7 systemd
 * selinux rpm root=/dev/sda1 subvol=@}.
 *
 * @param files its files
 * @param facts its facts
 */
public record ConfigGuest(InMemoryGuest files, GuestFacts facts) {
  private static final String FACTS = "# facts: ";

  /** Reads a guest from text. */
  public static ConfigGuest parse(String text) {
    SyntheticGuest synthetic = SyntheticGuest.parse("test", text);
    List<String> words =
        text.lines()
            .filter(line -> line.startsWith(FACTS))
            .map(line -> List.of(line.substring(FACTS.length()).split(" ", -1)))
            .findFirst()
            .orElseThrow();
    int major = Integer.parseInt(words.get(2));
    Distribution distribution =
        new Distribution(
            Family.valueOf(words.get(0)),
            words.get(1),
            major == 0 ? OptionalInt.empty() : OptionalInt.of(major),
            OptionalInt.empty(),
            words.get(1));
    LinuxFacts linux =
        new LinuxFacts(
            distribution,
            Architecture.X86_64,
            option(words, "root=").orElse(""),
            option(words, "subvol="),
            List.of(),
            new BootLoader(BootLoader.Kind.GRUB2, Optional.empty(), Optional.empty()),
            Set.of(),
            words.stream().filter(word -> word.equals("rpm") || word.equals("deb")).findFirst(),
            words.contains("systemd"),
            words.contains("selinux"),
            List.of());
    return new ConfigGuest(
        synthetic.files(),
        new GuestFacts(synthetic.disks(), synthetic.fileSystems(), Firmware.BIOS, linux));
  }

  /** Applies modifications and tells what they report. */
  public List<Change> apply(List<Modification> modifications) throws IOException {
    return apply(modifications, ModificationOptions.defaults(), Optional.empty());
  }

  /** Applies one modification and tells what it reports. */
  public List<Change> apply(Modification modification) throws IOException {
    return apply(List.of(modification));
  }

  /** Applies modifications and tells what they report. */
  public List<Change> apply(
      List<Modification> modifications,
      ModificationOptions options,
      Optional<GuestCommands> commands)
      throws IOException {
    GuestEdits edits = new GuestEdits(files);
    for (Modification modification : modifications) {
      if (modification.appliesTo(facts, options)) {
        modification.apply(new Guest(facts, edits.of(modification), options, commands));
      }
    }
    return edits.changes();
  }

  private static Optional<String> option(List<String> words, String name) {
    return words.stream()
        .filter(word -> word.startsWith(name))
        .map(word -> word.substring(name.length()))
        .findFirst();
  }
}
