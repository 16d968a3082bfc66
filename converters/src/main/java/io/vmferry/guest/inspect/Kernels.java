package io.vmferry.guest.inspect;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.GuestPaths;
import io.vmferry.guest.Kernel;
import io.vmferry.guest.Kernel.Driver;
import io.vmferry.guest.Kernel.Presence;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Finds the kernels a guest may boot: images in {@code /boot} and those that boot entries name,
 * each with its modules and initramfs. Rescue and crash kernels are none.
 */
final class Kernels {
  private static final Pattern VERSION = Pattern.compile("[0-9]+\\.[0-9]+\\S*");
  private static final List<String> PREFIXES = List.of("vmlinuz-", "Image-", "vmlinux-");
  private static final int MAX_KERNELS = 50;
  private static final int SETUP_BYTES = 0x8000;
  private static final int BOOT_MAGIC = 0x53726448;

  private final GuestReader reader;

  Kernels(GuestReader reader) {
    this.reader = reader;
  }

  /** The kernels, the newest first. */
  List<Kernel> find(List<BootEntry> entries) throws IOException {
    List<Kernel> kernels = new ArrayList<>();
    List<String> names = reader.list("/boot");
    for (String name : names) {
      Optional<String> prefix = PREFIXES.stream().filter(name::startsWith).findFirst();
      if (prefix.isPresent() && !isAside(name) && kernels.size() < MAX_KERNELS) {
        String path = "/boot/" + name;
        Optional<String> version = versionOf(path, name.substring(prefix.get().length()));
        if (version.isPresent() && reader.isFile(path)) {
          kernels.add(kernel(version.get(), path, names, Optional.empty()));
        }
      }
    }
    for (BootEntry entry : entries) {
      addOf(entry, kernels, names);
    }
    kernels.sort(Comparator.comparing(Kernel::version, Versions.ORDER).reversed());
    return List.copyOf(kernels);
  }

  /** A kernel elsewhere than in {@code /boot}, as systemd-boot's entries have them. */
  private void addOf(BootEntry entry, List<Kernel> kernels, List<String> names) throws IOException {
    Optional<String> image = entry.image();
    if (image.isEmpty() || kernels.size() >= MAX_KERNELS || entry.isRescue()) {
      return;
    }
    Optional<String> version = entry.version().filter(text -> VERSION.matcher(text).matches());
    boolean known =
        kernels.stream()
            .anyMatch(
                kernel ->
                    kernel.image().equals(image.get())
                        || version.filter(kernel.version()::equals).isPresent());
    if (!known && version.isPresent() && reader.isFile(image.get())) {
      kernels.add(kernel(version.get(), image.get(), names, entry.initramfs()));
    }
  }

  private Kernel kernel(
      String version, String image, List<String> names, Optional<String> initramfs)
      throws IOException {
    String directory = "/lib/modules/" + version;
    Optional<String> modules =
        reader.isDirectory(directory) ? reader.resolve(directory) : Optional.empty();
    Optional<String> found =
        initramfs.isPresent()
            ? initramfs
            : initramfs(version, versionOfName(image).orElse(version), names);
    ModuleNames index = ModuleNames.read(reader, version, modules);
    return new Kernel(version, image, found, modules, drivers(index, found));
  }

  private Map<Driver, Presence> drivers(ModuleNames index, Optional<String> initramfs)
      throws IOException {
    Map<Driver, Presence> drivers = new EnumMap<>(Driver.class);
    boolean anyModule = false;
    for (Driver driver : Driver.values()) {
      Presence presence = Presence.ABSENT;
      if (has(index.builtIn(), driver)) {
        presence = Presence.BUILT_IN;
      } else if (has(index.present(), driver)) {
        presence = Presence.MODULE;
        anyModule = true;
      }
      drivers.put(driver, presence);
    }
    if (anyModule && initramfs.isPresent()) {
      Set<String> held = held(initramfs.get(), drivers);
      for (Driver driver : Driver.values()) {
        if (drivers.get(driver) == Presence.MODULE && has(held, driver)) {
          drivers.put(driver, Presence.MODULE_IN_INITRAMFS);
        }
      }
    }
    return Map.copyOf(drivers);
  }

  private Set<String> held(String initramfs, Map<Driver, Presence> drivers) throws IOException {
    List<Driver> wanted =
        drivers.keySet().stream().filter(driver -> drivers.get(driver) == Presence.MODULE).toList();
    Optional<String> real = reader.resolve(initramfs);
    if (real.isEmpty()) {
      return Set.of();
    }
    try {
      return InitramfsReader.modules(
          reader.files(),
          real.get(),
          modules -> wanted.stream().allMatch(driver -> has(modules, driver)));
    } catch (VmferryException | IOException e) {
      if (e instanceof VmferryException other && other.code() != ErrorCode.GUEST_FILE_UNREADABLE) {
        throw other;
      }
      String reason = e instanceof VmferryException known ? known.detail() : e.getMessage();
      reader.tell(
          ErrorCode.INITRAMFS_UNREADABLE, "%s cannot be read: %s".formatted(initramfs, reason));
      return Set.of();
    }
  }

  private static boolean has(Set<String> modules, Driver driver) {
    return ModuleNames.namesOf(driver).stream().anyMatch(modules::contains);
  }

  /** The shortest name of an initramfs with the version in it, which is the plainest. */
  private Optional<String> initramfs(String version, String suffix, List<String> names)
      throws IOException {
    List<String> candidates =
        names.stream()
            .filter(name -> name.startsWith("initr"))
            .filter(name -> name.contains(version) || name.contains(suffix))
            .filter(name -> !isAside(name))
            .sorted(
                Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder()))
            .toList();
    for (String name : candidates) {
      if (reader.isFile("/boot/" + name)) {
        return Optional.of("/boot/" + name);
      }
    }
    return Optional.empty();
  }

  /** Whether a file's name says that it is not for the normal boot. */
  static boolean isAside(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.contains("rescue")
        || lower.contains("kdump")
        || lower.contains("fallback")
        || lower.endsWith(".old")
        || lower.endsWith(".bak")
        || lower.endsWith(".orig")
        || lower.endsWith(".hmac")
        || (lower.startsWith("vmlinux-") && lower.endsWith(".gz"));
  }

  private Optional<String> versionOf(String path, String suffix) throws IOException {
    if (VERSION.matcher(suffix).matches()) {
      return Optional.of(suffix);
    }
    return reader.isFile(path) ? versionIn(path) : Optional.empty();
  }

  /** The version in an x86 kernel's boot header (Documentation/arch/x86/boot.rst). */
  private Optional<String> versionIn(String path) throws IOException {
    ByteBuffer setup = ByteBuffer.allocate(SETUP_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    reader.files().read(reader.resolve(path).orElse(path), 0, setup);
    setup.flip();
    if (setup.limit() < 0x210 || setup.getInt(0x202) != BOOT_MAGIC) {
      return Optional.empty();
    }
    int at = Short.toUnsignedInt(setup.getShort(0x20e)) + 0x200;
    StringBuilder version = new StringBuilder();
    for (int i = at; i < setup.limit() && version.length() < 100; i++) {
      int c = Byte.toUnsignedInt(setup.get(i));
      if (c <= ' ' || c > '~' || c == '/') {
        break;
      }
      version.append((char) c);
    }
    return Optional.of(version.toString()).filter(text -> VERSION.matcher(text).matches());
  }

  /** The version of the kernel at a path of a boot entry: its file's name without the prefix. */
  static Optional<String> versionOfName(String path) {
    String name = GuestPaths.name(path);
    return PREFIXES.stream()
        .filter(name::startsWith)
        .map(prefix -> name.substring(prefix.length()))
        .findFirst();
  }
}
