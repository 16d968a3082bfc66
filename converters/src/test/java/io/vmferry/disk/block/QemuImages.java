package io.vmferry.disk.block;

import io.vmferry.disk.Tools;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;

/** Disks that qemu-img wrote in a directory, each made once. */
public final class QemuImages {
  private static final int RUNS = 40;
  private static final int MIB = 1 << 20;

  private final Path directory;

  /** Makes disks in {@code directory}. */
  public QemuImages(Path directory) {
    this.directory = directory;
  }

  /** A raw disk of runs of data, of written zeros and of holes, at odd and even offsets. */
  public Path rawDisk(long size) throws IOException {
    Path disk = directory.resolve("disk-" + size + ".raw");
    if (Files.exists(disk)) {
      return disk;
    }
    Random random = new Random(size);
    try (FileChannel channel =
        FileChannel.open(disk, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (int i = 0; i < RUNS; i++) {
        byte[] run = new byte[1 + random.nextInt(MIB)];
        if (i % 4 != 0) {
          random.nextBytes(run);
        }
        channel.write(ByteBuffer.wrap(run), random.nextLong(size - run.length));
      }
      // The disk's last bytes are data, to show that its end is where it should be.
      channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3, 4}), size - 4);
    }
    return disk;
  }

  /** The disk as an image of another format, with options as qemu-img's {@code -o} takes them. */
  public Path convert(Path raw, String format, String options) throws IOException {
    Path image =
        directory.resolve(
            raw.getFileName() + "-" + options.replaceAll("[^a-z0-9]", "_") + "." + format);
    if (!Files.exists(image)) {
      Tools.run(
          "qemu-img",
          "convert",
          "-f",
          "raw",
          "-O",
          format,
          "-o",
          options,
          raw.toString(),
          image.toString());
    }
    return image;
  }

  /** What qemu-img reads from an image. */
  public Path read(Path image, String format) throws IOException {
    Path raw = image.resolveSibling(image.getFileName() + ".out.raw");
    if (!Files.exists(raw)) {
      Tools.run("qemu-img", "convert", "-f", format, "-O", "raw", image.toString(), raw.toString());
    }
    return raw;
  }
}
