package io.vmferry.guest.appliance;

import io.vmferry.disk.Tools;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A disk with a file system of each kind, and with what a stranger might put into them; made by
 * guestfish.
 */
final class GuestDisk {
  private static final String SCRIPT =
      """
      run
      part-init /dev/sda gpt
      part-add /dev/sda p 2048 69631
      part-add /dev/sda p 69632 331775
      part-add /dev/sda p 331776 1118207
      part-add /dev/sda p 1118208 1380351
      part-add /dev/sda p 1380352 1425407
      part-add /dev/sda p 1425408 2031615
      part-set-gpt-type /dev/sda 1 C12A7328-F81F-11D2-BA4B-00A0C93EC93B
      part-set-gpt-type /dev/sda 6 E6D6D379-F507-44C2-A23C-238F2A3DF928
      part-set-gpt-guid /dev/sda 2 11111111-2222-3333-4444-555555555555
      mkfs vfat /dev/sda1 label:EFI
      mkfs ext4 /dev/sda2 label:boot
      mkfs xfs /dev/sda3 label:data
      mkfs btrfs /dev/sda4
      mkfs ntfs /dev/sda5
      pvcreate /dev/sda6
      vgcreate vg /dev/sda6
      lvcreate root vg 240
      mkfs ext4 /dev/vg/root
      mount /dev/sda4 /
      btrfs-subvolume-create /@
      btrfs-subvolume-create /@home
      write /@/in-subvolume "btrfs"
      umount-all
      mount /dev/vg/root /
      mkdir /etc
      mkdir /boot
      mkdir /data
      mkdir /win
      mkdir /usr
      mkdir /usr/lib
      ln-s usr/lib /lib
      write /usr/lib/os-release "ID=debian"
      write /etc/fstab "UUID=x / ext4 defaults 0 1\\n"
      chmod 0640 /etc/fstab
      chown 7 9 /etc/fstab
      setxattr security.selinux "system_u:object_r:etc_t:s0" 26 /etc/fstab
      write "/etc/naïve name" "é"
      ln-s /etc/fstab /etc/absolute
      ln-s ../../../../../../etc/passwd /etc/out
      ln-s /proc/self/root/etc/shadow /etc/proc
      ln-s loop /etc/loop
      ln-s /tmp /etc/outside
      ln-s /etc /etc/dir
      mknod 0020666 1 5 /etc/zero
      mkfifo 0644 /etc/fifo
      touch /etc/huge
      truncate-size /etc/huge 10737418240
      write /etc/immutable "stays"
      set-e2attrs /etc/immutable i
      mkdir-p /usr/bin
      mkdir-p /usr/lib64
      ln-s usr/bin /bin
      ln-s usr/lib64 /lib64
      UPLOADS
      mount /dev/sda2 /boot
      write /boot/vmlinuz-6.1.0 "kernel"
      mount /dev/sda3 /data
      write /data/file "xfs"
      mount /dev/sda5 /win
      write /win/file.txt "ntfs"
      """;

  /** In what ldd prints. */
  private static final Pattern LIBRARY = Pattern.compile("(/[^ ]+) \\(0x");

  private GuestDisk() {}

  /**
   * The commands that put programs of this machine, and the libraries they need, into the guest.
   */
  private static String uploads(String... programs) throws IOException {
    Set<String> files = new TreeSet<>(List.of(programs));
    for (String program : programs) {
      Matcher matcher = LIBRARY.matcher(Tools.run("ldd", program));
      while (matcher.find()) {
        files.add(matcher.group(1));
      }
    }
    return files.stream()
        .map(
            file ->
                // With a hyphen, for it fails where the folder is a link to one.
                "-mkdir-p %s\nupload %s %s\nchmod 0755 %s"
                    .formatted(Path.of(file).getParent(), file, file, file))
        .collect(Collectors.joining("\n"));
  }

  /** Makes a raw disk of 1 GiB. */
  static void make(Path disk) throws IOException {
    Tools.require("guestfish");
    Path script = disk.resolveSibling("guestfish.script");
    Files.writeString(
        script,
        SCRIPT.replace("UPLOADS", uploads("/usr/bin/dash", "/usr/bin/timeout", "/usr/bin/sleep")),
        StandardCharsets.UTF_8);
    Tools.run("qemu-img", "create", "-q", "-f", "raw", disk.toString(), "1G");
    Tools.run(
        "env",
        "LIBGUESTFS_BACKEND=direct",
        "LIBGUESTFS_BACKEND_SETTINGS=force_tcg",
        "guestfish",
        "--format=raw",
        "-a",
        disk.toString(),
        "-f",
        script.toString());
  }
}
