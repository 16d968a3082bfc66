package io.vmferry.functions.fake;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.SnapshotReader;
import io.vmferry.functions.port.SnapshotStore;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;

/** Reads the completed snapshots of an {@link InMemorySnapshotStore}. */
public final class InMemorySnapshotReader implements SnapshotReader {
  private final InMemorySnapshotStore store;
  private final Faults faults = new Faults();

  /** A reader of that store's snapshots. */
  public InMemorySnapshotReader(InMemorySnapshotStore store) {
    this.store = store;
  }

  /** Failures of the operations {@code list}, {@code read}. */
  public Faults faults() {
    return faults;
  }

  @Override
  public long list(String snapshotId, Consumer<Block> blocks) {
    faults.check("list");
    requireCompleted(snapshotId);
    store
        .blocks(snapshotId)
        .keySet()
        .forEach(index -> blocks.accept(new Block(index, token(snapshotId, index))));
    return store.request(snapshotId).volumeSizeGib();
  }

  /** Two blocks at once, so that small disks take several listings. */
  @Override
  public Window list(String snapshotId, int first) {
    faults.check("list");
    requireCompleted(snapshotId);
    List<Block> from =
        store.blocks(snapshotId).keySet().stream()
            .filter(index -> index >= first)
            .sorted()
            .map(index -> new Block(index, token(snapshotId, index)))
            .toList();
    List<Block> some = from.subList(0, Math.min(2, from.size()));
    int end = some.size() == from.size() ? Integer.MAX_VALUE : some.getLast().index() + 1;
    return new Window(some, end, store.request(snapshotId).volumeSizeGib());
  }

  @Override
  public void read(String snapshotId, Block block, ByteBuffer destination) {
    faults.check("read");
    requireCompleted(snapshotId);
    byte[] content = store.blocks(snapshotId).get(block.index());
    if (content == null || !block.token().equals(token(snapshotId, block.index()))) {
      throw new VmferryException(
          ErrorCode.INTERNAL,
          "block %d of %s is not read by that token".formatted(block.index(), snapshotId));
    }
    destination.put(content);
  }

  private void requireCompleted(String snapshotId) {
    if (store.state(snapshotId) != SnapshotStore.State.COMPLETED) {
      throw new VmferryException(
          ErrorCode.SNAPSHOT_NOT_FOUND, "snapshot %s is not completed".formatted(snapshotId));
    }
  }

  private static String token(String snapshotId, int index) {
    return snapshotId + ":" + index;
  }
}
