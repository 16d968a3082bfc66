package io.vmferry.guest.linux.menu;

import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * GRUB's environment block grubenv: a signature, lines {@code name=value} with backslashes in front
 * of backslashes and line ends, and hash signs up to a fixed length, which GRUB writes over in
 * place and which must not change.
 */
public final class GrubEnvironment {
  private static final String SIGNATURE = "# GRUB Environment Block\n";

  /** The largest that is taken for one: 64 KiB; GRUB makes blocks of 1,024 bytes. */
  private static final int MAX_BYTES = 64 << 10;

  private final List<String> lines;
  private final int bytes;

  private GrubEnvironment(List<String> lines, int bytes) {
    this.lines = lines;
    this.bytes = bytes;
  }

  /** Parses a block; empty if it is none. */
  public static Optional<GrubEnvironment> parse(String text, Charset charset) {
    int bytes = text.getBytes(charset).length;
    if (!text.startsWith(SIGNATURE) || bytes > MAX_BYTES) {
      return Optional.empty();
    }
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (int i = SIGNATURE.length(); i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && i + 1 < text.length()) {
        line.append(c).append(text.charAt(++i));
      } else if (c == '\n') {
        lines.add(line.toString());
        line.setLength(0);
      } else {
        line.append(c);
      }
    }
    // What is left has no line end: it is the filling.
    return Optional.of(new GrubEnvironment(lines, bytes));
  }

  /** A variable's value; empty if it is not set. */
  public Optional<String> get(String name) {
    return lines.stream()
        .filter(line -> line.startsWith(name + "="))
        .map(line -> unescaped(line.substring(name.length() + 1)))
        .findFirst();
  }

  /** All variables by their names. */
  public Map<String, String> variables() {
    Map<String, String> variables = new LinkedHashMap<>();
    for (String line : lines) {
      int equals = line.indexOf('=');
      if (equals > 0 && !line.startsWith("#")) {
        variables.putIfAbsent(line.substring(0, equals), unescaped(line.substring(equals + 1)));
      }
    }
    return variables;
  }

  /** Sets a variable. */
  public void set(String name, String value) {
    String line = name + "=" + value.replace("\\", "\\\\").replace("\n", "\\\n");
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).startsWith(name + "=")) {
        lines.set(i, line);
        return;
      }
    }
    lines.add(line);
  }

  /** The block, as long as it was; empty if it does not hold all its variables. */
  public Optional<String> text(Charset charset) {
    StringBuilder text = new StringBuilder(SIGNATURE);
    lines.forEach(line -> text.append(line).append('\n'));
    int filling = bytes - text.toString().getBytes(charset).length;
    return filling < 0 ? Optional.empty() : Optional.of(text + "#".repeat(filling));
  }

  private static String unescaped(String value) {
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < value.length(); i++) {
      if (value.charAt(i) == '\\' && i + 1 < value.length()) {
        i++;
      }
      plain.append(value.charAt(i));
    }
    return plain.toString();
  }
}
