package io.vmferry.disk.vmdk;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A descriptor: the text that names a disk's extents ("Virtual Disk Format 5.0", section "Layout
 * Basics"), in a file of its own or embedded in a sparse extent.
 *
 * @param parentCid the parent's content id as it is spelled; empty if the descriptor has none
 * @param extents the extents in the disk's order
 */
record VmdkDescriptor(Optional<String> parentCid, List<DescribedExtent> extents) {
  /** The longest descriptor that is read: 1 MiB. Real ones have some KiB. */
  static final int MAX_LENGTH = 1 << 20;

  private static final int MAX_EXTENTS = 10_000;
  private static final String SIGNATURE = "# disk descriptorfile";
  private static final String NO_PARENT = "ffffffff";

  private static final Pattern LINE = Pattern.compile("\\r\\n|\\r|\\n");
  private static final Pattern SETTING = Pattern.compile("([^=\"\\s]+)\\s*=\\s*(.*)");
  private static final Pattern EXTENT =
      Pattern.compile(
          "(RW|RDONLY|NOACCESS)\\s+(\\d{1,18})\\s+(\\w+)(?:\\s+\"([^\"]*)\"(?:\\s+(\\d{1,18}))?)?(?:\\s.*)?",
          Pattern.CASE_INSENSITIVE);

  /** What can only be meant as an extent, so that none is passed over for being spelled wrongly. */
  private static final Pattern EXTENT_START =
      Pattern.compile(
          "(?:RW|RDONLY|NOACCESS)\\s+[^=\\s].*|[A-Z]+\\s+\\d+\\s+[A-Z]+(?:\\s.*)?",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern ENCODING =
      Pattern.compile("(?im)^[ \\t]*encoding[ \\t]*=[ \\t]*\"?([^\"\\s]+)");

  VmdkDescriptor {
    extents = List.copyOf(extents);
  }

  /** Whether the bytes begin as the text of a descriptor does. */
  static boolean isAt(ByteBuffer start) {
    return withoutByteOrderMark(StandardCharsets.UTF_8.decode(start.slice()).toString())
        .stripLeading()
        .toLowerCase(Locale.ROOT)
        .startsWith(SIGNATURE);
  }

  /**
   * Takes a descriptor apart. What it does not know it passes over, but for extents.
   *
   * @param strict whether a damaged extent line is refused; in a sparse extent that holds its own
   *     disk such a line says nothing that is needed, and is passed over
   * @param name the file's name, for messages
   * @param bytes the text, up to a zero byte if there is one
   * @throws VmferryException {@link ErrorCode#VMDK_DESCRIPTOR_INVALID} if a line is an extent's but
   *     cannot be understood
   */
  static VmdkDescriptor parse(String name, ByteBuffer bytes, boolean strict) {
    Optional<String> parentCid = Optional.empty();
    List<DescribedExtent> extents = new ArrayList<>();
    int number = 0;
    for (String untrimmed : LINE.split(decode(bytes), -1)) {
      String line = untrimmed.strip();
      number++;
      if (line.startsWith("#")) {
        continue;
      }
      if (EXTENT_START.matcher(line).matches()) {
        Optional<DescribedExtent> extent = extent(line);
        if (extent.isEmpty() && strict) {
          throw invalid(
              name, "no valid extent in line %d: '%s'".formatted(number, shortened(line)));
        }
        extent.ifPresent(extents::add);
        if (extents.size() > MAX_EXTENTS) {
          throw invalid(name, "more than %d extents".formatted(MAX_EXTENTS));
        }
        continue;
      }
      Matcher setting = SETTING.matcher(line);
      if (setting.matches() && setting.group(1).equalsIgnoreCase("parentCID")) {
        parentCid = Optional.of(unquote(setting.group(2)));
      }
    }
    return new VmdkDescriptor(parentCid, extents);
  }

  private static Optional<DescribedExtent> extent(String line) {
    Matcher matcher = EXTENT.matcher(line);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    return Optional.of(
        new DescribedExtent(
            DescribedExtent.Access.valueOf(matcher.group(1).toUpperCase(Locale.ROOT)),
            Long.parseLong(matcher.group(2)),
            matcher.group(3).toUpperCase(Locale.ROOT),
            Optional.ofNullable(matcher.group(4)),
            Optional.ofNullable(matcher.group(5)).map(Long::parseLong).orElse(0L)));
  }

  /**
   * Refuses a delta disk, which is nothing without its parent.
   *
   * @throws VmferryException {@link ErrorCode#VMDK_DELTA_UNSUPPORTED}
   */
  void refuseParent(String name) {
    parentCid
        .filter(cid -> !cid.toLowerCase(Locale.ROOT).equals(NO_PARENT))
        .ifPresent(
            cid -> {
              throw new VmferryException(
                  ErrorCode.VMDK_DELTA_UNSUPPORTED,
                  "%s: the descriptor has parentCID=%s, expected %s"
                      .formatted(name, shortened(cid), NO_PARENT));
            });
  }

  /**
   * The text: in the encoding it says it has, or in UTF-8, or, if it is not that, in ISO 8859-1.
   */
  private static String decode(ByteBuffer bytes) {
    byte[] all = new byte[bytes.remaining()];
    bytes.slice().get(all);
    int length = 0;
    while (length < all.length && all[length] != 0) {
      length++;
    }
    String plain = new String(all, 0, length, StandardCharsets.ISO_8859_1);
    Matcher encoding = ENCODING.matcher(plain);
    Charset charset =
        encoding.find()
            ? charset(encoding.group(1)).orElse(StandardCharsets.UTF_8)
            : StandardCharsets.UTF_8;
    try {
      return withoutByteOrderMark(
          charset.newDecoder().decode(ByteBuffer.wrap(all, 0, length)).toString());
    } catch (CharacterCodingException e) {
      return plain;
    }
  }

  private static Optional<Charset> charset(String name) {
    try {
      return Optional.of(Charset.forName(name));
    } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
      return Optional.empty();
    }
  }

  private static String withoutByteOrderMark(String text) {
    return text.startsWith("\ufeff") ? text.substring(1) : text;
  }

  private static String unquote(String value) {
    String stripped = value.strip();
    boolean quoted = stripped.length() >= 2 && stripped.startsWith("\"") && stripped.endsWith("\"");
    return quoted ? stripped.substring(1, stripped.length() - 1).strip() : stripped;
  }

  private static String shortened(String text) {
    return text.length() <= 200 ? text : text.substring(0, 200) + "…";
  }

  static VmferryException invalid(String name, String detail) {
    return new VmferryException(
        ErrorCode.VMDK_DESCRIPTOR_INVALID, "%s: the descriptor has %s".formatted(name, detail));
  }
}
