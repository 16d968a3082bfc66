package io.vmferry.guest.linux;

import io.vmferry.guest.FileSystemFacts;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds which device of a machine a {@link DeviceReference} of its guest means. A path is taken to
 * count disks and partitions in their order, whatever the driver of the hypervisor called them:
 * {@code /dev/sdb1}, {@code /dev/vdb1} and {@code /dev/nvme1n1p1} are the second disk's first.
 *
 * <p>Where a reference fits several devices equally well, it is not guessed: a wrong file system is
 * worse than none.
 *
 * @param fileSystems what lies on the machine's disks
 */
public record DeviceResolver(List<FileSystemFacts> fileSystems) {
  private static final Pattern LETTERS =
      Pattern.compile("/dev/(?:sd|hd|vd|xvd|ubd)([a-z])([0-9]{0,3})");
  private static final Pattern NVME = Pattern.compile("/dev/nvme([0-9]{1,2})n1(?:p([0-9]{1,3}))?");
  private static final Pattern SCSI_PATH =
      Pattern.compile(".*-(?:scsi|ata|sas)-[^/]*?([0-9]{1,2})(?::([0-9]{1,2}))?(?:-part[0-9]+)?");

  /** The device a reference means; empty if there is none, or several fit. */
  public Optional<FileSystemFacts> find(DeviceReference reference) {
    String value = reference.value();
    return switch (reference.kind()) {
      case UUID -> only(fs -> fs.uuid().filter(value::equalsIgnoreCase).isPresent());
      case LABEL -> only(fs -> fs.label().filter(value::equals).isPresent());
      case PARTUUID -> only(fs -> fs.partitionUuid().filter(value::equalsIgnoreCase).isPresent());
      case PARTLABEL, OTHER -> Optional.empty();
      case HARDWARE -> hardware(reference);
      case PATH -> path(value);
    };
  }

  /** The device a text means: {@code UUID=…}, {@code /dev/sda1}, {@code /dev/mapper/vg-root}. */
  public Optional<FileSystemFacts> find(String text) {
    return find(DeviceReference.parse(text));
  }

  private Optional<FileSystemFacts> path(String path) {
    Matcher letters = LETTERS.matcher(path);
    if (letters.matches()) {
      return at(letters.group(1).charAt(0) - 'a', number(letters.group(2)));
    }
    Matcher nvme = NVME.matcher(path);
    if (nvme.matches()) {
      return at(Integer.parseInt(nvme.group(1)), number(nvme.group(2)));
    }
    return only(fs -> fs.disk().isEmpty() && sameVolume(fs.device(), path));
  }

  /**
   * Whether two names are of one volume: {@code /dev/mapper/a--b-root} is {@code /dev/a-b/root}.
   */
  static boolean sameVolume(String device, String other) {
    return mapperName(device).equals(mapperName(other));
  }

  private static String mapperName(String device) {
    String name = device.substring(device.startsWith("/dev/") ? "/dev/".length() : 0);
    int slash = name.indexOf('/');
    if (slash < 0 || name.startsWith("mapper/")) {
      return name.startsWith("mapper/") ? name.substring("mapper/".length()) : name;
    }
    return name.substring(0, slash).replace("-", "--")
        + "-"
        + name.substring(slash + 1).replace("-", "--");
  }

  /**
   * A disk's name by its hardware: with one disk it is that one; by-path's SCSI target counts the
   * disks; else only a partition's number that one disk alone has tells anything.
   */
  private Optional<FileSystemFacts> hardware(DeviceReference reference) {
    OptionalInt partition =
        reference.hardwarePartition().map(OptionalInt::of).orElse(OptionalInt.empty());
    List<Integer> disks =
        fileSystems.stream()
            .flatMap(fs -> fs.disk().stream().boxed())
            .distinct()
            .sorted(Comparator.naturalOrder())
            .toList();
    Matcher target = SCSI_PATH.matcher(reference.value());
    if (disks.size() > 1
        && reference.value().startsWith("/dev/disk/by-path/")
        && target.matches()
        && target.group(2) != null) {
      Optional<FileSystemFacts> found = at(Integer.parseInt(target.group(1)), partition);
      if (found.isPresent()) {
        return found;
      }
    }
    return only(fs -> fs.disk().isPresent() && fs.partition().equals(partition));
  }

  private Optional<FileSystemFacts> at(int disk, OptionalInt partition) {
    return only(fs -> fs.disk().equals(OptionalInt.of(disk)) && fs.partition().equals(partition));
  }

  private Optional<FileSystemFacts> only(Predicate<FileSystemFacts> wanted) {
    List<FileSystemFacts> found = fileSystems.stream().filter(wanted).limit(2).toList();
    return found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
  }

  private static OptionalInt number(@Nullable String digits) {
    return digits == null || digits.isEmpty()
        ? OptionalInt.empty()
        : OptionalInt.of(Integer.parseInt(digits));
  }
}
