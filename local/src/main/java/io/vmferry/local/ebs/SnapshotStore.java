package io.vmferry.local.ebs;

import io.vmferry.local.ebs.SnapshotRecord.State;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.Lock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The snapshots of the state directory, one directory each, and the rules of their lives. EC2's
 * side of them is here as well: finding, tagging, deleting. Safe for use by many threads.
 */
public final class SnapshotStore implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotStore.class);

  private final Path root;
  private final Clock clock;
  private final EbsOptions options;
  private final SecureRandom random = new SecureRandom();
  private final Map<String, Snapshot> snapshots = new ConcurrentHashMap<>();
  private final Object startLock = new Object();
  private final Queue<Future<?>> unfinished = new ConcurrentLinkedQueue<>();
  private final ExecutorService completions = Executors.newVirtualThreadPerTaskExecutor();

  /**
   * Opens the snapshots of a directory. A snapshot whose completion had been granted when the last
   * process died is completed.
   */
  public SnapshotStore(Path root, Clock clock, EbsOptions options) throws IOException {
    this.root = Files.createDirectories(root);
    this.clock = clock;
    this.options = options;
    try (var entries = Files.list(root)) {
      for (Path directory : entries.filter(Files::isDirectory).toList()) {
        Snapshot snapshot = Snapshot.load(directory, clock.millis(), options.flush());
        if (snapshot == null) {
          Snapshot.eraseDirectory(directory);
        } else {
          snapshots.put(snapshot.record().id(), snapshot);
        }
      }
    }
    for (Snapshot snapshot : snapshots.values()) {
      if (snapshot.record().state() == State.SEALED) {
        finishLater(snapshot);
      }
    }
  }

  /** The account that owns the snapshots. */
  public String accountId() {
    return options.accountId();
  }

  /** All snapshots there are, in the order they were started. */
  public List<SnapshotRecord> all() {
    List<SnapshotRecord> all = new ArrayList<>();
    for (Snapshot snapshot : snapshots.values()) {
      expire(snapshot);
      if (snapshot.record().state() != State.DELETED) {
        all.add(snapshot.record());
      }
    }
    all.sort(
        Comparator.comparingLong(SnapshotRecord::startMillis).thenComparing(SnapshotRecord::id));
    return all;
  }

  /** A snapshot's record; empty if there is none of that id. */
  public Optional<SnapshotRecord> find(String id) {
    return lookup(id).map(Snapshot::record);
  }

  /**
   * Changes a snapshot's tags.
   *
   * @return whether there is such a snapshot
   */
  public boolean tag(String id, UnaryOperator<Map<String, String>> change) {
    Optional<Snapshot> snapshot = lookup(id);
    snapshot.ifPresent(
        found -> found.change(record -> record.withTags(change.apply(record.tags()))));
    return snapshot.isPresent();
  }

  /**
   * Deletes a snapshot. Its blocks stay as long as a snapshot started from it needs them.
   *
   * @return whether there was such a snapshot
   */
  public boolean delete(String id) {
    Optional<Snapshot> found = lookup(id);
    if (found.isEmpty()) {
      return false;
    }
    Snapshot snapshot = found.get();
    Lock lock = snapshot.lock().writeLock();
    lock.lock();
    try {
      if (snapshot.record().state() == State.DELETED) {
        return false;
      }
      snapshot.change(record -> record.with(State.DELETED, null));
    } finally {
      lock.unlock();
    }
    synchronized (startLock) {
      eraseUnneeded(snapshot);
    }
    return true;
  }

  private void eraseUnneeded(@Nullable Snapshot snapshot) {
    Snapshot candidate = snapshot;
    while (candidate != null && candidate.record().state() == State.DELETED) {
      String id = candidate.record().id();
      if (snapshots.values().stream().anyMatch(s -> id.equals(s.record().parentId()))) {
        return;
      }
      String parentId = candidate.record().parentId();
      snapshots.remove(id);
      try {
        candidate.erase();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      candidate = parentId == null ? null : snapshots.get(parentId);
    }
  }

  SnapshotRecord start(StartSnapshotCall call, int pendingAllowed) throws IOException {
    synchronized (startLock) {
      String token = call.clientToken();
      if (token != null) {
        Optional<SnapshotRecord> earlier = ofToken(token);
        if (earlier.isPresent()) {
          if (!call.fingerprint().equals(earlier.get().requestFingerprint())) {
            throw EbsException.conflict(
                "The client token '" + token + "' was used with other parameters");
          }
          return earlier.get();
        }
      }
      long pending = all().stream().filter(record -> record.status().equals("pending")).count();
      if (pending >= pendingAllowed) {
        throw EbsException.quotaExceeded("There are " + pending + " pending snapshots");
      }
      SnapshotRecord record = newRecord(call);
      Snapshot snapshot = Snapshot.create(root.resolve(record.id()), record, options.flush());
      snapshots.put(record.id(), snapshot);
      return record;
    }
  }

  private Optional<SnapshotRecord> ofToken(String token) {
    return snapshots.values().stream()
        .map(Snapshot::record)
        .filter(record -> token.equals(record.clientToken()) && record.state() != State.DELETED)
        .findFirst();
  }

  private SnapshotRecord newRecord(StartSnapshotCall call) {
    Optional<SnapshotRecord> parent = Optional.empty();
    String parentId = call.parentId();
    if (parentId != null) {
      parent = Optional.of(get(parentId).record());
      checkParent(parent.get(), call);
    }
    Encryption encryption = Encryption.of(call, parent, options);
    return new SnapshotRecord(
        newId(),
        call.volumeSize(),
        State.PENDING,
        null,
        clock.millis(),
        0,
        call.description(),
        parentId,
        encryption.encrypted(),
        encryption.kmsKeyArn(),
        call.clientToken(),
        call.fingerprint(),
        call.timeoutMinutes(),
        0,
        call.tags());
  }

  private static void checkParent(SnapshotRecord parent, StartSnapshotCall call) {
    if (parent.state() != State.COMPLETED) {
      throw EbsException.validation(
          "INVALID_SNAPSHOT_ID",
          "The parent snapshot is in state '" + parent.status() + "', not 'completed'");
    }
    if (call.volumeSize() < parent.volumeSize()) {
      throw EbsException.validation(
          "INVALID_VOLUME_SIZE",
          "VolumeSize "
              + call.volumeSize()
              + " is smaller than the parent snapshot's "
              + parent.volumeSize());
    }
  }

  private String newId() {
    byte[] bytes = new byte[9];
    random.nextBytes(bytes);
    // 17 digits, the first of them 0, as EC2 gives them.
    return "snap-0" + HexFormat.of().formatHex(bytes).substring(0, 16);
  }

  /** Refuses blocks of a snapshot that does not take them, before their bytes are read. */
  void checkWritable(String id, int block) {
    Snapshot snapshot = get(id);
    requirePending(snapshot.record());
    if (block < 0 || block >= snapshot.record().blocks()) {
      throw EbsException.validation(
          "INVALID_BLOCK",
          "BlockIndex "
              + block
              + " is not within the volume's "
              + snapshot.record().blocks()
              + " blocks");
    }
  }

  /** Writes a block whose checksum has been verified. */
  void put(String id, int block, byte[] bytes, byte[] checksum, int progress) throws IOException {
    checkWritable(id, block);
    Snapshot snapshot = get(id);
    Lock lock = snapshot.lock().readLock();
    lock.lock();
    try {
      requirePending(snapshot.record());
      snapshot.files().write(block, bytes, checksum);
      snapshot.active(clock.millis());
      if (progress >= 0) {
        snapshot.progress(progress);
      }
    } finally {
      lock.unlock();
    }
  }

  private static void requirePending(SnapshotRecord record) {
    if (record.state() != State.PENDING) {
      String state = record.state() == State.SEALED ? "completed" : record.status();
      throw EbsException.validation(
          "INVALID_SNAPSHOT_ID",
          "The snapshot '" + record.id() + "' is in state '" + state + "', not 'pending'");
    }
  }

  /** Checks what was written against the caller's count and checksum, and seals the snapshot. */
  SnapshotRecord complete(String id, long changedBlocks, byte @Nullable [] checksum)
      throws IOException {
    Snapshot snapshot = get(id);
    Lock lock = snapshot.lock().writeLock();
    lock.lock();
    try {
      requirePending(snapshot.record());
      BlockFiles files = snapshot.files();
      int written = files.written().cardinality();
      if (written != changedBlocks) {
        throw EbsException.invalidParameter(
            "ChangedBlocksCount is " + changedBlocks + ", but " + written + " blocks were written");
      }
      if (checksum != null && !MessageDigest.isEqual(checksum, files.linearChecksum())) {
        throw EbsException.invalidParameter(
            "Checksum is not the aggregated checksum of the blocks written");
      }
      SnapshotRecord sealed = snapshot.change(record -> record.with(State.SEALED, null));
      finishLater(snapshot);
      return sealed;
    } finally {
      lock.unlock();
    }
  }

  private void finishLater(Snapshot snapshot) {
    unfinished.add(completions.submit(() -> finish(snapshot)));
    unfinished.removeIf(Future::isDone);
  }

  /** Waits until all completions granted so far have been carried out. */
  public void awaitCompletions() {
    for (Future<?> completion : unfinished) {
      try {
        completion.get();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (ExecutionException e) {
        throw new IllegalStateException("a snapshot could not be completed", e.getCause());
      }
    }
  }

  private void finish(Snapshot snapshot) {
    try {
      if (options.flush()) {
        snapshot.files().force();
      }
      Lock lock = snapshot.lock().writeLock();
      lock.lock();
      try {
        if (snapshot.record().state() == State.SEALED) {
          snapshot.change(record -> record.completed(clock.millis()));
        }
      } finally {
        lock.unlock();
      }
    } catch (IOException | RuntimeException e) {
      LOG.error("Snapshot {} cannot be completed", snapshot.record().id(), e);
    }
  }

  /** The snapshot and those it is made upon, itself first; all its blocks are in these. */
  Lineage lineage(String id) {
    Snapshot snapshot = get(id);
    SnapshotRecord record = snapshot.record();
    if (record.state() != State.COMPLETED) {
      throw EbsException.validation(
          "INVALID_SNAPSHOT_ID",
          "The snapshot '" + id + "' is in state '" + record.status() + "', not 'completed'");
    }
    List<Snapshot> chain = new ArrayList<>();
    Snapshot next = snapshot;
    while (next != null) {
      chain.add(next);
      String parentId = next.record().parentId();
      next = parentId == null ? null : snapshots.get(parentId);
    }
    return new Lineage(List.copyOf(chain));
  }

  /** A block of a snapshot with its SHA-256 in base64. */
  record BlockContent(ByteBuffer data, String checksum) {}

  BlockContent read(String id, int block) throws IOException {
    Snapshot owner = lineage(id).owner(block);
    if (owner == null) {
      throw EbsException.validation(
          "INVALID_BLOCK", "The snapshot '" + id + "' has no block " + block);
    }
    String checksum = Base64.getEncoder().encodeToString(owner.files().checksum(block));
    return new BlockContent(owner.files().read(block), checksum);
  }

  private Snapshot get(String id) {
    return lookup(id).orElseThrow(() -> EbsException.snapshotNotFound(id));
  }

  private Optional<Snapshot> lookup(String id) {
    Snapshot snapshot = snapshots.get(id);
    if (snapshot == null) {
      return Optional.empty();
    }
    expire(snapshot);
    return snapshot.record().state() == State.DELETED ? Optional.empty() : Optional.of(snapshot);
  }

  /** Gives a pending snapshot up when nothing was written to it for its timeout. */
  private void expire(Snapshot snapshot) {
    if (!expired(snapshot)) {
      return;
    }
    Lock lock = snapshot.lock().writeLock();
    lock.lock();
    try {
      if (expired(snapshot)) {
        snapshot.change(
            record ->
                record.with(
                    State.ERROR,
                    "Not completed within "
                        + record.timeoutMinutes()
                        + " minutes of the last write"));
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean expired(Snapshot snapshot) {
    SnapshotRecord record = snapshot.record();
    return record.state() == State.PENDING
        && clock.millis() - snapshot.lastActivityMillis() >= record.timeout().toMillis();
  }

  @Override
  public void close() throws IOException {
    completions.close();
    for (Snapshot snapshot : snapshots.values()) {
      snapshot.close();
    }
  }
}
