package io.vmferry.disk.ova;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.function.UnaryOperator;

/**
 * The digests a package promises for its files: the {@code .mf} file (DSP0243, "Distribution"). Its
 * lines are {@code SHA256(name)= hex}, with blanks in any of the places where writers put them, and
 * each line may use an algorithm of its own.
 */
public final class Manifest {
  /** The most bytes a manifest may have. */
  static final int MAX_LENGTH = 1 << 20;

  private static final int STEP = 1 << 20;

  private final String name;
  private final Map<String, Digest> digests;

  private Manifest(String name, Map<String, Digest> digests) {
    this.name = name;
    this.digests = Collections.unmodifiableMap(digests);
  }

  /** What digests are made with, the weakest first. */
  public enum Algorithm {
    /** 20 bytes. */
    SHA1("SHA-1", 20),
    /** 32 bytes. */
    SHA256("SHA-256", 32),
    /** 48 bytes. */
    SHA384("SHA-384", 48),
    /** 64 bytes. */
    SHA512("SHA-512", 64);

    private final String standardName;
    private final int length;

    Algorithm(String standardName, int length) {
      this.standardName = standardName;
      this.length = length;
    }

    /** A digest of that algorithm, as the JDK has it. */
    public MessageDigest newDigest() {
      try {
        return MessageDigest.getInstance(standardName);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every JDK has " + standardName, e);
      }
    }

    private static Optional<Algorithm> of(String spelling) {
      String wanted = spelling.toUpperCase(Locale.ROOT).replace("-", "");
      return Arrays.stream(values()).filter(one -> one.name().equals(wanted)).findFirst();
    }
  }

  /**
   * What a file's bytes must hash to.
   *
   * @param algorithm the algorithm
   * @param hex the expected digest in lower-case hexadecimal digits
   */
  public record Digest(Algorithm algorithm, String hex) {}

  /**
   * Understands a manifest.
   *
   * @param name the manifest's name, for messages
   * @param bytes its content
   * @throws VmferryException {@link ErrorCode#OVA_MANIFEST_INVALID} if a line is no digest, or if
   *     two lines contradict each other
   */
  public static Manifest parse(String name, byte[] bytes) {
    if (bytes.length > MAX_LENGTH) {
      throw invalid(name, "it has %d bytes, more than %d".formatted(bytes.length, MAX_LENGTH));
    }
    String text = Texts.decode(bytes);
    Map<String, Digest> digests = new LinkedHashMap<>();
    int number = 0;
    // Blocks of zeros at the end, and a byte order mark at the start, are no lines.
    for (String line : text.replace("\0", "").replace("\ufeff", "").lines().toList()) {
      number++;
      if (!line.isBlank()) {
        addLine(name, number, line, digests);
      }
    }
    return new Manifest(name, digests);
  }

  /** The files that have a digest, in the manifest's order, and their digests. */
  public Map<String, Digest> digests() {
    return digests;
  }

  /** The digest of a file; empty if the manifest has none for it. */
  public Optional<Digest> digest(String file) {
    return Optional.ofNullable(digests.get(FileNames.normalize(file)));
  }

  /**
   * Checks a file by reading all of it once, from its start to its end.
   *
   * @param file the file's name, such as {@link OvfDisk#fileName()}
   * @param source its bytes
   * @param progress is told after each read how many bytes were read since the last time
   * @return true if the file has the digest it must have; false, without reading, if the manifest
   *     has none for it
   * @throws VmferryException {@link ErrorCode#OVA_MANIFEST_MISMATCH} if it has another
   * @throws IOException if the source cannot be read
   */
  public boolean verify(String file, ByteSource source, LongConsumer progress) throws IOException {
    Optional<Digest> expected = digest(file);
    if (expected.isEmpty()) {
      return false;
    }
    MessageDigest digest = expected.get().algorithm().newDigest();
    ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(STEP, source.size()));
    for (long at = 0; at < source.size(); at += buffer.limit()) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), source.size() - at));
      source.readFully(at, buffer);
      digest.update(buffer.flip());
      progress.accept(buffer.limit());
    }
    check(file, expected.get(), digest);
    return true;
  }

  /** {@link #verify} for a file that has been read. */
  void verify(String file, byte[] content) {
    Optional<Digest> expected = digest(file);
    if (expected.isPresent()) {
      MessageDigest digest = expected.get().algorithm().newDigest();
      digest.update(content);
      check(file, expected.get(), digest);
    }
  }

  /** The same digests under the names the package uses for its files. */
  Manifest renamed(UnaryOperator<String> names) {
    Map<String, Digest> others = new HashMap<>();
    digests.forEach((file, digest) -> add(name, names.apply(file), digest, others));
    return new Manifest(name, others);
  }

  private void check(String file, Digest expected, MessageDigest digest) {
    String actual = HexFormat.of().formatHex(digest.digest());
    if (!actual.equals(expected.hex())) {
      throw new VmferryException(
          ErrorCode.OVA_MANIFEST_MISMATCH,
          "%s promises the %s %s for '%s', but it has %s"
              .formatted(
                  name, expected.algorithm(), expected.hex(), Messages.shorten(file), actual));
    }
  }

  private static void addLine(String name, int number, String line, Map<String, Digest> digests) {
    int open = line.indexOf('(');
    // The last one: a name may hold any, the digest none.
    int close = line.lastIndexOf(')');
    int equals = close < 0 ? -1 : line.indexOf('=', close);
    if (open < 0
        || close <= open + 1
        || equals < 0
        || !line.substring(close + 1, equals).isBlank()) {
      throw notADigest(name, number, line);
    }
    Algorithm algorithm =
        Algorithm.of(line.substring(0, open).strip())
            .orElseThrow(() -> notADigest(name, number, line));
    String hex = line.substring(equals + 1).strip().toLowerCase(Locale.ROOT);
    if (hex.length() != algorithm.length * 2 || !hex.chars().allMatch(HexFormat::isHexDigit)) {
      throw notADigest(name, number, line);
    }
    String file = FileNames.normalize(line.substring(open + 1, close));
    add(name, file, new Digest(algorithm, hex), digests);
  }

  private static void add(String name, String file, Digest digest, Map<String, Digest> digests) {
    digests.merge(
        file,
        digest,
        (one, other) -> {
          int order = one.algorithm().compareTo(other.algorithm());
          if (order == 0 && !one.equals(other)) {
            throw invalid(
                name,
                "it has two different %s digests for '%s'"
                    .formatted(one.algorithm(), Messages.shorten(file)));
          }
          return order >= 0 ? one : other;
        });
  }

  private static VmferryException notADigest(String name, int number, String line) {
    return invalid(
        name,
        "line %d is '%s', but 'SHA256(file)= digest' (or SHA1, SHA384, SHA512) was expected"
            .formatted(number, Messages.shorten(line)));
  }

  private static VmferryException invalid(String name, String what) {
    return new VmferryException(ErrorCode.OVA_MANIFEST_INVALID, name + ": " + what);
  }
}
