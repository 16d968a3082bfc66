package io.vmferry.guest.linux.boot;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The archive that is appended to an initramfs so that it loads drivers it was made without.
 *
 * <p>The modules lie in a tree of their own, {@code /vmferry/lib/modules/VERSION}, with a
 * modules.dep of their own, and are loaded from there with {@code modprobe -d /vmferry}. What the
 * initramfs has in {@code /lib/modules} stays: its indexes may name modules uncompressed that the
 * guest's own name compressed (some releases of dracut and initramfs-tools unpack them), and with
 * the guest's indexes in their place it would no longer find its file system's driver.
 *
 * <p>Two things load them. A udev rule, for every initramfs with udev: dracut's, SUSE's,
 * initramfs-tools'. And a file that initramfs-tools' init sources early; in the others' it does
 * nothing. Both name modprobe by its path: a shell of busybox would take its own, which does not
 * know {@code -d}.
 *
 * <p>{@code lib}, {@code usr}, {@code etc} and {@code conf} are not among the entries: the kernel's
 * unpacker follows a link in the middle of a name, but removes one to make a directory in its place
 * (clean_path in init/initramfs.c), which would take {@code /lib} from an initramfs where it is a
 * link to {@code usr/lib}.
 */
final class DriverArchive {
  /** Where the tree of modules lies. */
  static final String ROOT = "vmferry";

  private static final String MARKER = ROOT + "/digest";
  private static final String CARRIED_MARKER = ROOT + "/carried";
  private static final int DIGEST_LENGTH = 64;

  /** Bytes from the marker's entry to the archive's end. */
  private static final int MARKER_BYTES =
      NewcArchive.entryBytes(MARKER, DIGEST_LENGTH + 1)
          + NewcArchive.entryBytes(NewcArchive.TRAILER, 0);

  /** Bytes in which all markers are, at an archive's end. */
  static final int TAIL_BYTES =
      NewcArchive.entryBytes(CARRIED_MARKER, DIGEST_LENGTH + 1) + MARKER_BYTES;

  /** All modules together: 256 MiB; an initramfs must fit into memory. */
  private static final long MAX_BYTES = 256L << 20;

  private static final int BLOCK = 512;

  /** Zeros in front of the archive: a kernel since 5.11 takes four for the end of LZ4 data. */
  private static final int MIN_ZEROS = 4;

  private static final int LZ4_MAGIC = 0x184C2102;
  private static final int LZ4_MAX_BLOCK = 8 << 20;
  private static final int LZ4_MAX_SHORT = 15;
  private static final int LZ4_MAX_BYTE = 255;

  /** The devices that each driver is for, as udev matches them. */
  private static final Map<String, String> DEVICES =
      Map.of(
          "nvme", "SUBSYSTEM==\"pci\", ATTR{class}==\"0x010802\"",
          "ena", "SUBSYSTEM==\"pci\", ATTR{vendor}==\"0x1d0f\", ATTR{class}==\"0x020000\"",
          "xen-platform-pci", "SUBSYSTEM==\"pci\", ATTR{vendor}==\"0x5853\"",
          "xen-blkfront", "SUBSYSTEM==\"xen\", ENV{MODALIAS}==\"xen:vbd\"",
          "xen-vbd", "SUBSYSTEM==\"xen\", ENV{MODALIAS}==\"xen:vbd\"",
          "xen-netfront", "SUBSYSTEM==\"xen\", ENV{MODALIAS}==\"xen:vif\"",
          "xen-vnif", "SUBSYSTEM==\"xen\", ENV{MODALIAS}==\"xen:vif\"");

  private DriverArchive() {}

  /**
   * Makes the archive; the same modules and files give the same bytes.
   *
   * @param version the kernel's release
   * @param drivers the modules to load, each with its closure; none if only files are carried
   * @param carried files that come over those of the initramfs
   * @throws VmferryException {@link ErrorCode#GUEST_DRIVER_UNAVAILABLE} if a module cannot be taken
   * @throws IOException if the guest's file system is damaged
   */
  static byte[] of(
      String version, List<String> drivers, KernelModules modules, CarriedFiles carried)
      throws IOException {
    NewcArchive archive = new NewcArchive();
    if (drivers.isEmpty()) {
      archive.directory(ROOT);
    } else {
      addDrivers(archive, version, drivers, modules);
    }
    if (!carried.isEmpty()) {
      carried.addTo(archive);
      addMarker(archive, CARRIED_MARKER, carried.digest());
    }
    addMarker(archive, MARKER, digest(archive.soFar()));
    return archive.finish();
  }

  private static void addMarker(NewcArchive archive, String name, String digest) {
    archive.file(name, (digest + "\n").getBytes(StandardCharsets.US_ASCII));
  }

  private static void addDrivers(
      NewcArchive archive, String version, List<String> drivers, KernelModules modules)
      throws IOException {
    Set<String> paths = new LinkedHashSet<>();
    SortedMap<String, String> lines = new TreeMap<>();
    for (String driver : drivers) {
      for (String path : modules.closure(driver)) {
        if (paths.add(path)) {
          List<String> needed = modules.closure(KernelModules.nameOf(path)).reversed();
          lines.put(
              KernelModules.nameOf(path),
              path + ":" + needed.stream().skip(1).map(p -> " " + p).collect(Collectors.joining()));
        }
      }
    }
    String tree = ROOT + "/lib/modules/" + version + "/";
    directories(tree, paths).forEach(archive::directory);
    // kmod may be built to look in /usr/lib/modules, below the directory given with -d too.
    archive.directory(ROOT + "/usr").link(ROOT + "/usr/lib", "../lib");
    long bytes = 0;
    for (String path : new TreeSet<>(paths)) {
      byte[] content = modules.content(path);
      bytes += content.length;
      if (bytes > MAX_BYTES) {
        throw new VmferryException(
            ErrorCode.GUEST_DRIVER_UNAVAILABLE,
            "the drivers of %s take more than %d bytes".formatted(version, MAX_BYTES));
      }
      archive.file(tree + path, content);
    }
    archive.file(
        tree + "modules.dep",
        lines.values().stream()
            .map(line -> line + "\n")
            .collect(Collectors.joining())
            .getBytes(StandardCharsets.US_ASCII));
    archive.file(tree + "modules.dep.bin", ModulesDepBin.of(lines));
    addLoaders(archive, drivers);
  }

  /** What a file that ends in such an archive says of its content; empty if it does not. */
  static Optional<String> digestIn(byte[] tail) {
    return digestIn(tail, MARKER, MARKER_BYTES);
  }

  /**
   * What a file that ends in such an archive says of the files carried; empty if there are none.
   */
  static Optional<String> carriedDigestIn(byte[] tail) {
    return digestIn(tail).isPresent()
        ? digestIn(tail, CARRIED_MARKER, TAIL_BYTES)
        : Optional.empty();
  }

  private static Optional<String> digestIn(byte[] tail, String marker, int bytesToEnd) {
    if (tail.length < bytesToEnd) {
      return Optional.empty();
    }
    int start = tail.length - bytesToEnd;
    int name = start + NewcArchive.HEADER_BYTES;
    String found = new String(tail, name, marker.length(), StandardCharsets.US_ASCII);
    String digest =
        new String(
            tail,
            start + NewcArchive.entryBytes(marker, 0),
            DIGEST_LENGTH,
            StandardCharsets.US_ASCII);
    return found.equals(marker) && digest.matches("[0-9a-f]+")
        ? Optional.of(digest)
        : Optional.empty();
  }

  /** What is written behind an initramfs so that the kernel unpacks the archive after it. */
  static ByteBuffer appendix(byte[] archive, InitramfsFile file) {
    if (file.ending() == InitramfsFile.Ending.LZ4) {
      return lz4(archive);
    }
    int zeros = Math.toIntExact((BLOCK - file.size() % BLOCK) % BLOCK);
    if (zeros < MIN_ZEROS) {
      zeros += BLOCK;
    }
    return ByteBuffer.allocate(zeros + archive.length).position(zeros).put(archive).flip();
  }

  /**
   * The archive as one more piece of an LZ4 stream in the old format, in blocks of literals only.
   * Every kernel that reads LZ4 goes on at a second magic number, while those before 5.11 fail at
   * zeros.
   */
  private static ByteBuffer lz4(byte[] archive) {
    int blocks = (archive.length + LZ4_MAX_BLOCK - 1) / LZ4_MAX_BLOCK;
    int blockBytes = (archive.length + blocks - 1) / blocks;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(littleEndian(LZ4_MAGIC));
    for (int at = 0; at < archive.length; at += blockBytes) {
      int literals = Math.min(blockBytes, archive.length - at);
      ByteArrayOutputStream block = new ByteArrayOutputStream();
      block.write(Math.min(literals, LZ4_MAX_SHORT) << 4);
      if (literals >= LZ4_MAX_SHORT) {
        int left = literals - LZ4_MAX_SHORT;
        for (; left >= LZ4_MAX_BYTE; left -= LZ4_MAX_BYTE) {
          block.write(LZ4_MAX_BYTE);
        }
        block.write(left);
      }
      block.write(archive, at, literals);
      out.writeBytes(littleEndian(block.size()));
      out.writeBytes(block.toByteArray());
    }
    return ByteBuffer.wrap(out.toByteArray());
  }

  private static byte[] littleEndian(int value) {
    return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  private static SortedSet<String> directories(String tree, Set<String> paths) {
    SortedSet<String> directories = new TreeSet<>();
    for (String path : paths) {
      String whole = tree + path;
      for (int slash = whole.indexOf('/'); slash > 0; slash = whole.indexOf('/', slash + 1)) {
        directories.add(whole.substring(0, slash));
      }
    }
    return directories;
  }

  private static void addLoaders(NewcArchive archive, List<String> drivers) {
    StringBuilder rules =
        new StringBuilder("# Loads the drivers of EC2 instances added to this initramfs.\n");
    for (String driver : drivers) {
      rules.append(
          "ACTION==\"add\", %s, RUN+=\"/sbin/modprobe -d /vmferry %s\"\n"
              .formatted(DEVICES.get(driver), driver));
    }
    archive
        .directory("etc/udev")
        .directory("etc/udev/rules.d")
        .file(
            "etc/udev/rules.d/59-vmferry.rules",
            rules.toString().getBytes(StandardCharsets.US_ASCII))
        .directory("conf/conf.d")
        .file(
            "conf/conf.d/vmferry-drivers",
            """
            # Loads the drivers of EC2 instances that were added to this initramfs.
            for vmferry_driver in %s; do
              /sbin/modprobe -d /vmferry "$vmferry_driver" 2>/dev/null || true
            done
            unset vmferry_driver
            """
                .formatted(String.join(" ", drivers))
                .getBytes(StandardCharsets.US_ASCII));
  }

  /** What the bytes are, in 64 hexadecimal digits. */
  static String digest(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
