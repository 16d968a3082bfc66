package io.vmferry.cli.snapshot;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.SnapshotReader;
import io.vmferry.functions.port.SnapshotReader.Block;
import io.vmferry.functions.port.SnapshotStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;

/**
 * Reads a snapshot's blocks, several at once, and writes them in their order. Holds 32 blocks (16
 * MiB) at most, however large the snapshot is.
 */
public final class SnapshotCopy {
  private static final int BLOCKS_AHEAD = 32;
  private static final long GIB = 1L << 30;

  private final SnapshotReader reader;
  private final LongConsumer copied;

  /**
   * A copy.
   *
   * @param copied is told how many bytes of the volume lie behind, as they do
   */
  public SnapshotCopy(SnapshotReader reader, LongConsumer copied) {
    this.reader = reader;
    this.copied = copied;
  }

  /**
   * Copies a whole snapshot and finishes the sink.
   *
   * @return the volume's size in bytes
   * @throws VmferryException {@link ErrorCode#SNAPSHOT_NOT_FOUND}; {@link
   *     ErrorCode#OUTPUT_UNUSABLE} if the sink fails; or of the services
   */
  public long copy(String snapshotId, BlockSink sink) throws InterruptedException {
    try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
      Pipeline pipeline = new Pipeline(snapshotId, sink, readers);
      try {
        long size = Math.multiplyExact(reader.list(snapshotId, pipeline::add), GIB);
        pipeline.drain(0);
        sink.finish(size);
        return size;
      } catch (WriteInterruptedException e) {
        throw interrupted(e);
      } catch (IOException e) {
        throw unusable(e);
      } finally {
        readers.shutdownNow();
      }
    }
  }

  private static InterruptedException interrupted(WriteInterruptedException e) {
    InterruptedException interrupted = new InterruptedException(e.getMessage());
    interrupted.initCause(e);
    return interrupted;
  }

  private static VmferryException unusable(IOException e) {
    return new VmferryException(
        ErrorCode.OUTPUT_UNUSABLE, "writing failed: %s".formatted(e.getMessage()), e);
  }

  /** The blocks that are being read, in their order. */
  private final class Pipeline {
    private final String snapshotId;
    private final BlockSink sink;
    private final ExecutorService readers;
    private final Deque<Pending> pending = new ArrayDeque<>();
    private final Deque<ByteBuffer> free = new ArrayDeque<>();

    Pipeline(String snapshotId, BlockSink sink, ExecutorService readers) {
      this.snapshotId = snapshotId;
      this.sink = sink;
      this.readers = readers;
    }

    void add(Block block) {
      drain(BLOCKS_AHEAD - 1);
      ByteBuffer buffer =
          free.isEmpty() ? ByteBuffer.allocate(SnapshotStore.BLOCK_SIZE) : free.removeFirst();
      Future<?> read = readers.submit(() -> reader.read(snapshotId, block, buffer.clear()));
      pending.addLast(new Pending(block, buffer, read));
    }

    /** Writes the oldest blocks until at most {@code left} are pending. */
    void drain(int left) {
      while (pending.size() > left) {
        Pending oldest = pending.removeFirst();
        try {
          oldest.read.get();
          long offset = (long) oldest.block.index() * SnapshotStore.BLOCK_SIZE;
          sink.write(offset, oldest.buffer.clear());
          copied.accept(offset + SnapshotStore.BLOCK_SIZE);
        } catch (InterruptedException e) {
          throw new WriteInterruptedException(e);
        } catch (ExecutionException e) {
          throw failed(e);
        } catch (IOException e) {
          throw unusable(e);
        }
        free.addLast(oldest.buffer);
      }
    }

    private RuntimeException failed(ExecutionException e) {
      if (e.getCause() instanceof VmferryException known) {
        return known;
      }
      return new IllegalStateException("a block of %s was not read".formatted(snapshotId), e);
    }
  }

  private record Pending(Block block, ByteBuffer buffer, Future<?> read) {}

  /** Carries an interruption through a listing's consumer. */
  private static final class WriteInterruptedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    WriteInterruptedException(InterruptedException cause) {
      super("interrupted while copying", cause);
    }
  }
}
