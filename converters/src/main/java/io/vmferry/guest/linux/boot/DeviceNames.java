package io.vmferry.guest.linux.boot;

import io.vmferry.guest.FileSystemFacts;
import io.vmferry.guest.GuestFacts;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a guest's names of devices mean: which of them depend on the controller, and so are others
 * on EC2, and which file system each names.
 */
final class DeviceNames {
  private static final Pattern LETTERED =
      Pattern.compile("/dev/(?:sd|hd|vd|xvd)([a-z]{1,2})(\\d*)");
  private static final Pattern NUMBERED =
      Pattern.compile("/dev/(?:nvme(\\d{1,3})n1|mmcblk(\\d{1,3})|cciss/c0d(\\d{1,3}))(?:p(\\d+))?");
  private static final Pattern BY_HARDWARE =
      Pattern.compile("/dev/disk/by-(?:id|path)/.*?(?:-part(\\d+))?");
  private static final String MAPPER = "/dev/mapper/";

  private final GuestFacts facts;

  DeviceNames(GuestFacts facts) {
    this.facts = facts;
  }

  /** Whether a name depends on the disk's controller: {@code /dev/sda1}, {@code by-path}. */
  static boolean isOfController(String name) {
    return LETTERED.matcher(name).matches()
        || NUMBERED.matcher(name).matches()
        || BY_HARDWARE.matcher(name).matches();
  }

  /** The file system that a device's name or {@code UUID=} names; empty if there is none. */
  Optional<FileSystemFacts> find(String name) {
    if (name.toUpperCase(Locale.ROOT).startsWith("UUID=")) {
      return byUuid(name.substring("UUID=".length()));
    }
    if (name.startsWith("/dev/disk/by-uuid/")) {
      return byUuid(name.substring("/dev/disk/by-uuid/".length()));
    }
    Matcher lettered = LETTERED.matcher(name);
    if (lettered.matches()) {
      return at(OptionalInt.of(diskOf(lettered.group(1))), number(lettered.group(2)));
    }
    Matcher numbered = NUMBERED.matcher(name);
    if (numbered.matches()) {
      String disk =
          Optional.ofNullable(numbered.group(1))
              .or(() -> Optional.ofNullable(numbered.group(2)))
              .orElse(numbered.group(3));
      return at(number(disk), number(numbered.group(4)));
    }
    Matcher byHardware = BY_HARDWARE.matcher(name);
    if (byHardware.matches()) {
      // Which disk it is cannot be told from its serial number; with one disk there is no choice.
      return facts.disks().size() > 1
          ? Optional.empty()
          : at(OptionalInt.of(0), number(byHardware.group(1)));
    }
    return facts.fileSystems().stream()
        .filter(is -> is.device().equals(name) || mapperName(is.device()).equals(name))
        .findFirst();
  }

  /** The file system of the root. */
  Optional<FileSystemFacts> root(String device) {
    return facts.fileSystems().stream().filter(is -> is.device().equals(device)).findFirst();
  }

  private Optional<FileSystemFacts> byUuid(String uuid) {
    String plain = uuid.replace("\"", "");
    return facts.fileSystems().stream()
        .filter(is -> is.uuid().filter(plain::equalsIgnoreCase).isPresent())
        .findFirst();
  }

  private Optional<FileSystemFacts> at(OptionalInt disk, OptionalInt partition) {
    return facts.fileSystems().stream()
        .filter(is -> is.disk().equals(disk) && is.partition().equals(partition))
        .findFirst();
  }

  /** {@code /dev/vg/root} as the device mapper spells it, a hyphen in a name twice. */
  private static String mapperName(String device) {
    String[] names = device.split("/", -1);
    return names.length == 4 && names[1].equals("dev")
        ? MAPPER + names[2].replace("-", "--") + "-" + names[3].replace("-", "--")
        : device;
  }

  private static int diskOf(String letters) {
    int disk = 0;
    for (int i = 0; i < letters.length(); i++) {
      disk = disk * 26 + letters.charAt(i) - 'a' + 1;
    }
    return disk - 1;
  }

  private static OptionalInt number(@Nullable String digits) {
    return digits == null || digits.isEmpty() || digits.length() > 4
        ? OptionalInt.empty()
        : OptionalInt.of(Integer.parseInt(digits));
  }
}
