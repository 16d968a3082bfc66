package io.vmferry.guest.linux;

import java.util.Locale;
import java.util.Optional;

/**
 * How a file of a Linux guest (fstab, crypttab, a kernel's command line) refers to a block device.
 *
 * @param kind by what
 * @param value the identifier or path, without the kind's prefix and quotes
 */
public record DeviceReference(Kind kind, String value) {
  private static final String MAPPED = "/dev/disk/by-id/dm-name-";

  /** By what a device is referred to. */
  public enum Kind {
    /** A file system's UUID. */
    UUID,
    /** A file system's label. */
    LABEL,
    /** A partition's UUID. */
    PARTUUID,
    /** A GPT partition's name. */
    PARTLABEL,
    /** A stable name of the disk under {@code /dev/disk/by-id} or {@code by-path}. */
    HARDWARE,
    /** Any other path under {@code /dev}. */
    PATH,
    /** No block device: {@code tmpfs}, {@code proc}, {@code host:/path}, {@code //server/share}. */
    OTHER
  }

  /**
   * Reads a reference; {@code /dev/disk/by-uuid/X} is the same as {@code UUID=X}, and {@code
   * /dev/disk/by-id/dm-name-X} as {@code /dev/mapper/X}.
   */
  public static DeviceReference parse(String text) {
    for (Kind kind : new Kind[] {Kind.UUID, Kind.LABEL, Kind.PARTUUID, Kind.PARTLABEL}) {
      String tag = kind.name() + "=";
      if (text.startsWith(tag)) {
        return new DeviceReference(kind, unquoted(text.substring(tag.length())));
      }
      String directory = "/dev/disk/by-" + kind.name().toLowerCase(Locale.ROOT) + "/";
      if (text.startsWith(directory)) {
        return new DeviceReference(kind, unescaped(text.substring(directory.length())));
      }
    }
    if (text.startsWith(MAPPED)) {
      return new DeviceReference(Kind.PATH, "/dev/mapper/" + text.substring(MAPPED.length()));
    }
    if (text.startsWith("/dev/disk/by-id/") || text.startsWith("/dev/disk/by-path/")) {
      return new DeviceReference(Kind.HARDWARE, text);
    }
    boolean path = text.startsWith("/dev/") && !text.equals("/dev/root");
    return new DeviceReference(path ? Kind.PATH : Kind.OTHER, text);
  }

  /** Whether it names the device by a path that EC2's devices do not have. */
  public boolean isUnstable() {
    return switch (kind) {
      case HARDWARE -> !value.matches("/dev/disk/by-id/(dm|lvm|md)-.*");
      case PATH -> !isMapped();
      case UUID, LABEL, PARTUUID, PARTLABEL, OTHER -> false;
    };
  }

  /** The number behind {@code -part} of a {@link Kind#HARDWARE} name; empty for the whole disk. */
  Optional<Integer> hardwarePartition() {
    int part = value.lastIndexOf("-part");
    if (kind != Kind.HARDWARE || part < 0) {
      return Optional.empty();
    }
    String number = value.substring(part + "-part".length());
    return number.matches("[0-9]{1,3}") ? Optional.of(Integer.parseInt(number)) : Optional.empty();
  }

  private boolean isMapped() {
    return value.startsWith("/dev/mapper/") || value.startsWith("/dev/md");
  }

  private static String unquoted(String value) {
    boolean quoted =
        value.length() >= 2
            && (value.startsWith("\"") || value.startsWith("'"))
            && value.charAt(0) == value.charAt(value.length() - 1);
    return quoted ? value.substring(1, value.length() - 1) : value;
  }

  /** Decodes udev's {@code \x20} in the names of links. */
  private static String unescaped(String name) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      boolean escape = name.startsWith("\\x", i) && i + 4 <= name.length();
      if (escape && name.substring(i + 2, i + 4).matches("[0-9a-fA-F]{2}")) {
        text.append((char) Integer.parseInt(name.substring(i + 2, i + 4), 16));
        i += 3;
      } else {
        text.append(name.charAt(i));
      }
    }
    return text.toString();
  }
}
