package io.vmferry.disk.ova;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** What names of files inside of a package may look like. */
final class FileNames {
  private static final Pattern SEPARATOR = Pattern.compile("[/\\\\]");
  private static final Pattern DRIVE = Pattern.compile("[A-Za-z]:[/\\\\].*", Pattern.DOTALL);

  private FileNames() {}

  /** The name without any leading {@code ./}. */
  static String normalize(String name) {
    int start = 0;
    while (name.startsWith("./", start)) {
      start += 2;
      while (start < name.length() && name.charAt(start) == '/') {
        start++;
      }
    }
    return name.substring(start);
  }

  /** Whether the name leads, or could lead on some system, out of the folder it is used in. */
  static boolean isUnsafe(String name) {
    return name.startsWith("/")
        || name.startsWith("\\")
        || DRIVE.matcher(name).matches()
        || name.indexOf('\0') >= 0
        || List.of(SEPARATOR.split(name, -1)).contains("..");
  }

  /** Whether the name is that of a file and nothing else: no folder, no URL, no NUL. */
  static boolean isPlain(String name) {
    return !name.isEmpty()
        && !name.equals(".")
        && !isUnsafe(name)
        && !SEPARATOR.matcher(name).find();
  }

  /** The folder of a name, with a slash at its end; empty if it has none. */
  static String folder(String name) {
    return name.substring(0, name.lastIndexOf('/') + 1);
  }

  /** The name without its folder. */
  static String base(String name) {
    return name.substring(name.lastIndexOf('/') + 1);
  }

  /** The name without its last suffix. */
  static String withoutSuffix(String name) {
    int dot = name.lastIndexOf('.');
    return dot > name.lastIndexOf('/') + 1 ? name.substring(0, dot) : name;
  }

  /**
   * The name with its percent-encoded bytes decoded; empty if it has none, or some that are not two
   * hexadecimal digits or no UTF-8.
   */
  static Optional<String> percentDecoded(String name) {
    if (name.indexOf('%') < 0) {
      return Optional.empty();
    }
    ByteArrayOutputStream decoded = new ByteArrayOutputStream();
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] != '%') {
        decoded.write(bytes[i]);
        continue;
      }
      if (i + 2 >= bytes.length
          || !HexFormat.isHexDigit(bytes[i + 1])
          || !HexFormat.isHexDigit(bytes[i + 2])) {
        return Optional.empty();
      }
      decoded.write(
          (HexFormat.fromHexDigit(bytes[i + 1]) << 4) | HexFormat.fromHexDigit(bytes[i + 2]));
      i += 2;
    }
    return Texts.strictly(decoded.toByteArray(), StandardCharsets.UTF_8);
  }
}
