package io.vmferry.guest.linux.boot;

import io.vmferry.error.VmferryException;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.GuestFiles;
import io.vmferry.guest.GuestPaths;
import io.vmferry.guest.TextFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Finds and reads a guest's boot configuration, and tells of files that are not what they should.
 */
final class BootConfiguration {
  /** Where an EFI system partition is mounted. */
  static final List<String> ESPS = List.of("/boot/efi", "/efi", "/boot");

  private static final List<String> BOOT = List.of("/boot/", "/efi/");

  private BootConfiguration() {}

  /**
   * A text file to edit; empty if there is none. One that is no regular file, or far too large, is
   * reported and left alone.
   */
  static Optional<TextFile> text(GuestEdits edits, String path) throws IOException {
    try {
      return edits.text(path);
    } catch (VmferryException e) {
      edits.note("%s was left alone: %s".formatted(Printable.of(path), e.getMessage()));
      return Optional.empty();
    }
  }

  /** As {@link #text}, of a file that must be below /boot or /efi with its links followed. */
  static Optional<TextFile> bootText(GuestEdits edits, String path) throws IOException {
    Optional<String> real = GuestPaths.resolve(edits.files(), path);
    if (real.isPresent() && BOOT.stream().noneMatch(real.get()::startsWith)) {
      edits.note(
          "%s was left alone: it leads to %s, outside of /boot"
              .formatted(Printable.of(path), Printable.of(real.get())));
      return Optional.empty();
    }
    return text(edits, path);
  }

  /** The real paths of files of a name beside GRUB, in /boot and on the EFI system partition. */
  static Set<String> beside(GuestFiles files, Optional<String> configured, List<String> names)
      throws IOException {
    List<String> candidates = new ArrayList<>();
    configured.filter(path -> names.contains(GuestPaths.name(path))).ifPresent(candidates::add);
    List<String> directories = new ArrayList<>(List.of("/boot/grub", "/boot/grub2"));
    for (String esp : ESPS) {
      Optional<String> efi = child(files, esp, "EFI");
      if (efi.isPresent()) {
        for (String vendor : files.list(efi.get())) {
          directories.add(GuestPaths.child(efi.get(), vendor));
        }
      }
    }
    for (String directory : directories) {
      names.forEach(name -> candidates.add(GuestPaths.child(directory, name)));
    }
    Set<String> found = new LinkedHashSet<>();
    for (String candidate : candidates) {
      Optional<String> real = GuestPaths.resolve(files, candidate);
      if (real.isPresent()) {
        // A link that leads out of /boot is kept as it is spelled, to be reported by its name.
        boolean inside = BOOT.stream().anyMatch(real.get()::startsWith);
        found.add(inside ? real.get() : candidate);
      }
    }
    return found;
  }

  /** A name in a directory whose case does not matter, as on a FAT file system. */
  static Optional<String> child(GuestFiles files, String directory, String name)
      throws IOException {
    List<String> names = files.list(directory);
    return names.contains(name)
        ? Optional.of(GuestPaths.child(directory, name))
        : names.stream()
            .filter(is -> is.toLowerCase(Locale.ROOT).equals(name.toLowerCase(Locale.ROOT)))
            .map(is -> GuestPaths.child(directory, is))
            .findFirst();
  }

  /** The files of a directory whose names end so, as paths. */
  static Stream<String> list(GuestFiles files, String directory, String end) throws IOException {
    return files.list(directory).stream()
        .filter(name -> name.endsWith(end) && !name.startsWith("."))
        .map(name -> GuestPaths.child(directory, name));
  }
}
