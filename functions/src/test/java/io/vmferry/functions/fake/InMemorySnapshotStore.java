package io.vmferry.functions.fake;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.SnapshotStore;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Snapshots in memory, as strict as EBS: a wrong checksum, a block after completion or a wrong
 * count is refused. Written blocks are kept.
 */
public final class InMemorySnapshotStore implements SnapshotStore {
  private final Map<String, Snapshot> snapshots = new HashMap<>();
  private final Map<String, String> tokens = new HashMap<>();
  private final Faults faults = new Faults();
  private int pollsUntilCompleted;
  private int started;

  private static final class Snapshot {
    final Request request;
    final SortedMap<Integer, byte[]> blocks = new TreeMap<>();
    State state = State.PENDING;
    int pollsLeft;
    int puts;
    @Nullable Ending ending;

    Snapshot(Request request) {
      this.request = request;
    }
  }

  private record Ending(int changedBlocks, List<Byte> checksum) {}

  /**
   * Failures of the operations {@code start}, {@code putBlock}, {@code complete}, {@code state},
   * {@code delete}, {@code findByTask}.
   */
  public Faults faults() {
    return faults;
  }

  /** Makes snapshots stay pending for that many calls of {@link #state} after they are ended. */
  public synchronized void completeAfter(int polls) {
    pollsUntilCompleted = polls;
  }

  /** Ends a snapshot with an error, as EBS may. */
  public synchronized void fail(String snapshotId) {
    get(snapshotId).state = State.ERROR;
  }

  /** The ids of all snapshots there are. */
  public synchronized List<String> ids() {
    return snapshots.keySet().stream().sorted().toList();
  }

  /** What a snapshot was started with. */
  public synchronized Request request(String snapshotId) {
    return get(snapshotId).request;
  }

  /** The blocks of a snapshot by their indexes. */
  public synchronized SortedMap<Integer, byte[]> blocks(String snapshotId) {
    return new TreeMap<>(get(snapshotId).blocks);
  }

  /** How many calls wrote a block of the snapshot, rewriting included. */
  public synchronized int puts(String snapshotId) {
    return get(snapshotId).puts;
  }

  @Override
  public synchronized String start(Request request) {
    faults.check("start");
    String earlier = tokens.get(request.clientToken());
    if (earlier != null) {
      Snapshot snapshot = snapshots.get(earlier);
      if (snapshot == null || !snapshot.request.equals(request)) {
        throw new VmferryException(
            ErrorCode.CLIENT_TOKEN_CONFLICT,
            "client token '%s' started snapshot %s with other parameters"
                .formatted(request.clientToken(), earlier));
      }
      return earlier;
    }
    if (request.volumeSizeGib() < 1 || request.volumeSizeGib() > 65_536) {
      throw new VmferryException(
          ErrorCode.INTERNAL,
          "volume size %d GiB is not from 1 to 65,536".formatted(request.volumeSizeGib()));
    }
    String id = "snap-%017x".formatted(++started);
    snapshots.put(id, new Snapshot(request));
    tokens.put(request.clientToken(), id);
    return id;
  }

  @Override
  public synchronized void putBlock(String snapshotId, int index, ByteBuffer block, byte[] sha256) {
    faults.check("putBlock");
    Snapshot snapshot = pending(snapshotId);
    long blocks = snapshot.request.volumeSizeGib() * ((1L << 30) / BLOCK_SIZE);
    if (index < 0 || index >= blocks) {
      throw new VmferryException(
          ErrorCode.INTERNAL,
          "block %d is not in the snapshot's volume of %d blocks".formatted(index, blocks));
    }
    if (block.remaining() != BLOCK_SIZE) {
      throw new VmferryException(
          ErrorCode.INTERNAL,
          "block %d has %d bytes instead of %d".formatted(index, block.remaining(), BLOCK_SIZE));
    }
    byte[] content = new byte[BLOCK_SIZE];
    block.get(block.position(), content);
    if (!MessageDigest.isEqual(sha256().digest(content), sha256)) {
      throw new VmferryException(
          ErrorCode.INTERNAL, "block %d does not have the SHA-256 given".formatted(index));
    }
    snapshot.blocks.put(index, content);
    snapshot.puts++;
  }

  @Override
  public synchronized void complete(String snapshotId, int changedBlocks, byte[] checksum) {
    faults.check("complete");
    Snapshot snapshot = get(snapshotId);
    Ending ending = new Ending(changedBlocks, boxed(checksum));
    if (ending.equals(snapshot.ending)) {
      return;
    }
    pending(snapshotId);
    if (changedBlocks != snapshot.blocks.size()) {
      throw new VmferryException(
          ErrorCode.INTERNAL,
          "snapshot %s has %d blocks, not %d"
              .formatted(snapshotId, snapshot.blocks.size(), changedBlocks));
    }
    MessageDigest all = sha256();
    for (byte[] content : snapshot.blocks.values()) {
      all.update(sha256().digest(content));
    }
    if (!MessageDigest.isEqual(all.digest(), checksum)) {
      throw new VmferryException(
          ErrorCode.INTERNAL, "snapshot %s does not have the checksum given".formatted(snapshotId));
    }
    snapshot.ending = ending;
    snapshot.pollsLeft = pollsUntilCompleted;
  }

  @Override
  public synchronized State state(String snapshotId) {
    faults.check("state");
    Snapshot snapshot = get(snapshotId);
    if (snapshot.ending != null && snapshot.state == State.PENDING && snapshot.pollsLeft-- <= 0) {
      snapshot.state = State.COMPLETED;
    }
    return snapshot.state;
  }

  @Override
  public synchronized void delete(String snapshotId) {
    faults.check("delete");
    snapshots.remove(snapshotId);
  }

  @Override
  public synchronized List<String> findByTask(String taskId) {
    faults.check("findByTask");
    return snapshots.entrySet().stream()
        .filter(entry -> taskId.equals(entry.getValue().request.tags().get(TASK_TAG)))
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }

  private Snapshot get(String id) {
    Snapshot snapshot = snapshots.get(id);
    if (snapshot == null) {
      throw new VmferryException(
          ErrorCode.SNAPSHOT_NOT_FOUND, "there is no snapshot '%s'".formatted(id));
    }
    return snapshot;
  }

  private Snapshot pending(String id) {
    Snapshot snapshot = get(id);
    if (snapshot.ending != null || snapshot.state != State.PENDING) {
      throw new VmferryException(
          ErrorCode.SNAPSHOT_NOT_FOUND, "snapshot %s is not written to any more".formatted(id));
    }
    return snapshot;
  }

  private static List<Byte> boxed(byte[] bytes) {
    return IntStream.range(0, bytes.length).mapToObj(i -> bytes[i]).toList();
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
