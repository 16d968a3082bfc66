package io.vmferry.it;

import io.vmferry.disk.Tools;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/**
 * A Red Hat's layout by somebody who wants more than its own files changed or told: links out of
 * the root and to devices, devices and pipes where text belongs, boot entries for files elsewhere,
 * names with line ends. Behind its partition is another with something that is not the guest's.
 */
final class HostileGuest {
  /** What must stay as it is, and must not be told. */
  static final String SECRET = "root:$6$not-for-anybody:19000:0:99999:7:::\n";

  /** Bytes of the partition that no file of the guest's has to do with. */
  static final int OTHER_BYTES = 8 << 20;

  private static final int DISK_MIB = 200;
  private static final int OTHER_MIB = OTHER_BYTES >> 20;
  private static final String KERNEL = "5.14.0-427.el9.x86_64";
  private static final String UUID = "7d2f5c1e-3b4a-4c5d-8e6f-0a1b2c3d4e5f";
  private static final String SCRIPT =
      """
      set -e
      PATH=$PATH:/usr/sbin:/sbin
      truncate -s %1$dM disk.raw
      mkfs.ext4 -q -F -b 4096 -U %2$s -E offset=1048576,root_owner=0:0 -d root disk.raw %3$dk
      printf 'label: dos\\nlabel-id: 0x686f7374\\n2048,%4$d,L,*\\n%5$d,,L\\n' |
        sfdisk --quiet --no-reread disk.raw
      # Devices of the appliance: its first disk, and the guest's partition.
      printf '%%s\\n' 'cd /etc' 'mknod crypttab b 8 0' 'cd /etc/udev/rules.d' \
        'mknod 70-persistent-net.rules p' 'cd /etc/default' 'mknod grub c 1 5' >commands
      debugfs -w -f commands 'disk.raw?offset=1048576' >debugfs.log 2>&1
      rm commands debugfs.log
      """
          .formatted(
              DISK_MIB,
              UUID,
              (DISK_MIB - OTHER_MIB - 1) << 10,
              (DISK_MIB - OTHER_MIB - 1) << 11,
              (DISK_MIB - OTHER_MIB) << 11);

  private HostileGuest() {}

  /** The guest's disk as a raw file, made once. */
  static Path disk() throws IOException {
    return Fixtures.directory(
            "hostile-guest", HostileGuest::make, HostileGuest.class, LaidOutGuest.class)
        .resolve("disk.raw");
  }

  /**
   * The same, with an fstab of 10 GiB without content.
   *
   * @param copy where to make it
   */
  static Path withEnormousFstab(Path copy) throws IOException {
    Files.copy(disk(), copy);
    Tools.run(
        "sh",
        "-c",
        "PATH=$PATH:/usr/sbin:/sbin debugfs -w -R 'sif /etc/fstab size 10737418240' \"$1\"",
        "sh",
        copy + "?offset=1048576");
    return copy;
  }

  /** The bytes of the other partition of a disk. */
  static byte[] other(Path disk) throws IOException {
    byte[] bytes = new byte[OTHER_BYTES];
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "r")) {
      file.seek((long) (DISK_MIB - OTHER_MIB) << 20);
      file.readFully(bytes);
    }
    return bytes;
  }

  private static void make(Path directory) throws IOException {
    Tools.require("mkfs.ext4");
    Tools.require("sfdisk");
    Path root = Files.createDirectory(directory.resolve("root"));
    system(root);
    attacks(root);
    LaidOutGuest.kernel(root, KERNEL);
    Tools.run("sh", "-c", "cd \"$1\" && " + SCRIPT, "sh", directory.toString());
    Fixtures.delete(root);
    byte[] other = new byte[OTHER_BYTES];
    new Random(20).nextBytes(other);
    try (RandomAccessFile disk =
        new RandomAccessFile(directory.resolve("disk.raw").toFile(), "rw")) {
      disk.write(new byte[] {(byte) 0xeb, 0x63, (byte) 0x90});
      disk.seek(0x180);
      disk.write("GRUB \0Geom\0Hard Disk\0Read\0 Error".getBytes(StandardCharsets.US_ASCII));
      disk.seek((long) (DISK_MIB - OTHER_MIB) << 20);
      disk.write(other);
    }
  }

  private static void system(Path root) throws IOException {
    for (String directory :
        new String[] {
          "usr/bin",
          "usr/sbin",
          "usr/lib64",
          "usr/lib/systemd/system",
          "proc",
          "sys",
          "dev",
          "run",
          "tmp",
          "root",
          "boot/grub2/i386-pc",
          "boot/loader/entries",
          "etc/default",
          "etc/udev/rules.d"
        }) {
      Files.createDirectories(root.resolve(directory));
    }
    for (String merged : new String[] {"bin", "sbin", "lib", "lib64"}) {
      Files.createSymbolicLink(root.resolve(merged), Path.of("usr", merged));
    }
    LaidOutGuest.programs(root, List.of("sh"));
    Files.copy(Path.of("/bin/sh").toRealPath(), root.resolve("usr/lib/systemd/systemd"));
    Files.createSymbolicLink(root.resolve("usr/sbin/init"), Path.of("/lib/systemd/systemd"));
    LaidOutGuest.write(
        root,
        "etc/os-release",
        """
        NAME="Rocky Linux"
        ID="rocky"
        ID_LIKE="rhel centos fedora"
        VERSION_ID="9.4"
        PRETTY_NAME="Rocky\tLinux\u001b[2J"
        """);
    LaidOutGuest.write(root, "etc/redhat-release", "Rocky Linux release 9.4 (Blue Onyx)\n");
    LaidOutGuest.write(root, "etc/hostname", "hostile\n");
    LaidOutGuest.write(root, "etc/shadow", SECRET);
    // In place of rpm: its database and its own programs would make a guest of their own.
    LaidOutGuest.write(
        root,
        "usr/bin/rpm",
        "#!/bin/sh\n[ -s \"$3\" ] && echo \"rpm $*\" >/usr/bin/amazon-ssm-agent\n");
    Tools.run("chmod", "755", root.resolve("usr/bin/rpm").toString());
    LaidOutGuest.write(root, "var/lib/rpm/rpmdb.sqlite", "");
    LaidOutGuest.write(
        root,
        "usr/lib/systemd/system/NetworkManager.service",
        "[Unit]\nDescription=Network Manager\n");
  }

  private static void attacks(Path root) throws IOException {
    LaidOutGuest.write(
        root,
        "etc/fstab",
        """
        /dev/sda1 / ext4 defaults 0 1
        /dev/../dev/sda2 /mnt/../../../escape ext4 defaults 0 2
        /dev/sda2 /mnt/two\\012lines ext4 defaults 0 2
        //server/share /mnt/share cifs guest 0 0
        """);
    String shadow = "../../../../../../../../etc/shadow";
    link(root, "etc/sysconfig/network-scripts/ifcfg-eth0", shadow);
    link(root, "etc/NetworkManager/system-connections/a.nmconnection", "/proc/self/mem");
    link(root, "etc/NetworkManager/system-connections/b.nmconnection", shadow);
    link(root, "etc/lvm/lvm.conf", "lvm.conf");
    link(root, "boot/loader/entries/outside.conf", shadow);
    link(root, "boot/grub2/grubenv", shadow);
    LaidOutGuest.write(
        root,
        "boot/loader/entries/elsewhere.conf",
        """
        title Elsewhere
        version 9
        linux /../../etc/shadow
        initrd /../../etc/shadow
        options root=/dev/sda1
        """);
    LaidOutGuest.write(
        root,
        "boot/loader/entries/good.conf",
        """
        title Good
        version %1$s
        linux /boot/vmlinuz-%1$s
        initrd /boot/initrd.img-%1$s
        options root=/dev/sda1 ro
        """
            .formatted(KERNEL));
    LaidOutGuest.write(root, "boot/grub2/grub.cfg", "insmod blscfg\nblscfg\n");
    LaidOutGuest.write(root, "etc/cloud/cloud.cfg.d/two\nlines.cfg", "network: {config: x}\n");
    LaidOutGuest.write(root, "etc/udev/rules.d/\u001b[2Jclear.rules", "ATTR{address}==\"0:0\"\n");
  }

  private static void link(Path root, String path, String target) throws IOException {
    Path link = root.resolve(path);
    Files.createDirectories(link.getParent());
    Files.createSymbolicLink(link, Path.of(target));
  }
}
