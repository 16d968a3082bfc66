package io.vmferry.guest.inspect;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Finds in a guest what a boot loader's entry calls by a path of the loader's own. */
final class LoaderPaths {
  private static final List<String> PLACES = List.of("/boot", "", "/boot/efi", "/efi");

  private final GuestReader reader;

  LoaderPaths(GuestReader reader) {
    this.reader = reader;
  }

  /**
   * An entry of what a menu says.
   *
   * @param version the version if the entry tells; else it is taken from the kernel's name
   * @param image the kernel's path as the loader has it
   */
  BootEntry entry(
      String title,
      Optional<String> id,
      Optional<String> version,
      Optional<String> image,
      Optional<String> initramfs,
      String arguments)
      throws IOException {
    Optional<String> found = image.isPresent() ? find(image.get()) : Optional.empty();
    Optional<String> real = found.isPresent() ? reader.resolve(found.get()) : Optional.empty();
    Optional<String> named =
        image.flatMap(Kernels::versionOfName).or(() -> real.flatMap(Kernels::versionOfName));
    return new BootEntry(
        title,
        id,
        named.or(() -> version),
        found,
        initramfs.isPresent() ? find(initramfs.get()) : Optional.empty(),
        arguments,
        List.of());
  }

  /** A file by the loader's path: from {@code /boot}, the root, a Btrfs subvolume, or the ESP. */
  Optional<String> find(String path) throws IOException {
    String plain = path.replaceFirst("^\\([^)]*\\)", "").replace('\\', '/');
    if (plain.startsWith("$")) {
      plain = plain.substring(Math.max(0, plain.indexOf('/')));
    }
    if (Arrays.asList(plain.split("/", -1)).contains("..")) {
      reader.tell("a boot entry names the kernel or initramfs " + path);
      return Optional.empty();
    }
    List<String> candidates = new ArrayList<>();
    String absolute = plain.startsWith("/") ? plain : "/" + plain;
    for (String place : PLACES) {
      candidates.add(place + absolute);
    }
    int second = absolute.indexOf('/', 1);
    if (absolute.startsWith("/@") && second > 0) {
      candidates.add(absolute.substring(second));
    }
    for (String candidate : candidates) {
      String normal = candidate.replaceAll("/{2,}", "/");
      if (reader.isFile(normal)) {
        return Optional.of(normal);
      }
    }
    return Optional.empty();
  }
}
