package io.vmferry.local.isolated;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.jspecify.annotations.Nullable;

/** Functions' zips, unpacked as Lambda does, each once, until this is closed. */
public final class UnpackedZips implements AutoCloseable {
  /** Lambda's limit of a function with everything it needs. */
  private static final long MAX_BYTES = 250L * 1024 * 1024;

  private @Nullable Path directory;
  private final Map<Path, Path> roots = new HashMap<>();

  /**
   * The folder with what a zip holds.
   *
   * @throws IOException if it cannot be read, is larger than Lambda takes, or names files outside
   */
  public synchronized Path root(Path zip) throws IOException {
    Path file = zip.toRealPath();
    Path known = roots.get(file);
    if (known != null) {
      return known;
    }
    if (Files.isDirectory(file)) {
      // The CDK packs a folder when it is published.
      roots.put(file, file);
      return file;
    }
    Path made = directory;
    if (made == null) {
      made = Files.createTempDirectory("vmferry-functions");
      directory = made;
    }
    Path root = made.resolve(String.valueOf(roots.size()));
    unpack(file, root);
    roots.put(file, root);
    return root;
  }

  private static void unpack(Path zip, Path root) throws IOException {
    Files.createDirectories(root);
    long left = MAX_BYTES;
    try (InputStream in = Files.newInputStream(zip);
        ZipInputStream entries = new ZipInputStream(in)) {
      for (ZipEntry entry = entries.getNextEntry(); entry != null; entry = entries.getNextEntry()) {
        Path target = root.resolve(entry.getName()).normalize();
        if (!target.startsWith(root)) {
          throw new IOException(zip + " names a file outside: " + entry.getName());
        }
        if (entry.isDirectory()) {
          Files.createDirectories(target);
          continue;
        }
        Files.createDirectories(
            Objects.requireNonNull(target.getParent(), "a file is in the root at least"));
        byte[] content = entries.readNBytes((int) Math.min(Integer.MAX_VALUE - 8L, left + 1));
        left -= content.length;
        if (left < 0) {
          throw new IOException(zip + " holds more than the 250 MiB that Lambda takes");
        }
        Files.write(target, content);
      }
    }
  }

  @Override
  public synchronized void close() {
    Path made = directory;
    directory = null;
    roots.clear();
    if (made == null) {
      return;
    }
    try (Stream<Path> files = Files.walk(made)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
