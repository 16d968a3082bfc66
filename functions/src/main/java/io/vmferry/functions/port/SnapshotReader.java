package io.vmferry.functions.port;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;

/** Completed EBS snapshots read block by block. */
public interface SnapshotReader {

  /**
   * Lists the blocks a snapshot holds, in the order of their indexes.
   *
   * @param blocks is given each block as its page arrives
   * @return the size of the snapshot's volume in GiB
   */
  long list(String snapshotId, Consumer<Block> blocks);

  /**
   * Lists blocks from an index on: as many as come at once.
   *
   * @param first the index to start at
   */
  Window list(String snapshotId, int first);

  /**
   * Reads a block and checks its SHA-256.
   *
   * @param destination has at least {@link SnapshotStore#BLOCK_SIZE} bytes remaining; filled from
   *     its position on
   */
  void read(String snapshotId, Block block, ByteBuffer destination);

  /**
   * A block of a listing.
   *
   * @param index its offset in the volume in units of 512 KiB
   * @param token what reading it takes
   */
  record Block(int index, String token) {}

  /**
   * A part of a listing.
   *
   * @param blocks the blocks in the order of their indexes
   * @param end every block below this index and from the first on is among them
   * @param volumeSizeGib the size of the snapshot's volume in GiB
   */
  record Window(List<Block> blocks, int end, long volumeSizeGib) {
    /** Copies the list. */
    public Window {
      blocks = List.copyOf(blocks);
    }
  }
}
