package io.vmferry.guest.linux.boot;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.FileStatus;
import io.vmferry.guest.GuestFiles;
import io.vmferry.guest.GuestPaths;
import io.vmferry.guest.TextFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * The modules of one kernel of a guest, and what each needs: by modules.dep and modules.softdep, or
 * where there is no modules.dep by what the modules themselves say.
 */
final class KernelModules {
  /** More modules than any driver needs: 128. */
  private static final int MAX_CLOSURE = 128;

  /** The largest module taken: 64 MiB; nvme has 0.1, the largest of any kernel about 20. */
  private static final long MAX_MODULE_BYTES = 64L << 20;

  private static final int MAX_DEPTH = 16;
  private static final int MAX_FILES = 50_000;
  private static final Pattern MODULE =
      Pattern.compile(
          "(?:[A-Za-z0-9_+,@][A-Za-z0-9_.+,@-]*/)*[A-Za-z0-9_+,@-]+\\.ko(?:\\.[a-z0-9]+)?");

  private final GuestFiles files;
  private final String directory;
  private final Map<String, String> pathOfName = new HashMap<>();
  private final Map<String, List<String>> needsOfPath = new HashMap<>();
  private final Map<String, List<String>> softNeedsOfName = new HashMap<>();
  private boolean indexed;

  private KernelModules(GuestFiles files, String directory) {
    this.files = files;
    this.directory = directory;
  }

  /**
   * The modules in a directory such as {@code /usr/lib/modules/6.1.0-18-amd64}.
   *
   * @throws IOException if the guest's file system is damaged
   */
  static KernelModules read(GuestFiles files, String directory) throws IOException {
    KernelModules modules = new KernelModules(files, directory);
    for (String line : modules.lines("modules.dep")) {
      modules.indexed = true;
      modules.addDependencies(line);
    }
    for (String line : modules.lines("modules.softdep")) {
      modules.addSoftDependencies(line);
    }
    if (!modules.indexed) {
      modules.walk(directory, "", new int[] {MAX_FILES}, MAX_DEPTH);
    }
    return modules;
  }

  /** A module's name as the kernel has it: {@code nvme_core} for {@code …/nvme-core.ko.xz}. */
  static String nameOf(String path) {
    String file = GuestPaths.name(path);
    int end = file.indexOf(".ko");
    return (end < 0 ? file : file.substring(0, end)).replace('-', '_');
  }

  /** Whether there is a module of this name, hyphens and underscores being the same. */
  boolean has(String name) {
    return pathOfName.containsKey(name.replace('-', '_'));
  }

  /**
   * A module and all it needs, in the order to load them: paths under the directory, the module's
   * own the last.
   *
   * @throws VmferryException {@link ErrorCode#GUEST_DRIVER_UNAVAILABLE} if one of them is not
   *     there, or has a name that leads out
   */
  List<String> closure(String name) throws IOException {
    String path = pathOfName.get(name.replace('-', '_'));
    if (path == null) {
      throw new VmferryException(
          ErrorCode.GUEST_DRIVER_UNAVAILABLE, "%s has no module %s".formatted(directory, name));
    }
    List<String> order = new ArrayList<>();
    visit(path, new LinkedHashSet<>(), order);
    return order;
  }

  /**
   * A module's bytes.
   *
   * @throws VmferryException {@link ErrorCode#GUEST_DRIVER_UNAVAILABLE} if it is no regular file of
   *     a module's size in a directory of modules
   */
  byte[] content(String path) throws IOException {
    Optional<String> real = GuestPaths.resolve(files, directory + "/" + path);
    Optional<FileStatus> status = real.isEmpty() ? Optional.empty() : files.status(real.get());
    if (status.isEmpty()) {
      throw new VmferryException(
          ErrorCode.GUEST_DRIVER_UNAVAILABLE, "%s/%s is not there".formatted(directory, path));
    }
    boolean inside =
        Stream.of("/lib/modules/", "/usr/lib/modules/").anyMatch(real.orElseThrow()::startsWith);
    if (!inside || !status.get().isRegular() || status.get().size() > MAX_MODULE_BYTES) {
      throw new VmferryException(
          ErrorCode.GUEST_DRIVER_UNAVAILABLE,
          "%s/%s is no module: it is %s of %d bytes at %s"
              .formatted(
                  directory, path, status.get().type(), status.get().size(), real.orElseThrow()));
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) status.get().size());
    files.read(real.orElseThrow(), 0, bytes);
    return bytes.array();
  }

  private void visit(String path, Set<String> seen, List<String> order) throws IOException {
    // Being seen already also ends a cycle, which only a hostile or broken modules.dep has.
    if (!seen.add(path)) {
      return;
    }
    if (seen.size() > MAX_CLOSURE) {
      throw new VmferryException(
          ErrorCode.GUEST_DRIVER_UNAVAILABLE,
          "a driver in %s needs more than %d modules".formatted(directory, MAX_CLOSURE));
    }
    for (String needed : needs(path)) {
      visit(needed, seen, order);
    }
    for (String soft : softNeedsOfName.getOrDefault(nameOf(path), List.of())) {
      String softPath = pathOfName.get(soft);
      if (softPath != null) {
        visit(softPath, seen, order);
      }
    }
    order.add(path);
  }

  /** What a module needs, the deepest first. */
  private List<String> needs(String path) throws IOException {
    if (!MODULE.matcher(path).matches()) {
      throw new VmferryException(
          ErrorCode.GUEST_DRIVER_UNAVAILABLE,
          "%s/modules.dep has a name that is no module's: %s"
              .formatted(directory, Printable.of(path)));
    }
    if (indexed) {
      return needsOfPath.getOrDefault(path, List.of()).reversed();
    }
    List<String> names =
        ModuleInfo.dependencies(uncompressed(path))
            .orElseThrow(
                () ->
                    new VmferryException(
                        ErrorCode.GUEST_DRIVER_UNAVAILABLE,
                        "%s has no modules.dep, and %s does not say what it needs"
                            .formatted(directory, path)));
    List<String> paths = new ArrayList<>();
    Set<String> builtIn =
        lines("modules.builtin").stream().map(KernelModules::nameOf).collect(Collectors.toSet());
    for (String name : names) {
      String needed = pathOfName.get(name.replace('-', '_'));
      if (needed != null) {
        paths.add(needed);
      } else if (!builtIn.contains(name.replace('-', '_'))) {
        throw new VmferryException(
            ErrorCode.GUEST_DRIVER_UNAVAILABLE,
            "%s needs %s, which %s does not have".formatted(path, Printable.of(name), directory));
      }
    }
    return paths;
  }

  private byte[] uncompressed(String path) throws IOException {
    byte[] bytes = content(path);
    if (path.endsWith(".ko")) {
      return bytes;
    }
    if (path.endsWith(".gz")) {
      try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
        return in.readNBytes((int) MAX_MODULE_BYTES);
      } catch (IOException e) {
        throw new VmferryException(
            ErrorCode.GUEST_DRIVER_UNAVAILABLE,
            "%s/%s cannot be uncompressed: %s".formatted(directory, path, e.getMessage()));
      }
    }
    throw new VmferryException(
        ErrorCode.GUEST_DRIVER_UNAVAILABLE,
        "%s has no modules.dep, and its modules are compressed; run 'depmod' in the machine"
            .formatted(directory));
  }

  /** Takes {@code a.ko: b.ko c.ko}; old releases write absolute names. */
  private void addDependencies(String line) {
    int colon = line.indexOf(':');
    if (colon <= 0) {
      return;
    }
    String path = relative(line.substring(0, colon).strip());
    pathOfName.putIfAbsent(nameOf(path), path);
    needsOfPath.put(
        path,
        Stream.of(line.substring(colon + 1).strip().split("\\s+"))
            .filter(name -> !name.isEmpty())
            .map(this::relative)
            .toList());
  }

  private String relative(String path) {
    String version = GuestPaths.name(directory);
    String old = "/lib/modules/" + version + "/";
    return path.startsWith(old) ? path.substring(old.length()) : path;
  }

  /** Takes {@code softdep nvme pre: a b post: c}. */
  private void addSoftDependencies(String line) {
    String[] words = line.strip().split("\\s+");
    if (words.length < 3 || !words[0].equals("softdep")) {
      return;
    }
    softNeedsOfName
        .computeIfAbsent(words[1].replace('-', '_'), ignored -> new ArrayList<>())
        .addAll(
            Stream.of(words)
                .skip(2)
                .filter(word -> !word.endsWith(":"))
                .map(word -> word.replace('-', '_'))
                .toList());
  }

  /** Finds modules where there is no modules.dep; links are not followed. */
  private void walk(String from, String prefix, int[] left, int depth) throws IOException {
    for (String name : files.list(from)) {
      if (left[0]-- <= 0 || depth == 0) {
        return;
      }
      String path = from + "/" + name;
      Optional<FileStatus> status = files.status(path);
      if (status.isPresent() && status.get().isDirectory()) {
        walk(path, prefix + name + "/", left, depth - 1);
      } else if (status.isPresent()
          && status.get().isRegular()
          && MODULE.matcher(prefix + name).matches()) {
        pathOfName.putIfAbsent(nameOf(name), prefix + name);
      }
    }
  }

  /** An index's lines; none if it is missing or no text file, which is as good as missing. */
  private List<String> lines(String name) throws IOException {
    try {
      return TextFile.read(files, directory + "/" + name).map(TextFile::lines).orElse(List.of());
    } catch (VmferryException e) {
      return List.of();
    }
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%s: %d modules", directory, pathOfName.size());
  }
}
