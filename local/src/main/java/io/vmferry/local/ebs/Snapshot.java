package io.vmferry.local.ebs;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.vmferry.local.ebs.SnapshotRecord.State;
import io.vmferry.local.state.AtomicFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot: its record and, once they are needed, its files. Writing blocks shares the lock;
 * whatever changes the state excludes them, so that nothing is written to a snapshot that has been
 * sealed.
 */
final class Snapshot {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String RECORD_FILE = "metadata.json";

  private final Path directory;
  private final boolean flush;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private final AtomicLong lastActivityMillis;
  private volatile SnapshotRecord record;
  private volatile @Nullable BlockFiles files;
  private boolean closed;

  private Snapshot(Path directory, SnapshotRecord record, long lastActivityMillis, boolean flush) {
    this.flush = flush;
    this.directory = directory;
    this.record = record;
    this.lastActivityMillis = new AtomicLong(lastActivityMillis);
  }

  /** Makes a snapshot; {@code flush} tells whether its data is to be on the disk in the end. */
  static Snapshot create(Path directory, SnapshotRecord record, boolean flush) throws IOException {
    Files.createDirectories(directory);
    Snapshot snapshot = new Snapshot(directory, record, record.startMillis(), flush);
    snapshot.save(record);
    return snapshot;
  }

  /** Opens the snapshot of a directory; null if its making was cut short. */
  static @Nullable Snapshot load(Path directory, long nowMillis, boolean flush) throws IOException {
    Path file = directory.resolve(RECORD_FILE);
    if (!Files.exists(file)) {
      return null;
    }
    SnapshotRecord record = JSON.readValue(Files.readAllBytes(file), SnapshotRecord.class);
    long written = Math.min(BlockFiles.lastWritten(directory), nowMillis);
    return new Snapshot(directory, record, Math.max(record.startMillis(), written), flush);
  }

  SnapshotRecord record() {
    return record;
  }

  ReadWriteLock lock() {
    return lock;
  }

  long lastActivityMillis() {
    return lastActivityMillis.get();
  }

  void active(long nowMillis) {
    lastActivityMillis.accumulateAndGet(nowMillis, Math::max);
  }

  /** Notes the progress the writer reports; kept with the next change of the record. */
  synchronized void progress(int percent) {
    record = record.withProgress(percent);
  }

  /** Changes the record and saves it. */
  synchronized SnapshotRecord change(UnaryOperator<SnapshotRecord> change) {
    SnapshotRecord next = change.apply(record);
    try {
      save(next);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    record = next;
    return next;
  }

  private void save(SnapshotRecord next) throws IOException {
    AtomicFiles.write(directory.resolve(RECORD_FILE), JSON.writeValueAsBytes(next));
  }

  BlockFiles files() {
    BlockFiles open = files;
    return open != null ? open : openFiles();
  }

  private synchronized BlockFiles openFiles() {
    if (closed) {
      throw new IllegalStateException("snapshot " + record.id() + " is closed");
    }
    BlockFiles open = files;
    if (open == null) {
      try {
        open = BlockFiles.open(directory, record.blocks(), flush);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      files = open;
    }
    return open;
  }

  /** Whether blocks of its own count: those of a snapshot in error do not. */
  boolean hasBlocks() {
    return record.state() != State.ERROR;
  }

  synchronized void close() throws IOException {
    closed = true;
    BlockFiles open = files;
    files = null;
    if (open != null) {
      open.close();
    }
  }

  /** Closes the files and deletes the directory. */
  void erase() throws IOException {
    close();
    // The record goes first: a directory without one is what an interrupted start leaves.
    Files.deleteIfExists(directory.resolve(RECORD_FILE));
    eraseDirectory(directory);
  }

  static void eraseDirectory(Path directory) throws IOException {
    try (var entries = Files.list(directory)) {
      for (Path entry : entries.toList()) {
        Files.deleteIfExists(entry);
      }
    }
    Files.deleteIfExists(directory);
  }
}
