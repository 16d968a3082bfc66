package io.vmferry.guest.linux.system;

import io.vmferry.guest.DiskFacts;
import io.vmferry.guest.FileSystemFacts;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.TextFile;
import io.vmferry.guest.linux.DeviceReference;
import io.vmferry.guest.linux.DeviceResolver;
import io.vmferry.guest.linux.files.ConfigFiles;
import java.io.IOException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code /etc/crypttab}: device names become {@code UUID=}, or the partition's UUID where a random
 * key makes a new content at every boot; what is not there must not stop the boot.
 */
public final class CryptTab implements Modification {
  private static final String PATH = "/etc/crypttab";

  /** Name, device, key and options with the space in front of each. */
  private static final Pattern ENTRY =
      Pattern.compile("(\\s*)(\\S+)(\\s+)(\\S+)(?:(\\s+)(\\S+))?(?:(\\s+)(\\S+))?(\\s*)");

  /** Makes the modification. */
  public CryptTab() {}

  @Override
  public String name() {
    return "crypttab";
  }

  @Override
  public boolean appliesTo(GuestFacts facts, ModificationOptions options) {
    return switch (facts.system()) {
      case LinuxFacts linux -> true;
    };
  }

  @Override
  public void apply(Guest guest) throws IOException {
    Optional<TextFile> file = ConfigFiles.read(guest.edits(), PATH);
    if (file.isEmpty()) {
      return;
    }
    StringBuilder text = new StringBuilder();
    for (String line : file.get().text().split("(?<=\n)", -1)) {
      text.append(edit(guest.facts(), line));
    }
    guest
        .edits()
        .change(
            file.get(), text.toString(), "devices named by UUID; those not there made optional");
  }

  /** The names that encrypted devices get, under {@code /dev/mapper}. */
  static Set<String> names(GuestEdits edits) throws IOException {
    Set<String> names = new HashSet<>();
    Optional<TextFile> file = ConfigFiles.read(edits, PATH);
    if (file.isPresent()) {
      for (String line : file.get().lines()) {
        Matcher entry = ENTRY.matcher(line);
        if (!line.stripLeading().startsWith("#") && entry.matches()) {
          names.add(entry.group(2));
        }
      }
    }
    return names;
  }

  private static String edit(GuestFacts facts, String line) {
    Matcher entry = ENTRY.matcher(line);
    if (line.stripLeading().startsWith("#") || !entry.matches()) {
      return line;
    }
    DeviceReference reference = DeviceReference.parse(entry.group(4));
    boolean known =
        switch (reference.kind()) {
          case OTHER, PARTLABEL -> true;
          case UUID, LABEL, PARTUUID, HARDWARE, PATH -> false;
        };
    if (known) {
      return line;
    }
    Optional<FileSystemFacts> found = new DeviceResolver(facts.fileSystems()).find(reference);
    String key = Optional.ofNullable(entry.group(6)).orElse("");
    Optional<String> other =
        isRandom(key)
            ? partition(facts, reference, found).map("/dev/disk/by-partuuid/"::concat)
            : found.flatMap(FileSystemFacts::uuid).map("UUID="::concat);
    if (!reference.isUnstable()) {
      boolean there = found.isPresent() || partition(facts, reference, found).isPresent();
      return there ? line : optional(entry, line);
    }
    return other
        .map(device -> line.substring(0, entry.start(4)) + device + line.substring(entry.end(4)))
        .orElseGet(() -> optional(entry, line));
  }

  private static boolean isRandom(String key) {
    return key.equals("/dev/urandom") || key.equals("/dev/random");
  }

  /** A partition that holds nothing known still has its number and its UUID. */
  private static Optional<String> partition(
      GuestFacts facts, DeviceReference reference, Optional<FileSystemFacts> found) {
    if (found.isPresent()) {
      return found.get().partitionUuid();
    }
    Matcher name =
        Pattern.compile("/dev/(?:sd|hd|vd|xvd)([a-z])([0-9]{1,3})").matcher(reference.value());
    boolean byUuid = reference.kind() == DeviceReference.Kind.PARTUUID;
    for (DiskFacts disk : facts.disks()) {
      for (DiskFacts.Partition partition : disk.partitions()) {
        boolean same =
            byUuid
                ? partition.uuid().filter(reference.value()::equalsIgnoreCase).isPresent()
                : name.matches()
                    && name.group(1).charAt(0) - 'a' == disk.index()
                    && Integer.parseInt(name.group(2)) == partition.number();
        if (same) {
          return partition.uuid();
        }
      }
    }
    return Optional.empty();
  }

  private static String optional(Matcher entry, String line) {
    String options = entry.group(8);
    if (options == null) {
      int end = entry.group(6) == null ? entry.end(4) : entry.end(6);
      String key = entry.group(6) == null ? " none" : "";
      return line.substring(0, end) + key + " nofail" + line.substring(end);
    }
    boolean has = Set.of(options.split(",", -1)).contains("nofail");
    return has ? line : line.substring(0, entry.end(8)) + ",nofail" + line.substring(entry.end(8));
  }
}
