package io.vmferry.it;

import io.vmferry.disk.Tools;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Makes a raw disk with an ext4, an XFS and an NTFS partition, files in each, holes between and
 * behind them, and data in its last sectors. Each file system is made by its own tools in a file of
 * its own; nothing is mounted.
 */
enum PartitionedDisk {
  /**
   * 2,200 MiB and three sectors: too large for one extent of a split VMDK, and neither a whole
   * number of EBS blocks nor of any format's blocks.
   */
  LARGE(2200L * PartitionedDisk.MIB + 3 * 512, 96, 320, 48, 2120, 12),
  /** 480 MiB and three sectors: for formats that store every byte. */
  MEDIUM(480L * PartitionedDisk.MIB + 3 * 512, 64, 320, 48, 420, 12),
  /** 96 MiB and 8 KiB: small enough to be held in memory by writers that are for tests only. */
  SMALL(96L * PartitionedDisk.MIB + 8192, 24, 32, 16, 78, 3);

  private static final int MIB = 1 << 20;
  private static final int STEP = 64 << 10;

  private final long size;
  private final int ext4Mib;
  private final int xfsMib;
  private final int ntfsMib;
  private final int ntfsStartMib;
  private final int contentMib;

  /**
   * A disk.
   *
   * @param size bytes
   * @param ext4Mib the size of the ext4 partition, which starts at 1 MiB
   * @param xfsMib the size of the XFS partition right behind it
   * @param ntfsMib the size of the NTFS partition
   * @param ntfsStartMib where that starts
   * @param contentMib how much random data each file system holds; text of half the size comes on
   *     top
   */
  PartitionedDisk(
      long size, int ext4Mib, int xfsMib, int ntfsMib, int ntfsStartMib, int contentMib) {
    this.size = size;
    this.ext4Mib = ext4Mib;
    this.xfsMib = xfsMib;
    this.ntfsMib = ntfsMib;
    this.ntfsStartMib = ntfsStartMib;
    this.contentMib = contentMib;
  }

  /** Bytes. */
  long size() {
    return size;
  }

  /** Where the ext4, the XFS and the NTFS partition start, in MiB. */
  List<Integer> partitionsAtMib() {
    return List.of(1, 1 + ext4Mib, ntfsStartMib);
  }

  /** The disk as a file, made once. */
  Path file() throws IOException {
    return Fixtures.directory("disk-" + name(), this::make, PartitionedDisk.class)
        .resolve("disk.raw");
  }

  private void make(Path directory) throws IOException {
    Path work = Files.createTempDirectory("disk");
    try {
      Path disk = directory.resolve("disk.raw");
      byte[] end = new byte[1024];
      new Random(size).nextBytes(end);
      try (FileChannel channel =
          FileChannel.open(disk, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        writeFully(channel, ByteBuffer.wrap(end), size - end.length);
        copySparsely(ext4(work), channel, (long) MIB);
        copySparsely(xfs(work), channel, (1L + ext4Mib) * MIB);
        copySparsely(ntfs(work), channel, (long) ntfsStartMib * MIB);
      }
      partition(work, disk);
    } finally {
      Fixtures.delete(work);
    }
  }

  private void partition(Path work, Path disk) throws IOException {
    String table =
        """
        label: dos
        label-id: 0x766d6673
        start=1MiB, size=%dMiB, type=83, bootable
        start=%dMiB, size=%dMiB, type=83
        start=%dMiB, size=%dMiB, type=7
        """
            .formatted(ext4Mib, 1 + ext4Mib, xfsMib, ntfsStartMib, ntfsMib);
    Path script = Files.writeString(work.resolve("partitions"), table);
    Tools.require("sfdisk");
    Tools.run(
        "sh",
        "-c",
        "PATH=$PATH:/usr/sbin sfdisk --quiet --no-reread \"$1\" <\"$2\"",
        "sh",
        disk.toString(),
        script.toString());
  }

  private Path ext4(Path work) throws IOException {
    Path image = work.resolve("ext4");
    Path files = Files.createDirectory(work.resolve("ext4-files"));
    random(files.resolve("random"), 1);
    text(Files.createDirectories(files.resolve("var/log")).resolve("text"), 2);
    try (FileChannel sparse =
        FileChannel.open(
            files.resolve("sparse"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      sparse.write(ByteBuffer.wrap(new byte[] {1}), 5L * MIB);
    }
    Tools.run(
        "mkfs.ext4",
        "-q",
        "-F",
        "-b",
        "4096",
        "-d",
        files.toString(),
        image.toString(),
        ext4Mib + "m");
    return image;
  }

  private Path xfs(Path work) throws IOException {
    Path image = sized(work.resolve("xfs"), xfsMib);
    String prototype =
        """
        /
        0 0
        d--755 0 0
        random ---644 0 0 %s
        log d--700 1000 1000
        text ---600 1000 1000 %s
        $
        $
        """
            .formatted(random(work.resolve("xfs-random"), 3), text(work.resolve("xfs-text"), 4));
    Path prototypeFile = Files.writeString(work.resolve("prototype"), prototype);
    // Below 300 MiB the tool wants to be told that nobody should use such a file system.
    String[] options = xfsMib < 300 ? new String[] {"--unsupported"} : new String[0];
    String[] arguments = {"-q", "-p", prototypeFile.toString(), image.toString()};
    String[] all = Arrays.copyOf(options, options.length + arguments.length);
    System.arraycopy(arguments, 0, all, options.length, arguments.length);
    Tools.run("mkfs.xfs", all);
    return image;
  }

  private Path ntfs(Path work) throws IOException {
    Path image = sized(work.resolve("ntfs"), ntfsMib);
    Tools.run(
        "mkntfs",
        "-q",
        "-F",
        "-Q",
        "-s",
        "512",
        "-H",
        "255",
        "-S",
        "63",
        "-p",
        Integer.toString(ntfsStartMib * (MIB / 512)),
        image.toString());
    for (Path file : new Path[] {random(work.resolve("a"), 5), text(work.resolve("b"), 6)}) {
      Tools.run("ntfscp", image.toString(), file.toString(), "/" + file.getFileName());
    }
    return image;
  }

  private static Path sized(Path image, int mib) throws IOException {
    try (FileChannel channel =
        FileChannel.open(image, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[1]), (long) mib * MIB - 1);
    }
    return image;
  }

  private Path random(Path file, int seed) throws IOException {
    Random random = new Random(seed);
    byte[] bytes = new byte[MIB];
    try (OutputStream out = Files.newOutputStream(file)) {
      for (int i = 0; i < contentMib; i++) {
        random.nextBytes(bytes);
        out.write(bytes);
      }
    }
    return file;
  }

  private Path text(Path file, int seed) throws IOException {
    Random random = new Random(seed);
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      for (int written = 0; written < contentMib * MIB / 2; ) {
        byte[] line =
            "Nov %02d %08x host daemon[%d]: nothing to report\n"
                .formatted(1 + random.nextInt(30), random.nextInt(), random.nextInt(30_000))
                .getBytes(StandardCharsets.US_ASCII);
        out.write(line);
        written += line.length;
      }
    }
    return file;
  }

  private static void copySparsely(Path from, FileChannel to, long offset) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocate(STEP);
    ByteBuffer buffer = ByteBuffer.allocate(STEP);
    try (FileChannel in = FileChannel.open(from, StandardOpenOption.READ)) {
      for (long at = 0; at < in.size(); at += STEP) {
        buffer.clear();
        while (buffer.hasRemaining() && in.read(buffer, at + buffer.position()) > 0) {
          // Read until the step or the file is complete.
        }
        buffer.flip();
        if (buffer.mismatch(zeros.slice(0, buffer.limit())) >= 0) {
          writeFully(to, buffer, offset + at);
        }
      }
    }
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes, long at)
      throws IOException {
    long offset = at;
    while (bytes.hasRemaining()) {
      offset += channel.write(bytes, offset);
    }
  }
}
