package io.vmferry.local.ebs;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The blocks of one snapshot in sparse files: {@code data.0}, {@code data.1}, … hold 1 TiB each,
 * because ext4 has no files of 16 TiB; {@code checksums} has the SHA-256 of block <i>i</i> at
 * <i>i</i> × 32. A block counts as written when its checksum is there and not all zero, so the
 * checksums are the index, and the bitmap in memory is made of them on opening.
 *
 * <p>A new checksum is written after its data; before a block is overwritten its checksum is
 * zeroed. A checksum of 32 bytes never crosses a page. So if the process dies at any point, a block
 * either has the data of its checksum or counts as not written. That holds without any flush,
 * because the system's page cache outlives the process; {@link #force} makes it hold against the
 * loss of power as well, and is called when the snapshot completes.
 *
 * <p>Blocks are written in parallel; only two writes of one block wait for each other.
 */
final class BlockFiles implements AutoCloseable {
  static final int BLOCK_BYTES = 512 * 1024;
  static final int CHECKSUM_BYTES = 32;
  private static final int STRIPES = 64;
  private static final int SCAN_BYTES = 1024 * 1024;

  private final DataFiles data;
  private final FileChannel checksums;
  private final BlockBitmap written;
  private final Optional<EarlyFlush> earlyFlush;
  private final ReentrantLock[] stripes = new ReentrantLock[STRIPES];

  private BlockFiles(DataFiles data, FileChannel checksums, BlockBitmap written, boolean flush) {
    this.earlyFlush = flush ? Optional.of(new EarlyFlush(data::forceOpened)) : Optional.empty();
    this.data = data;
    this.checksums = checksums;
    this.written = written;
    for (int i = 0; i < STRIPES; i++) {
      stripes[i] = new ReentrantLock();
    }
  }

  /**
   * Opens the files in the directory, or makes them.
   *
   * @param flush whether data goes to the disk early, because {@link #force} will be called
   */
  static BlockFiles open(Path directory, int blocks, boolean flush) throws IOException {
    FileChannel checksums = openFile(directory.resolve("checksums"));
    try {
      return new BlockFiles(
          new DataFiles(directory, blocks), checksums, scan(checksums, blocks), flush);
    } catch (IOException | RuntimeException e) {
      checksums.close();
      throw e;
    }
  }

  static FileChannel openFile(Path file) throws IOException {
    return FileChannel.open(
        file,
        StandardOpenOption.READ,
        StandardOpenOption.WRITE,
        StandardOpenOption.CREATE,
        StandardOpenOption.SPARSE);
  }

  private static BlockBitmap scan(FileChannel checksums, int blocks) throws IOException {
    BlockBitmap written = new BlockBitmap(blocks);
    long end = Math.min(checksums.size() / CHECKSUM_BYTES, blocks);
    ByteBuffer buffer = ByteBuffer.allocateDirect(SCAN_BYTES);
    for (long first = 0; first < end; first += SCAN_BYTES / CHECKSUM_BYTES) {
      buffer.clear();
      buffer.limit((int) Math.min(SCAN_BYTES, (end - first) * CHECKSUM_BYTES));
      readFully(checksums, buffer, first * CHECKSUM_BYTES);
      for (int i = 0; i < buffer.limit(); i += CHECKSUM_BYTES) {
        if ((buffer.getLong(i)
                | buffer.getLong(i + 8)
                | buffer.getLong(i + 16)
                | buffer.getLong(i + 24))
            != 0) {
          written.set((int) (first + i / CHECKSUM_BYTES));
        }
      }
    }
    return written;
  }

  BlockBitmap written() {
    return written;
  }

  /** Writes a block whose checksum has been verified. */
  void write(int block, byte[] bytes, byte[] checksum) throws IOException {
    ReentrantLock stripe = stripes[block % STRIPES];
    stripe.lock();
    try {
      long position = (long) block * CHECKSUM_BYTES;
      if (written.get(block)) {
        written.clear(block);
        writeFully(checksums, ByteBuffer.allocate(CHECKSUM_BYTES), position);
      }
      writeFully(data.of(block), ByteBuffer.wrap(bytes, 0, BLOCK_BYTES), DataFiles.position(block));
      writeFully(checksums, ByteBuffer.wrap(checksum), position);
      written.set(block);
    } finally {
      stripe.unlock();
    }
    earlyFlush.ifPresent(early -> early.written(BLOCK_BYTES));
  }

  ByteBuffer read(int block) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(BLOCK_BYTES);
    readFully(data.of(block), buffer, DataFiles.position(block));
    return buffer.flip();
  }

  byte[] checksum(int block) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(CHECKSUM_BYTES);
    readFully(checksums, buffer, (long) block * CHECKSUM_BYTES);
    return buffer.array();
  }

  /** The SHA-256 of the checksums of all written blocks, in the order of their indexes. */
  byte[] linearChecksum() throws IOException {
    MessageDigest digest = Sha256.digest();
    ByteBuffer buffer = ByteBuffer.allocate(SCAN_BYTES);
    int perBuffer = SCAN_BYTES / CHECKSUM_BYTES;
    for (int block = written.next(0); block >= 0; ) {
      long first = block;
      buffer.clear();
      long bytes = Math.min(SCAN_BYTES, checksums.size() - first * CHECKSUM_BYTES);
      buffer.limit((int) (bytes - bytes % CHECKSUM_BYTES));
      readFully(checksums, buffer, first * CHECKSUM_BYTES);
      while (block >= 0 && block < first + perBuffer) {
        digest.update(buffer.array(), (int) ((block - first) * CHECKSUM_BYTES), CHECKSUM_BYTES);
        block = written.next(block + 1);
      }
    }
    return digest.digest();
  }

  /** Flushes data and checksums to the disk. */
  void force() throws IOException {
    data.force();
    checksums.force(false);
    if (earlyFlush.isPresent()) {
      earlyFlush.get().check();
    }
  }

  @Override
  public void close() throws IOException {
    try {
      data.close();
    } finally {
      checksums.close();
    }
  }

  /** When a block was last written, in milliseconds since 1970; 0 if that is not known. */
  static long lastWritten(Path directory) throws IOException {
    Path checksums = directory.resolve("checksums");
    return Files.exists(checksums) ? Files.getLastModifiedTime(checksums).toMillis() : 0;
  }

  private static void writeFully(FileChannel file, ByteBuffer buffer, long position)
      throws IOException {
    long at = position;
    while (buffer.hasRemaining()) {
      at += file.write(buffer, at);
    }
  }

  private static void readFully(FileChannel file, ByteBuffer buffer, long position)
      throws IOException {
    long at = position;
    while (buffer.hasRemaining()) {
      int n = file.read(buffer, at);
      if (n < 0) {
        throw new EOFException("file ends at " + at + ", before " + (at + buffer.remaining()));
      }
      at += n;
    }
  }
}
