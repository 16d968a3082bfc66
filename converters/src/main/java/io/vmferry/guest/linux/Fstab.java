package io.vmferry.guest.linux;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A guest's {@code /etc/fstab}: fstab(5), read as util-linux does. Every line keeps its exact text,
 * so that {@link #text()} of what was parsed is what was parsed, and changing an entry leaves the
 * rest of its line and all others alone.
 *
 * @param lines the lines in order
 */
public record Fstab(List<Line> lines) {
  private static final Pattern LINE = Pattern.compile("[^\\n]*\\n|[^\\n]+");
  private static final Pattern FIELD = Pattern.compile("[^ \\t\\r\\n]+");
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");
  private static final int LEAST_FIELDS = 3;

  /** A line; its text has the line's end. */
  public sealed interface Line permits Entry, Comment, Invalid {
    /** The line as it is, with its end. */
    String text();
  }

  /** A comment or an empty line. */
  public record Comment(String text) implements Line {}

  /**
   * A line that mount(8) refuses.
   *
   * @param text the line
   * @param reason why, without a final full stop
   */
  public record Invalid(String text, String reason) implements Line {}

  /**
   * An entry; escapes like {@code \040} are decoded in the device and the mount point.
   *
   * @param text the line
   * @param device what is mounted, as it is spelled: {@code UUID=…}, {@code /dev/sda1}, {@code
   *     tmpfs}, {@code //server/share}
   * @param mountPoint where; {@code none} or {@code swap} for swap space
   * @param type the type of the file system, or several with commas
   * @param options the options; {@code defaults} if there are none
   * @param pass the order in which fsck checks it; 0 for never
   */
  public record Entry(
      String text, String device, String mountPoint, String type, List<String> options, int pass)
      implements Line {

    /** What {@link #device} refers to. */
    public DeviceReference reference() {
      return DeviceReference.parse(device);
    }

    /** Whether it is swap space. */
    public boolean isSwap() {
      return type.equals("swap");
    }

    /** Whether the boot does not mount it, or goes on if it cannot. */
    public boolean isOptional() {
      return options.contains("noauto") || options.contains("nofail");
    }

    /** The value of an option: {@code @} for {@code subvol=@}. */
    public Optional<String> option(String name) {
      return options.stream()
          .filter(option -> option.startsWith(name + "="))
          .map(option -> option.substring(name.length() + 1))
          .findFirst();
    }

    /** The entry for another device, its line otherwise as it is. */
    public Entry withDevice(String other) {
      return new Entry(
          replaceField(text, 0, encode(other)), other, mountPoint, type, options, pass);
    }

    /** The entry with other options, its line otherwise as it is; a missing field is appended. */
    public Entry withOptions(List<String> other) {
      return new Entry(
          replaceField(text, LEAST_FIELDS, String.join(",", other)),
          device,
          mountPoint,
          type,
          List.copyOf(other),
          pass);
    }
  }

  /** Reads a table. Any text is one; lines that are no entries are told as such. */
  public static Fstab parse(String text) {
    List<Line> lines = new ArrayList<>();
    Matcher matcher = LINE.matcher(text);
    while (matcher.find()) {
      lines.add(parseLine(matcher.group()));
    }
    return new Fstab(List.copyOf(lines));
  }

  /** The table as text. */
  public String text() {
    return lines.stream().map(Line::text).collect(Collectors.joining());
  }

  /** The entries in order. */
  public List<Entry> entries() {
    return lines.stream().filter(Entry.class::isInstance).map(Entry.class::cast).toList();
  }

  /** The lines that mount(8) refuses. */
  public List<Invalid> invalid() {
    return lines.stream().filter(Invalid.class::isInstance).map(Invalid.class::cast).toList();
  }

  /** The last entry for a mount point, the one that shows after the boot; empty if none is. */
  public Optional<Entry> at(String mountPoint) {
    return entries().reversed().stream()
        .filter(entry -> entry.mountPoint().equals(mountPoint))
        .findFirst();
  }

  private static Line parseLine(String text) {
    String content = text.strip();
    if (content.isEmpty() || content.startsWith("#")) {
      return new Comment(text);
    }
    List<String> fields = FIELD.matcher(text).results().map(found -> found.group()).toList();
    if (fields.size() < LEAST_FIELDS) {
      return new Invalid(
          text, "it has %d fields of at least %d".formatted(fields.size(), LEAST_FIELDS));
    }
    for (int i = 4; i < Math.min(6, fields.size()); i++) {
      if (fields.get(i).startsWith("#")) {
        break;
      }
      if (!NUMBER.matcher(fields.get(i)).matches()) {
        return new Invalid(text, "field %d must be a number".formatted(i + 1));
      }
    }
    String mountPoint = decode(fields.get(1));
    boolean nowhere = mountPoint.equals("none") || fields.get(2).equals("swap");
    if (!nowhere && !mountPoint.startsWith("/")) {
      return new Invalid(text, "its mount point is no absolute path");
    }
    boolean hasOptions = fields.size() > 3 && !fields.get(3).startsWith("#");
    boolean hasPass = fields.size() > 5 && NUMBER.matcher(fields.get(5)).matches();
    return new Entry(
        text,
        decode(fields.get(0)),
        mountPoint,
        fields.get(2),
        hasOptions ? options(fields.get(3)) : List.of("defaults"),
        hasPass ? Integer.parseInt(fields.get(5)) : 0);
  }

  private static List<String> options(String field) {
    return Arrays.stream(field.split(",", -1)).filter(option -> !option.isEmpty()).toList();
  }

  private static String replaceField(String line, int index, String value) {
    Matcher fields = FIELD.matcher(line);
    int end = 0;
    for (int i = 0; fields.find(); i++) {
      boolean comment = i > 0 && fields.group().startsWith("#");
      if (i == index && !comment) {
        return line.substring(0, fields.start()) + value + line.substring(fields.end());
      }
      if (comment) {
        break;
      }
      end = fields.end();
    }
    return line.substring(0, end) + " " + value + line.substring(end);
  }

  /** Decodes the octal escapes of fstab(5): {@code \040} is a space. */
  static String decode(String field) {
    if (field.indexOf('\\') < 0) {
      return field;
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < field.length(); i++) {
      boolean octal = field.charAt(i) == '\\' && i + 3 < field.length();
      if (octal
          && isOctal(field.charAt(i + 1), '3')
          && isOctal(field.charAt(i + 2), '7')
          && isOctal(field.charAt(i + 3), '7')) {
        text.append((char) Integer.parseInt(field.substring(i + 1, i + 4), 8));
        i += 3;
      } else {
        text.append(field.charAt(i));
      }
    }
    return text.toString();
  }

  private static boolean isOctal(char digit, char most) {
    return digit >= '0' && digit <= most;
  }

  private static String encode(String value) {
    return value
        .replace("\\", "\\134")
        .replace(" ", "\\040")
        .replace("\t", "\\011")
        .replace("\n", "\\012");
  }
}
