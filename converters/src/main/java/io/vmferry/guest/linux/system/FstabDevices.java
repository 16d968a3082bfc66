package io.vmferry.guest.linux.system;

import io.vmferry.error.VmferryException;
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
import io.vmferry.guest.linux.Fstab;
import io.vmferry.guest.linux.Fstab.Comment;
import io.vmferry.guest.linux.Fstab.Entry;
import io.vmferry.guest.linux.Fstab.Invalid;
import io.vmferry.guest.linux.Fstab.Line;
import io.vmferry.guest.linux.files.ConfigFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * {@code /etc/fstab} for machines whose disks are called otherwise (requirement E3): device names
 * become {@code UUID=}, what is not there must not stop the boot, and what cannot be mounted on EC2
 * or at all is commented out. Every line keeps its layout, and comments stay.
 *
 * <p>NFS is kept, with {@code nofail} and {@code _netdev}: unlike a hypervisor's shared folder its
 * server may well be reached from a VPC, and the boot goes on where it is not.
 */
public final class FstabDevices implements Modification {
  private static final String PATH = "/etc/fstab";

  /** Shares of Windows and of hypervisors, and file systems by programs that need their servers. */
  private static final Set<String> DISABLED =
      Set.of(
          "cifs",
          "smb",
          "smb2",
          "smb3",
          "smbfs",
          "vboxsf",
          "vmhgfs",
          "prl_fs",
          "9p",
          "virtiofs",
          "sshfs",
          "ncpfs",
          "ncp",
          "davfs",
          "davfs2",
          "curlftpfs",
          "coda",
          "afs");

  private static final Set<String> NFS = Set.of("nfs", "nfs4");
  private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}&&[^\\t\\r\\n]]");

  /** Makes the modification. */
  public FstabDevices() {}

  @Override
  public String name() {
    return "fstab";
  }

  @Override
  public boolean appliesTo(GuestFacts facts, ModificationOptions options) {
    return switch (facts.system()) {
      case LinuxFacts linux -> true;
    };
  }

  /**
   * {@inheritDoc}
   *
   * @throws VmferryException {@link io.vmferry.error.ErrorCode#GUEST_FILE_UNREADABLE} if the table
   *     is no regular file or larger than 4 MiB
   */
  @Override
  public void apply(Guest guest) throws IOException {
    GuestEdits edits = guest.edits();
    Optional<TextFile> file = edits.text(PATH);
    if (file.isEmpty()) {
      return;
    }
    Editor editor =
        new Editor(
            guest,
            new DeviceResolver(guest.facts().fileSystems()),
            CryptTab.names(edits),
            // Upstart's mountall knows an option of its own, and not nofail.
            ConfigFiles.exists(edits.files(), "/sbin/mountall"));
    Fstab table = Fstab.parse(file.get().text());
    String text = table.lines().stream().map(editor::edit).collect(Collectors.joining());
    edits.change(file.get(), text, editor.summary());
  }

  /** Edits the lines and counts what it does. */
  private static final class Editor {
    private final Guest guest;
    private final DeviceResolver resolver;
    private final Set<String> encrypted;
    private final boolean mountall;
    private final Map<String, Integer> counts = new LinkedHashMap<>();

    Editor(Guest guest, DeviceResolver resolver, Set<String> encrypted, boolean mountall) {
      this.guest = guest;
      this.resolver = resolver;
      this.encrypted = encrypted;
      this.mountall = mountall;
    }

    String edit(Line line) {
      return switch (line) {
        case Comment(String text) -> text;
        case Invalid(String text, String reason) -> {
          count("invalid entries disabled");
          yield disabled(text, reason);
        }
        case Entry entry -> edit(entry);
      };
    }

    private String edit(Entry entry) {
      if (CONTROL.matcher(entry.text()).find()) {
        count("invalid entries disabled");
        return disabled(entry.text(), "it has control characters");
      }
      String type = entry.type().replaceFirst("^fuse\\.", "").replaceFirst("-fuse$", "");
      boolean program = type.equals("fuse") && entry.device().matches("(sshfs|curlftpfs)#.*");
      if (DISABLED.contains(type) || program) {
        count("entries of types that EC2 has not disabled");
        return disabled(entry.text(), entry.type() + " is not available on EC2");
      }
      if (NFS.contains(type)) {
        List<String> wanted =
            guest.linux().systemd()
                ? List.of("nofail", "_netdev")
                : List.of("nofail", "_netdev", "bg");
        return withOptions(entry, wanted, "NFS mounts made optional").text();
      }
      return device(entry).text();
    }

    private Entry device(Entry entry) {
      DeviceReference reference = entry.reference();
      Optional<FileSystemFacts> found = find(entry, reference);
      return switch (reference.kind()) {
        case OTHER -> entry;
        case UUID, LABEL, PARTUUID ->
            found.isPresent() ? replaceIfOther(entry, reference, found.get()) : optional(entry);
        // No list of partitions' names is at hand, and they do not change on the way to EC2.
        case PARTLABEL -> entry;
        case HARDWARE, PATH -> path(entry, reference, found);
      };
    }

    /** The root's entry means the root, whatever it says: the guest was found by it. */
    private Optional<FileSystemFacts> find(Entry entry, DeviceReference reference) {
      Optional<FileSystemFacts> found = resolver.find(reference);
      if (found.isPresent() || !entry.mountPoint().equals("/")) {
        return found;
      }
      return guest.facts().fileSystems().stream()
          .filter(fs -> fs.device().equals(guest.linux().rootDevice()))
          .findFirst();
    }

    private Entry replaceIfOther(Entry entry, DeviceReference reference, FileSystemFacts found) {
      return resolver.find(reference).isPresent() ? entry : withUuid(entry, found);
    }

    private Entry path(Entry entry, DeviceReference reference, Optional<FileSystemFacts> found) {
      if (isStable(reference)) {
        String name = reference.value().replaceFirst("^/dev/mapper/", "");
        return found.isPresent() || encrypted.contains(name) ? entry : optional(entry);
      }
      if (found.isEmpty()) {
        return optional(entry);
      }
      // A logical volume's name stays: it comes from the disk.
      return found.get().disk().isEmpty() && resolver.find(reference).isPresent()
          ? entry
          : withUuid(entry, found.get());
    }

    private static boolean isStable(DeviceReference reference) {
      return !reference.isUnstable()
          || reference.value().matches("/dev/disk/by-id/(dm-(name|uuid)|lvm|md)-.*");
    }

    private Entry withUuid(Entry entry, FileSystemFacts found) {
      if (found.uuid().isEmpty()) {
        return optional(entry);
      }
      count("devices named by UUID");
      return entry.withDevice("UUID=" + found.uuid().get());
    }

    private Entry optional(Entry entry) {
      if (entry.mountPoint().equals("/")) {
        return entry;
      }
      return withOptions(
          entry,
          mountall ? List.of("nofail", "nobootwait") : List.of("nofail"),
          "devices that are not there made optional");
    }

    private Entry withOptions(Entry entry, List<String> wanted, String what) {
      List<String> missing =
          wanted.stream().filter(option -> !entry.options().contains(option)).toList();
      if (missing.isEmpty()) {
        return entry;
      }
      count(what);
      return entry.withOptions(Stream.concat(entry.options().stream(), missing.stream()).toList());
    }

    private static String disabled(String line, String reason) {
      return "# Disabled by vmferry, %s: %s".formatted(reason, line);
    }

    private void count(String what) {
      counts.merge(what, 1, Integer::sum);
    }

    String summary() {
      List<String> parts = new ArrayList<>();
      counts.forEach((what, count) -> parts.add(what + ": " + count));
      return String.join("; ", parts);
    }
  }
}
