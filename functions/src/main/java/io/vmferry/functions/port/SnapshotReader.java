package io.vmferry.functions.port;

import java.nio.ByteBuffer;
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
}
