package io.vmferry.guest.inspect;

import java.io.IOException;

/**
 * Finds where a run of Zstandard frames (RFC 8878, section 3.1) ends, by their block headers,
 * without decompressing: decompressors read on behind their frames.
 */
final class ZstdFrames {
  private static final int MAGIC = 0xfd2fb528;
  private static final int SKIPPABLE = 0x184d2a50;
  private static final int MAX_BLOCK = 128 << 10;
  private static final int[] DICTIONARY_BYTES = {0, 1, 2, 4};
  private static final int[] SIZE_BYTES = {0, 2, 4, 8};

  private ZstdFrames() {}

  /** The position behind the last of the frames at the file's position, which it moves. */
  static long end(GuestFileStream file) throws IOException {
    while (true) {
      long start = file.position();
      if (file.left() < 4) {
        return start;
      }
      int magic = (int) number(file, 4);
      if (magic == MAGIC) {
        skipFrame(file);
      } else if ((magic & ~0xf) == SKIPPABLE) {
        skip(file, number(file, 4));
      } else {
        return start;
      }
    }
  }

  private static void skipFrame(GuestFileStream file) throws IOException {
    int descriptor = (int) number(file, 1);
    boolean single = (descriptor & 0x20) != 0;
    int sizeFlag = descriptor >> 6;
    int sizeBytes = sizeFlag == 0 && single ? 1 : SIZE_BYTES[sizeFlag];
    skip(file, (single ? 0 : 1) + DICTIONARY_BYTES[descriptor & 3] + sizeBytes);
    boolean last = false;
    while (!last) {
      int header = (int) number(file, 3);
      last = (header & 1) != 0;
      int type = (header >> 1) & 3;
      int bytes = header >> 3;
      if (type == 3 || (type != 1 && bytes > MAX_BLOCK)) {
        throw new IOException("a Zstandard block of type %d with %d bytes".formatted(type, bytes));
      }
      skip(file, type == 1 ? 1 : bytes);
    }
    skip(file, (descriptor & 0x4) != 0 ? 4 : 0);
  }

  private static void skip(GuestFileStream file, long bytes) throws IOException {
    if (bytes > file.left()) {
      throw new IOException("a Zstandard frame is cut off");
    }
    file.seek(file.position() + bytes);
  }

  private static long number(GuestFileStream file, int bytes) throws IOException {
    long number = 0;
    for (int i = 0; i < bytes; i++) {
      int next = file.read();
      if (next < 0) {
        throw new IOException("a Zstandard frame is cut off");
      }
      number |= (long) next << (8 * i);
    }
    return number;
  }
}
