package io.vmferry.disk.vhdx;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.vmferry.disk.block.ImageWalk;
import io.vmferry.disk.block.SparseSource;
import io.vmferry.disk.io.ByteArraySource;
import io.vmferry.disk.io.ByteSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Hostile VHDX images: see {@link ImageWalk}. */
class VhdxFuzzTest {
  private static final int SECTOR = 4096;
  private static final List<Structure> STRUCTURES = List.of(Structure.values());

  /** An image with a dirty log, of which the bytes change structures. */
  private static final SparseSource BASE = base();

  /** Any bytes at all. */
  @FuzzTest(maxDuration = "1m")
  void readsAnyBytes(byte[] bytes) {
    ImageWalk.walk(new VhdxFormat(), new ByteArraySource("fuzz", bytes));
  }

  /** A valid image in which structures are changed as {@link Script} has it. */
  @FuzzTest(maxDuration = "5m")
  void readsAnImageWithChangedStructures(byte[] bytes) {
    ImageWalk.walk(new VhdxFormat(), new Script(ByteBuffer.wrap(bytes)).run());
  }

  private static SparseSource base() {
    VhdxBuilder builder = HandWrittenVhdxTest.builder(512);
    SparseSource file = builder.build();
    new LogWriter(file)
        .zeros(5L << 20, 8192)
        .sector(VhdxBuilder.TABLE, builder.tableSector(0))
        .write()
        .sector(6L << 20, HandWrittenVhdxTest.content(1, SECTOR))
        .zeros(7L << 20, SECTOR)
        .write();
    return file;
  }

  /** The structures that can be changed; those with a checksum get the right one afterwards. */
  private enum Structure {
    FIRST_HEADER(VhdxBuilder.HEADER_1, SECTOR, true),
    SECOND_HEADER(VhdxBuilder.HEADER_2, SECTOR, true),
    REGIONS(VhdxBuilder.REGIONS_1, 64 << 10, true),
    METADATA(VhdxBuilder.METADATA, SECTOR, false),
    ITEMS(VhdxBuilder.METADATA + (64 << 10), SECTOR, false),
    TABLE(VhdxBuilder.TABLE, SECTOR, false),
    FIRST_LOG_ENTRY(VhdxBuilder.LOG, 2 * SECTOR, true),
    SECOND_LOG_ENTRY(VhdxBuilder.LOG + 2 * SECTOR, 2 * SECTOR, true);

    final long offset;
    final int length;
    final boolean sealed;

    Structure(long offset, int length, boolean sealed) {
      this.offset = offset;
      this.length = length;
      this.sealed = sealed;
    }
  }

  /**
   * Changes of four bytes and more each: the structure, where in it (16 bits), how many bytes, the
   * bytes. A structure beyond the list cuts the file off at that many 256 bytes.
   */
  private static final class Script {
    private final ByteBuffer bytes;
    private final Map<Structure, byte[]> changed = new HashMap<>();
    private long size = BASE.size();

    Script(ByteBuffer bytes) {
      this.bytes = bytes;
    }

    ByteSource run() {
      while (bytes.remaining() >= 4) {
        int structure = Byte.toUnsignedInt(bytes.get()) % (STRUCTURES.size() + 1);
        int at = Short.toUnsignedInt(bytes.getShort());
        int length = Math.min(Byte.toUnsignedInt(bytes.get()), bytes.remaining());
        if (structure == STRUCTURES.size()) {
          size = Math.min(BASE.size(), at * 256L);
        } else {
          change(STRUCTURES.get(structure), at, length);
        }
      }
      changed.forEach(
          (structure, content) -> {
            if (structure.sealed) {
              VhdxBuilder.seal(content);
            }
          });
      return new ChangedSource(changed, size);
    }

    private void change(Structure structure, int at, int length) {
      byte[] content = changed.computeIfAbsent(structure, Script::original);
      for (int i = 0; i < length; i++) {
        content[(at + i) % content.length] = bytes.get();
      }
    }

    private static byte[] original(Structure structure) {
      byte[] content = new byte[structure.length];
      try {
        BASE.readFully(structure.offset, ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN));
      } catch (IOException e) {
        throw new AssertionError(e);
      }
      return content;
    }
  }

  /** The image with changed structures over it. */
  private record ChangedSource(Map<Structure, byte[]> changed, long size) implements ByteSource {
    @Override
    public String name() {
      return "fuzz";
    }

    @Override
    public void readFully(long position, ByteBuffer destination) throws IOException {
      checkRange(position, destination.remaining());
      int start = destination.position();
      long end = position + destination.remaining();
      BASE.readFully(position, destination);
      changed.forEach(
          (structure, content) -> {
            long from = Math.max(position, structure.offset);
            long to = Math.min(end, structure.offset + content.length);
            if (from < to) {
              destination.put(
                  start + (int) (from - position),
                  content,
                  (int) (from - structure.offset),
                  (int) (to - from));
            }
          });
    }

    @Override
    public void close() {}
  }
}
