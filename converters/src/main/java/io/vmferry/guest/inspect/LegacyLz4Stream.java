package io.vmferry.guest.inspect;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.apache.commons.compress.compressors.lz4.BlockLZ4CompressorInputStream;

/**
 * The legacy frames of LZ4, the ones the kernel reads: a magic number, then blocks of a length and
 * up to 8 MiB each. A frame ends where no block's length is.
 */
final class LegacyLz4Stream extends InputStream {
  private static final int MAGIC = 0x184c2102;
  private static final int MAX_BLOCK = 8 << 20;

  /** What 8 MiB that do not compress take. */
  private static final int MAX_COMPRESSED = MAX_BLOCK + MAX_BLOCK / 255 + 16;

  private final GuestFileStream file;
  private InputStream block = InputStream.nullInputStream();
  private boolean ended;

  /** A stream of the frame at the file's position. */
  LegacyLz4Stream(GuestFileStream file) {
    this.file = file;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    while (true) {
      int count = block.read(bytes, offset, length);
      if (count >= 0) {
        return count;
      }
      if (ended || !nextBlock()) {
        return -1;
      }
    }
  }

  private boolean nextBlock() throws IOException {
    long start = file.position();
    byte[] word = file.readNBytes(4);
    int size = word.length < 4 ? 0 : littleEndian(word);
    if (size == MAGIC) {
      return nextBlock(file.position());
    }
    if (size <= 0 || size > MAX_COMPRESSED || size > file.left()) {
      file.seek(start);
      ended = true;
      return false;
    }
    byte[] compressed = file.readNBytes(size);
    block = new BlockLZ4CompressorInputStream(new ByteArrayInputStream(compressed));
    return true;
  }

  /** A block behind a magic number: a frame of none ends there. */
  private boolean nextBlock(long start) throws IOException {
    byte[] word = file.readNBytes(4);
    int size = word.length < 4 ? 0 : littleEndian(word);
    if (size <= 0 || size > MAX_COMPRESSED || size > file.left()) {
      file.seek(start);
      ended = true;
      return false;
    }
    file.seek(start);
    return nextBlock();
  }

  private static int littleEndian(byte[] word) {
    return Byte.toUnsignedInt(word[0])
        | Byte.toUnsignedInt(word[1]) << 8
        | Byte.toUnsignedInt(word[2]) << 16
        | word[3] << 24;
  }
}
