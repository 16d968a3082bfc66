package io.vmferry.it;

import io.vmferry.disk.Tools;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A Debian's layout with no programs but this machine's dpkg: enough for inspection, modification
 * and a package, made in a moment. One ext4 partition behind an MBR with GRUB's mark; {@code
 * /dev/sda1} and a static address everywhere, as on a hypervisor. It does not boot.
 */
final class LaidOutGuest {
  static final String FSTAB =
      """
      # <file system> <mount point> <type> <options> <dump> <pass>
      /dev/sda1 / ext4 errors=remount-ro 0 1
      /dev/sdb1 /data ext4 defaults 0 2
      //server/share /mnt/share cifs guest 0 0
      """;

  private static final int PARTITION_AT = 1 << 20;
  private static final int DISK_MIB = 600;

  /** What dpkg runs. */
  private static final List<String> PROGRAMS =
      List.of(
          "sh",
          "dpkg",
          "dpkg-deb",
          "dpkg-split",
          "dpkg-query",
          "tar",
          "rm",
          "diff",
          "ldconfig",
          "start-stop-daemon");

  /** Copies programs of this machine with the libraries they are linked with. */
  private static final String COPY =
      """
      set -e
      PATH=$PATH:/usr/sbin:/sbin
      root=$1
      shift
      for program in "$@"; do
        file=$(command -v "$program")
        mkdir -p "$root${file%/*}"
        cp -L "$file" "$root$file"
        for library in $(ldd "$file" 2>/dev/null | grep -o '/[^ ]*'); do
          mkdir -p "$root${library%/*}"
          cp -L "$library" "$root$library"
        done
      done
      """;

  private static final String KERNEL = "6.1.0-18-amd64";
  private static final String SCRIPT =
      """
      set -e
      PATH=$PATH:/usr/sbin:/sbin
      truncate -s "$2"M disk.raw
      mkfs.ext4 -q -F -b 4096 -U 5b6ef2a4-1f0c-4c0e-9d0b-7a3f2c1d9e12 \
        -E offset=1048576,root_owner=0:0 -d root disk.raw $((($2 - 1) << 10))k
      printf 'label: dos\\nlabel-id: 0x766d6665\\n2048,,L,*\\n' |
        sfdisk --quiet --no-reread disk.raw
      """;

  private LaidOutGuest() {}

  /** The guest's disk as a raw file, made once. */
  static Path disk() throws IOException {
    return Fixtures.directory("laid-out-guest", LaidOutGuest::make, LaidOutGuest.class)
        .resolve("disk.raw");
  }

  /** The guest's disk as stream-optimized VMDK. */
  static Path vmdk() throws IOException {
    Path raw = disk();
    Path vmdk = raw.resolveSibling("disk.vmdk");
    if (!Files.exists(vmdk)) {
      Tools.run(
          "qemu-img",
          "convert",
          "-f",
          "raw",
          "-O",
          "vmdk",
          "-o",
          "subformat=streamOptimized",
          raw.toString(),
          vmdk.toString());
    }
    return vmdk;
  }

  /** A file of the guest, read from a disk. */
  static String read(Path disk, String path) throws IOException {
    return Tools.run(
        "sh",
        "-c",
        "PATH=$PATH:/usr/sbin:/sbin debugfs -R \"cat $2\" \"$1?offset=%d\" 2>/dev/null"
            .formatted(PARTITION_AT),
        "sh",
        disk.toString(),
        path);
  }

  private static void make(Path directory) throws IOException {
    Path root = Files.createDirectory(directory.resolve("root"));
    layOut(root);
    programs(root, PROGRAMS);
    assemble(directory, DISK_MIB);
  }

  /** Lays the guest out in an empty directory. */
  static void layOut(Path root) throws IOException {
    directories(root);
    system(root);
    kernel(root, KERNEL);
    grub(root);
  }

  /** Puts programs of this machine into a guest's directory, so that they run in the guest. */
  static void programs(Path root, List<String> names) throws IOException {
    names.forEach(Tools::require);
    List<String> arguments = new ArrayList<>(List.of("-c", COPY, "sh", root.toString()));
    arguments.addAll(names);
    Tools.run("sh", arguments.toArray(String[]::new));
  }

  /**
   * Makes {@code disk.raw} of a guest's directory, which is gone then.
   *
   * @param directory with the guest's in {@code root}
   * @param mib the disk's size
   */
  static void assemble(Path directory, int mib) throws IOException {
    Tools.require("mkfs.ext4");
    Tools.require("sfdisk");
    String script = "cd \"$1\" && " + SCRIPT;
    Tools.run("sh", "-c", script, "sh", directory.toString(), Integer.toString(mib));
    Fixtures.delete(directory.resolve("root"));
    try (RandomAccessFile disk =
        new RandomAccessFile(directory.resolve("disk.raw").toFile(), "rw")) {
      // What tells GRUB's first stage: a jump, and its name where its messages are.
      disk.write(new byte[] {(byte) 0xeb, 0x63, (byte) 0x90});
      disk.seek(0x180);
      disk.write("GRUB \0Geom\0Hard Disk\0Read\0 Error".getBytes(StandardCharsets.US_ASCII));
    }
  }

  private static void directories(Path root) throws IOException {
    for (String directory :
        new String[] {
          "etc/network",
          "usr/bin",
          "usr/sbin",
          "usr/lib/systemd/system",
          "usr/lib64",
          "var/lib/dpkg/info",
          "var/lib/dpkg/updates",
          "boot/grub/i386-pc",
          "proc",
          "sys",
          "dev",
          "run",
          "tmp",
          "mnt/share",
          "root",
          "home"
        }) {
      Files.createDirectories(root.resolve(directory));
    }
    for (String merged : new String[] {"bin", "sbin", "lib", "lib64"}) {
      Files.createSymbolicLink(root.resolve(merged), Path.of("usr", merged));
    }
  }

  private static void system(Path root) throws IOException {
    write(
        root,
        "etc/os-release",
        """
        PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
        NAME="Debian GNU/Linux"
        VERSION_ID="12"
        ID=debian
        """);
    write(root, "etc/debian_version", "12.5\n");
    write(root, "etc/hostname", "laidout\n");
    write(root, "etc/hosts", "127.0.0.1 localhost\n");
    write(root, "etc/fstab", FSTAB);
    write(
        root,
        "etc/network/interfaces",
        """
        auto lo
        iface lo inet loopback
        allow-hotplug ens192
        iface ens192 inet static
          address 192.168.10.31/24
          gateway 192.168.10.1
        """);
    write(root, "etc/default/grub", "GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX=\"\"\n");
    write(root, "var/lib/dpkg/status", "");
    // Any program of this machine: its header tells the architecture.
    Files.copy(Path.of("/bin/sh").toRealPath(), root.resolve("usr/bin/sh"));
    Files.copy(Path.of("/bin/sh").toRealPath(), root.resolve("usr/lib/systemd/systemd"));
    Files.createSymbolicLink(root.resolve("usr/sbin/init"), Path.of("/lib/systemd/systemd"));
  }

  private static void grub(Path root) throws IOException {
    write(
        root,
        "boot/grub/grub.cfg",
        """
        set default="0"
        set timeout=5
        menuentry 'Debian GNU/Linux' {
          insmod ext2
          set root='hd0,msdos1'
          linux /boot/vmlinuz-%1$s root=/dev/sda1 ro quiet
          initrd /boot/initrd.img-%1$s
        }
        """
            .formatted(KERNEL));
  }

  /** A kernel with EC2's drivers built in, that is none, and all that belongs to it. */
  static void kernel(Path root, String version) throws IOException {
    write(root, "boot/vmlinuz-" + version, "no real kernel\n");
    write(
        root,
        "boot/config-" + version,
        """
        CONFIG_64BIT=y
        CONFIG_BLK_DEV_NVME=y
        CONFIG_ENA_ETHERNET=y
        CONFIG_XEN_BLKDEV_FRONTEND=y
        CONFIG_XEN_NETDEV_FRONTEND=y
        """);
    String modules = "usr/lib/modules/" + version + "/";
    write(root, modules + "modules.dep", "");
    write(
        root,
        modules + "modules.builtin",
        """
        kernel/drivers/nvme/host/nvme-core.ko
        kernel/drivers/nvme/host/nvme.ko
        kernel/drivers/net/ethernet/amazon/ena/ena.ko
        kernel/drivers/block/xen-blkfront.ko
        kernel/drivers/net/xen-netfront.ko
        """);
    // An archive of nothing: its trailer alone.
    write(
        root,
        "boot/initrd.img-" + version,
        "070701"
            + "0".repeat(8 * 4)
            + "00000001"
            + "0".repeat(8 * 6)
            + "0000000b"
            + "0".repeat(8)
            + "TRAILER!!!\0\0\0\0");
  }

  /** Writes a file of a guest's directory. */
  static void write(Path root, String path, String content) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }
}
