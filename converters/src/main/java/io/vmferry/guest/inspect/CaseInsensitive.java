package io.vmferry.guest.inspect;

import io.vmferry.guest.GuestPaths;
import java.io.IOException;
import java.util.Optional;

/** Finds names on file systems whose names have no case: FAT and NTFS. */
final class CaseInsensitive {
  private CaseInsensitive() {}

  /** The path of a file below a directory, whatever the case of its names; empty if none is. */
  static Optional<String> find(GuestReader reader, String directory, String... names)
      throws IOException {
    String at = directory;
    for (String name : names) {
      Optional<String> found = reader.list(at).stream().filter(name::equalsIgnoreCase).findFirst();
      if (found.isEmpty()) {
        return Optional.empty();
      }
      at = GuestPaths.child(at, found.get());
    }
    return Optional.of(at);
  }
}
