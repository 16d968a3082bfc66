package io.vmferry.it;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * Files that are slow to make and are made once: below {@code target/fixtures}, or below {@code
 * $VMFERRY_CACHE} for those that cost minutes. What they are made by is part of their name.
 */
final class Fixtures {
  /** The checkout's root. */
  static final Path ROOT = root();

  private static final Path DIRECTORY = ROOT.resolve("integration-tests/target/fixtures");

  private Fixtures() {}

  /** Makes a directory's files. */
  @FunctionalInterface
  interface Maker {
    /** Fills an empty directory. */
    void make(Path directory) throws IOException;
  }

  /**
   * A directory of files that {@code maker} made, in this run or an earlier one.
   *
   * @param name what it holds
   * @param maker makes them
   * @param by the classes whose compiled code decides what the files are: changed code makes them
   *     anew
   */
  static synchronized Path directory(String name, Maker maker, Class<?>... by) throws IOException {
    ByteArrayOutputStream code = new ByteArrayOutputStream();
    for (Class<?> type : by) {
      code.writeBytes(code(type));
    }
    return directory(DIRECTORY, name, code.toByteArray(), maker);
  }

  /**
   * A directory of files that scripts made, kept over a "clean" where {@code $VMFERRY_CACHE} names
   * a place.
   *
   * @param name what it holds
   * @param scripts decide what the files are
   * @param parameters what the scripts are given
   */
  static synchronized Path cachedDirectory(
      String name, List<Path> scripts, List<String> parameters, Maker maker) throws IOException {
    String cache = System.getenv("VMFERRY_CACHE");
    Path parent = cache == null || cache.isEmpty() ? DIRECTORY : Path.of(cache);
    ByteArrayOutputStream madeBy = new ByteArrayOutputStream();
    for (Path script : scripts) {
      madeBy.writeBytes(Files.readAllBytes(script));
    }
    madeBy.writeBytes(parameters.toString().getBytes(StandardCharsets.UTF_8));
    return directory(parent, name, madeBy.toByteArray(), maker);
  }

  private static Path directory(Path parent, String name, byte[] madeBy, Maker maker)
      throws IOException {
    Path wanted = parent.resolve(name + "-" + digest(madeBy));
    if (Files.isDirectory(wanted)) {
      return wanted;
    }
    Files.createDirectories(parent);
    for (Path outdated : withPrefix(parent, name + "-")) {
      delete(outdated);
    }
    Path building = Files.createTempDirectory(parent, ".building-");
    try {
      maker.make(building);
      return Files.move(building, wanted, StandardCopyOption.ATOMIC_MOVE);
    } catch (Throwable failure) {
      delete(building);
      throw failure;
    }
  }

  private static List<Path> withPrefix(Path parent, String prefix) throws IOException {
    try (Stream<Path> entries = Files.list(parent)) {
      return entries
          .filter(entry -> entry.getFileName().toString().matches(prefix + "[0-9a-f]{16}"))
          .toList();
    }
  }

  /** Deletes a directory with everything in it; one that is not there is ignored. */
  static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> entries = Files.walk(directory)) {
      for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(entry);
      }
    }
  }

  private static byte[] code(Class<?> type) {
    String resource = type.getName().substring(type.getName().lastIndexOf('.') + 1) + ".class";
    try (InputStream in = type.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is not on the class path");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String digest(byte[] bytes) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
      return HexFormat.of().formatHex(hash, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static Path root() {
    Path candidate = Path.of("").toAbsolutePath();
    while (!Files.exists(candidate.resolve("scripts/make-guest"))) {
      Path parent = candidate.getParent();
      if (parent == null) {
        throw new IllegalStateException(
            "no checkout of vmferry around " + Path.of("").toAbsolutePath());
      }
      candidate = parent;
    }
    return candidate;
  }
}
