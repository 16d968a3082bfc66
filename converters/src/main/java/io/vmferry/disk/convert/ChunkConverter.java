package io.vmferry.disk.convert;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.convert.BlockDigests.BlockDigest;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes the blocks of one chunk that hold data. Several workers read, hash and write a block each
 * at a time, so the memory it takes is the workers' number times {@link BlockRange#BLOCK_SIZE}.
 */
public final class ChunkConverter {
  private static final ByteBuffer ZEROS = ByteBuffer.allocate(BlockRange.BLOCK_SIZE);

  private final DiskImage image;
  private final BlockRange range;
  private final BlockSink sink;
  private final Listener listener;
  private final ZeroBlocks zeroBlocks;
  private final BlockCursor cursor;
  private final Queue<BlockDigest> written = new ConcurrentLinkedQueue<>();
  private final AtomicLong writtenBlocks = new AtomicLong();

  private ChunkConverter(
      DiskImage image, BlockRange range, BlockSink sink, Listener listener, ZeroBlocks zeroBlocks) {
    this.zeroBlocks = zeroBlocks;
    this.image = image;
    this.range = range;
    this.sink = sink;
    this.listener = listener;
    this.cursor = new BlockCursor(image, range);
  }

  /** What is done with a block that is stored in the image and is all zeros. */
  public enum ZeroBlocks {
    /** It is not written: the snapshot is new, and reads as zeros there. */
    SKIP,
    /** It is written: the image is put over a snapshot that may hold something else there. */
    WRITE
  }

  /** Where blocks go. Called by many workers at once. */
  @FunctionalInterface
  public interface BlockSink {
    /**
     * Writes a block.
     *
     * @param index its index in the disk
     * @param block {@link BlockRange#BLOCK_SIZE} bytes from its position to its limit, backed by an
     *     array; valid during the call only
     * @param sha256 its SHA-256
     */
    void put(int index, ByteBuffer block, byte[] sha256) throws IOException;
  }

  /**
   * Is told how far the chunk is, and can stop it. Called by many workers at once, once a block.
   */
  @FunctionalInterface
  public interface Listener {
    /**
     * A block is dealt with.
     *
     * @param doneBytes bytes of the range behind the workers, at most the range's bytes
     * @param writtenBlocks blocks written
     * @throws RuntimeException to stop the chunk; it is thrown on to the caller
     */
    void advanced(long doneBytes, long writtenBlocks);
  }

  /**
   * Writes a chunk of a new snapshot: blocks that are all zeros are skipped.
   *
   * @param workers how many blocks are in hand at once
   * @return the digests of the blocks written
   * @throws io.vmferry.error.VmferryException if the image is damaged, or the sink says so
   * @throws InterruptedIOException if the thread is interrupted
   * @throws IOException if the source cannot be read
   */
  public static BlockDigests convert(
      DiskImage image, BlockRange range, BlockSink sink, int workers, Listener listener)
      throws IOException {
    return convert(image, range, sink, workers, listener, ZeroBlocks.SKIP);
  }

  /**
   * Writes a chunk.
   *
   * @param workers how many blocks are in hand at once
   * @return the digests of the blocks written
   * @throws io.vmferry.error.VmferryException if the image is damaged, or the sink says so
   * @throws InterruptedIOException if the thread is interrupted
   * @throws IOException if the source cannot be read
   */
  public static BlockDigests convert(
      DiskImage image,
      BlockRange range,
      BlockSink sink,
      int workers,
      Listener listener,
      ZeroBlocks zeroBlocks)
      throws IOException {
    return new ChunkConverter(image, range, sink, listener, zeroBlocks).run(workers);
  }

  private BlockDigests run(int workers) throws IOException {
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      var completion = new ExecutorCompletionService<Void>(executor);
      List<Future<Void>> futures = new ArrayList<>();
      for (int i = 0; i < Math.min(workers, range.count()); i++) {
        futures.add(
            completion.submit(
                () -> {
                  work();
                  return null;
                }));
      }
      try {
        for (int i = 0; i < futures.size(); i++) {
          completion.take().get();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw (IOException) new InterruptedIOException("chunk interrupted").initCause(e);
      } catch (ExecutionException e) {
        throw rethrown(Objects.requireNonNullElse(e.getCause(), e));
      } finally {
        futures.forEach(future -> future.cancel(true));
      }
    }
    return new BlockDigests(written);
  }

  /** A worker's failure, as the caller of {@link #convert} gets it. */
  private static IOException rethrown(Throwable cause) {
    return switch (cause) {
      case IOException failure -> failure;
      case RuntimeException failure -> throw failure;
      case Error failure -> throw failure;
      default -> throw new IllegalStateException("worker failed", cause);
    };
  }

  private void work() throws IOException {
    ByteBuffer block = ByteBuffer.allocate(BlockRange.BLOCK_SIZE);
    MessageDigest sha256 = sha256();
    OptionalInt next = cursor.next();
    while (next.isPresent() && !Thread.currentThread().isInterrupted()) {
      int index = next.getAsInt();
      fill(block, index);
      if (zeroBlocks == ZeroBlocks.WRITE || !block.equals(ZEROS)) {
        sha256.update(block.array());
        byte[] digest = sha256.digest();
        sink.put(index, block, digest);
        written.add(new BlockDigest(index, digest));
        writtenBlocks.incrementAndGet();
      }
      listener.advanced(
          Math.min(range.bytes(), cursor.passedBytes() - range.startByte()), writtenBlocks.get());
      next = cursor.next();
    }
  }

  private void fill(ByteBuffer block, int index) throws IOException {
    long offset = (long) index * BlockRange.BLOCK_SIZE;
    int length = (int) Math.min(BlockRange.BLOCK_SIZE, image.virtualSize() - offset);
    block.clear().limit(length);
    image.readFully(offset, block);
    if (length < BlockRange.BLOCK_SIZE) {
      block.limit(BlockRange.BLOCK_SIZE).put(length, ZEROS, 0, BlockRange.BLOCK_SIZE - length);
    }
    block.rewind();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JRE has SHA-256", e);
    }
  }
}
