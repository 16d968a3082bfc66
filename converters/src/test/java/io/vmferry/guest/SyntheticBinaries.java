package io.vmferry.guest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveOutputStream;
import org.apache.commons.compress.archivers.cpio.CpioConstants;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.apache.commons.compress.compressors.lz4.BlockLZ4CompressorOutputStream;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.LZMAOutputStream;
import org.tukaani.xz.XZ;
import org.tukaani.xz.XZOutputStream;

/** The binary files of synthetic guests, as far as anyone reads them. */
public final class SyntheticBinaries {
  private static final int GRUB_ENVIRONMENT_BYTES = 1024;
  private static final int KERNEL_BYTES = 4096;
  private static final int VERSION_OFFSET = 0x400;

  private SyntheticBinaries() {}

  /** An ELF header of a program: {@code x86_64}, {@code aarch64}, {@code i386} or {@code ppc64}. */
  public static byte[] elf(String machine) {
    ByteBuffer header = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    int bits = machine.equals("i386") ? 1 : 2;
    int number =
        switch (machine) {
          case "x86_64" -> 62;
          case "aarch64" -> 183;
          case "i386" -> 3;
          case "ppc64" -> 21;
          default -> throw new IllegalArgumentException("what is '" + machine + "'?");
        };
    header.put(new byte[] {0x7f, 'E', 'L', 'F', (byte) bits, 1, 1});
    header.putShort(16, (short) 2).putShort(18, (short) number).putInt(20, 1);
    return header.array();
  }

  /** The start of an x86 kernel's image, with its boot header and its version. */
  public static byte[] kernel(String version) {
    ByteBuffer image = ByteBuffer.allocate(KERNEL_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    image.put(0x1f1, (byte) 3).putShort(0x1fe, (short) 0xaa55);
    image.put(0x202, "HdrS".getBytes(StandardCharsets.US_ASCII)).putShort(0x206, (short) 0x20f);
    image.putShort(0x20e, (short) (VERSION_OFFSET - 0x200)).putShort(0x236, (short) 0x7f);
    image.put(VERSION_OFFSET, (version + " (builder@host)").getBytes(StandardCharsets.US_ASCII));
    return image.array();
  }

  /** A GRUB environment block: 1024 bytes, filled up with number signs. */
  public static byte[] grubEnvironment(List<String> lines) {
    StringBuilder text = new StringBuilder("# GRUB Environment Block\n");
    lines.forEach(line -> text.append(line).append('\n'));
    text.append("#".repeat(GRUB_ENVIRONMENT_BYTES - text.length()));
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * An initramfs with empty files of these names.
   *
   * @param layers {@code microcode} for an uncompressed archive in front, and how the archive is
   *     compressed: {@code none}, {@code gzip}, {@code xz}, {@code lzma}, {@code bzip2}, {@code
   *     lz4}, {@code zstd}
   */
  public static byte[] initramfs(List<String> layers, List<String> names) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (String layer : layers) {
      if (layer.equals("microcode")) {
        all.writeBytes(cpio(List.of("kernel/x86/microcode/GenuineIntel.bin")));
      } else {
        all.writeBytes(compress(layer, cpio(names)));
      }
    }
    return all.toByteArray();
  }

  /** A newc archive of empty files and the directories they are in. */
  public static byte[] cpio(List<String> names) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (CpioArchiveOutputStream cpio = new CpioArchiveOutputStream(bytes)) {
      for (String name : names) {
        CpioArchiveEntry entry = new CpioArchiveEntry(CpioConstants.FORMAT_NEW, name);
        entry.setMode(CpioConstants.C_ISREG | 0644);
        cpio.putArchiveEntry(entry);
        cpio.closeArchiveEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** Compresses as the tools that make initramfs do. */
  public static byte[] compress(String method, byte[] plain) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      switch (method) {
        case "none" -> bytes.writeBytes(plain);
        case "gzip" -> write(new GZIPOutputStream(bytes), plain);
        case "bzip2" -> write(new BZip2CompressorOutputStream(bytes), plain);
        case "xz" -> write(new XZOutputStream(bytes, new LZMA2Options(0), XZ.CHECK_CRC32), plain);
        case "lzma" -> write(new LZMAOutputStream(bytes, new LZMA2Options(0), -1), plain);
        case "lz4" -> bytes.writeBytes(legacyLz4(plain));
        case "zstd" -> bytes.writeBytes(storedZstd(plain));
        default -> throw new IllegalArgumentException("what is '" + method + "'?");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void write(OutputStream compressor, byte[] plain) throws IOException {
    try (compressor) {
      compressor.write(plain);
    }
  }

  /** The frames of {@code lz4 -l}, the only ones the kernel knows. */
  private static byte[] legacyLz4(byte[] plain) throws IOException {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    write(new BlockLZ4CompressorOutputStream(block), plain);
    ByteBuffer frame =
        ByteBuffer.allocate(8 + block.size()).order(ByteOrder.LITTLE_ENDIAN).putInt(0x184c2102);
    return frame.putInt(block.size()).put(block.toByteArray()).array();
  }

  /** A Zstandard frame (RFC 8878) of raw blocks: what is not compressed is a valid frame, too. */
  private static byte[] storedZstd(byte[] plain) {
    int blockBytes = 1 << 16;
    int blocks = Math.max(1, (plain.length + blockBytes - 1) / blockBytes);
    ByteBuffer frame =
        ByteBuffer.allocate(9 + plain.length + 3 * blocks).order(ByteOrder.LITTLE_ENDIAN);
    // Frame_Content_Size of 4 bytes, a single segment, no checksum.
    frame.putInt(0xfd2fb528).put((byte) 0xa0).putInt(plain.length);
    for (int i = 0; i < blocks; i++) {
      int from = i * blockBytes;
      int length = Math.min(blockBytes, plain.length - from);
      int header = length << 3 | (i == blocks - 1 ? 1 : 0);
      frame.put((byte) header).put((byte) (header >> 8)).put((byte) (header >> 16));
      frame.put(plain, from, length);
    }
    return frame.array();
  }
}
