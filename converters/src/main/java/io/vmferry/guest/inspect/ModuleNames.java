package io.vmferry.guest.inspect;

import io.vmferry.guest.GuestPaths;
import io.vmferry.guest.Kernel.Driver;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The modules of a kernel: by {@code modules.dep} where depmod was run, else by the files there
 * are; and those compiled in, by {@code modules.builtin} and the kernel's configuration.
 *
 * @param present names of modules whose files are there, with underscores
 * @param builtIn names of those compiled in
 */
record ModuleNames(Set<String> present, Set<String> builtIn) {
  private static final Pattern MODULE_FILE =
      Pattern.compile("([^/\\s]{1,255})\\.ko(?:\\.gz|\\.xz|\\.zst|\\.bz2)?");

  /** Directories looked into where there is no modules.dep. */
  private static final int MAX_DIRECTORIES = 5_000;

  private static final String[] SUFFIXES = {"", ".gz", ".xz", ".zst", ".bz2"};

  /**
   * Reads the modules of a kernel.
   *
   * @param modules its directory; empty if it has none
   */
  static ModuleNames read(GuestReader reader, String version, Optional<String> modules)
      throws IOException {
    Set<String> builtIn = new HashSet<>();
    Set<String> present = new HashSet<>();
    configured(reader, version, modules, builtIn);
    if (modules.isPresent()) {
      for (String line : reader.lines(modules.get() + "/modules.builtin")) {
        moduleName(GuestPaths.name(line.strip())).ifPresent(builtIn::add);
      }
      Optional<String> dependencies = reader.text(modules.get() + "/modules.dep");
      if (dependencies.filter(text -> !text.isBlank()).isPresent()) {
        listed(reader, modules.get(), dependencies.get(), present);
      } else {
        walk(reader, modules.get(), present);
      }
    }
    return new ModuleNames(present, builtIn);
  }

  /** The names a driver's module has, or had in older kernels, with underscores. */
  static Set<String> namesOf(Driver driver) {
    return switch (driver) {
      case NVME -> Set.of("nvme");
      case ENA -> Set.of("ena");
      case XEN_BLKFRONT -> Set.of("xen_blkfront", "xen_vbd", "xenblk");
      case XEN_NETFRONT -> Set.of("xen_netfront", "xen_vnif", "xennet");
    };
  }

  /** The name of a module by its file's; empty if it is no module's file. */
  static Optional<String> moduleName(String fileName) {
    Matcher matcher = MODULE_FILE.matcher(fileName);
    return matcher.matches() ? Optional.of(matcher.group(1).replace('-', '_')) : Optional.empty();
  }

  private static void configured(
      GuestReader reader, String version, Optional<String> modules, Set<String> builtIn)
      throws IOException {
    List<String> lines = reader.lines("/boot/config-" + version);
    if (lines.isEmpty() && modules.isPresent()) {
      lines = reader.lines(modules.get() + "/config");
    }
    for (Driver driver : Driver.values()) {
      if (lines.contains(optionOf(driver) + "=y")) {
        builtIn.add(driver.module().replace('-', '_'));
      }
    }
  }

  private static String optionOf(Driver driver) {
    return switch (driver) {
      case NVME -> "CONFIG_BLK_DEV_NVME";
      case ENA -> "CONFIG_ENA_ETHERNET";
      case XEN_BLKFRONT -> "CONFIG_XEN_BLKDEV_FRONTEND";
      case XEN_NETFRONT -> "CONFIG_XEN_NETDEV_FRONTEND";
    };
  }

  /** Modules of modules.dep that EC2 may need and whose files are there, compressed or not. */
  private static void listed(
      GuestReader reader, String modules, String dependencies, Set<String> present)
      throws IOException {
    Set<String> wanted = new HashSet<>();
    for (Driver driver : Driver.values()) {
      wanted.addAll(namesOf(driver));
    }
    for (String line : dependencies.lines().toList()) {
      int colon = line.indexOf(':');
      if (colon <= 0) {
        continue;
      }
      String path = line.substring(0, colon).strip();
      Optional<String> name = moduleName(GuestPaths.name(path)).filter(wanted::contains);
      if (name.isPresent() && hasFile(reader, modules, path)) {
        present.add(name.get());
      }
    }
  }

  private static boolean hasFile(GuestReader reader, String modules, String path)
      throws IOException {
    // Before kmod 4 the paths in modules.dep were absolute.
    String absolute = path.startsWith("/") ? path : modules + "/" + path;
    String plain = absolute.replaceFirst("\\.ko(\\.gz|\\.xz|\\.zst|\\.bz2)?$", ".ko");
    for (String suffix : SUFFIXES) {
      if (reader.isFile(plain + suffix)) {
        return true;
      }
    }
    return false;
  }

  private static void walk(GuestReader reader, String modules, Set<String> present)
      throws IOException {
    Deque<String> left = new ArrayDeque<>(List.of(modules));
    for (int i = 0; i < MAX_DIRECTORIES && !left.isEmpty(); i++) {
      String directory = left.removeFirst();
      for (String name : reader.list(directory)) {
        Optional<String> module = moduleName(name);
        String path = GuestPaths.child(directory, name);
        if (module.isPresent()) {
          present.add(module.get());
        } else if (!name.contains(".") && !name.equals("build") && !name.equals("source")) {
          boolean directoryItself =
              reader.files().status(path).filter(status -> status.isDirectory()).isPresent();
          if (directoryItself) {
            left.addLast(path);
          }
        }
      }
    }
  }
}
