package io.vmferry.local.stepfunctions;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** The names of state machines and executions. */
final class Names {
  private static final Pattern FORBIDDEN =
      Pattern.compile("[\\s<>{}\\[\\]?*\"#%\\\\^|~`$&,;:/\\p{Cntrl}\\uFFFE\\uFFFF\\p{Cs}]");
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]*");

  private Names() {}

  static boolean isValid(String name) {
    return !name.isEmpty()
        && name.codePointCount(0, name.length()) <= Limits.NAME
        && !FORBIDDEN.matcher(name).find();
  }

  /** A file name that only this name has. */
  static String fileName(String name) {
    if (PLAIN.matcher(name).matches()) {
      return name;
    }
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
      return "=" + HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
