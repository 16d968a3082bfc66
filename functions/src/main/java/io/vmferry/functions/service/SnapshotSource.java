package io.vmferry.functions.service;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.functions.port.SnapshotReader;
import io.vmferry.functions.port.SnapshotReader.Block;
import io.vmferry.functions.port.SnapshotReader.Window;
import io.vmferry.functions.port.SnapshotStore;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The volume of a completed EBS snapshot. Its blocks are listed where they are read, and a few
 * listings and blocks are kept: of a volume of any size, no more than some 16 MiB. A block that the
 * snapshot does not hold is zero.
 *
 * <p>Safe for use by many threads at once.
 */
final class SnapshotSource implements ByteSource {
  private static final int BLOCK = SnapshotStore.BLOCK_SIZE;
  private static final int KEPT_WINDOWS = 2;
  private static final int KEPT_BLOCKS = 8;

  private final SnapshotReader snapshots;
  private final String id;
  private final long size;

  /** Listings by their first index. */
  private final TreeMap<Integer, Listed> windows = new TreeMap<>();

  private final Map<Integer, byte[]> blocks = new Recent<>(KEPT_BLOCKS);

  private record Listed(NavigableMap<Integer, Block> blocks, int end) {}

  /** Keeps what was used last. */
  private static final class Recent<K, V> extends LinkedHashMap<K, V> {
    private static final long serialVersionUID = 1L;
    private final int most;

    Recent(int most) {
      super(16, 0.75f, true);
      this.most = most;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
      return size() > most;
    }
  }

  SnapshotSource(SnapshotReader snapshots, String id, long size) {
    this.snapshots = snapshots;
    this.id = id;
    this.size = size;
  }

  @Override
  public String name() {
    return id;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void readFully(long position, ByteBuffer destination) throws IOException {
    if (position < 0 || destination.remaining() > size - position) {
      throw new EOFException(
          "%s has %d bytes; %d at %d were asked for"
              .formatted(id, size, destination.remaining(), position));
    }
    long at = position;
    while (destination.hasRemaining()) {
      int index = Math.toIntExact(at / BLOCK);
      int offset = (int) (at % BLOCK);
      int length = Math.min(BLOCK - offset, destination.remaining());
      byte @Nullable [] block = block(index);
      if (block == null) {
        destination.put(new byte[length]);
      } else {
        destination.put(block, offset, length);
      }
      at += length;
    }
  }

  /** A block's content; null if the snapshot does not hold it. */
  private byte @Nullable [] block(int index) {
    synchronized (blocks) {
      byte[] kept = blocks.get(index);
      if (kept != null) {
        return kept;
      }
    }
    Block listed = listed(index);
    if (listed == null) {
      return null;
    }
    byte[] content = new byte[BLOCK];
    snapshots.read(id, listed, ByteBuffer.wrap(content));
    synchronized (blocks) {
      blocks.put(index, content);
    }
    return content;
  }

  private @Nullable Block listed(int index) {
    return window(index).blocks().get(index);
  }

  /**
   * The first block from an index on that the snapshot holds.
   *
   * @param limit how far to look
   * @return its index; {@code limit} if there is none below it
   */
  int nextHeld(int index, int limit) {
    int at = index;
    while (at < limit) {
      Listed window = window(at);
      Integer held = window.blocks().ceilingKey(at);
      if (held != null) {
        return Math.min(held, limit);
      }
      at = window.end();
    }
    return limit;
  }

  /** Whether the snapshot holds a block. */
  boolean holds(int index) {
    return listed(index) != null;
  }

  /** The listing that an index is in. */
  private Listed window(int index) {
    synchronized (windows) {
      Map.Entry<Integer, Listed> before = windows.floorEntry(index);
      if (before != null && index < before.getValue().end()) {
        return before.getValue();
      }
      Window window = snapshots.list(id, index);
      NavigableMap<Integer, Block> byIndex = new TreeMap<>();
      window.blocks().forEach(block -> byIndex.put(block.index(), block));
      if (windows.size() >= KEPT_WINDOWS) {
        windows.pollFirstEntry();
      }
      Listed listed = new Listed(byIndex, window.end());
      windows.put(index, listed);
      return listed;
    }
  }

  @Override
  public void close() {}
}
