package io.vmferry.disk.overlay;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.Extent;
import io.vmferry.disk.WritableDiskImage;
import io.vmferry.disk.overlay.OverlayBlock.Page;
import io.vmferry.disk.vmdk.SparseVmdkWriter;
import io.vmferry.error.ErrorCode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A disk image with a copy-on-write layer over it. The image below is only read; pages of 4 KiB
 * that are written go to a sparse file without a name, and a range that is made zero takes no room
 * at all.
 *
 * <p>Heap: a bit for each block of 512 KiB of the disk (4 MiB for 16 TiB), and about 200 bytes for
 * each block that has stored pages.
 *
 * <p>What it changed is told in EBS's blocks of {@link #BLOCK_SIZE} bytes, see {@link
 * #changedBlocks()}.
 */
public final class OverlayImage implements WritableDiskImage {
  /** Bytes of the blocks in which changes are told: 512 KiB, as in an EBS snapshot. */
  public static final int BLOCK_SIZE = 512 << 10;

  static final int PAGE_SIZE = 4 << 10;
  static final int PAGES_PER_BLOCK = BLOCK_SIZE / PAGE_SIZE;

  private static final int LOCKS = 64;
  private static final byte[] ZERO_PAGE = new byte[PAGE_SIZE];

  private final DiskImage source;
  private final OverlayFile file;
  private final List<ReentrantReadWriteLock> locks =
      Stream.generate(ReentrantReadWriteLock::new).limit(LOCKS).toList();

  /** The changed blocks of which not all is zeros. */
  private final Map<Integer, OverlayBlock> blocks = new ConcurrentHashMap<>();

  private final ReentrantLock changedLock = new ReentrantLock();

  /** The changed blocks; one that is not in {@link #blocks} is all zeros. */
  private final BitSet changed = new BitSet();

  private OverlayImage(DiskImage source, OverlayFile file) {
    this.source = source;
    this.file = file;
  }

  /**
   * An overlay without changes.
   *
   * @param source the disk below; belongs to the overlay from here on, and is closed even if this
   *     fails
   * @param directory where the changed pages are kept: a file without a name
   * @param maxBytes the most bytes of pages kept; what would be more fails with {@link
   *     ErrorCode#OVERLAY_FULL}
   * @throws IOException if no file can be made there
   */
  public static OverlayImage over(DiskImage source, Path directory, long maxBytes)
      throws IOException {
    try {
      return new OverlayImage(source, new OverlayFile(directory, maxBytes));
    } catch (Throwable failure) {
      source.close();
      throw failure;
    }
  }

  /** The format of the image below. */
  @Override
  public DiskFormat format() {
    return source.format();
  }

  @Override
  public long virtualSize() {
    return source.virtualSize();
  }

  /**
   * The indexes of the blocks of {@link #BLOCK_SIZE} bytes that were written or made zero, in
   * ascending order; the disk's last block may be shorter. A block of which the source had nothing
   * and that was made zero is not among them.
   */
  public IntStream changedBlocks() {
    changedLock.lock();
    try {
      return ((BitSet) changed.clone()).stream();
    } finally {
      changedLock.unlock();
    }
  }

  /** Bytes of the disk's pages that are kept in the file. */
  public long storedBytes() {
    return file.storedBytes();
  }

  @Override
  public Extent extentAt(long offset, long maxLength) throws IOException {
    return extent(offset, maxLength, source::extentAt);
  }

  @Override
  public Extent plannedExtentAt(long offset, long maxLength) throws IOException {
    return extent(offset, maxLength, source::plannedExtentAt);
  }

  private Extent extent(long offset, long maxLength, ExtentReader below) throws IOException {
    long end = offset + checkExtent(offset, maxLength);
    int block = blockOf(offset);
    int nextChanged = nextChanged(block);
    if (nextChanged != block) {
      long clean = nextChanged < 0 ? end : Math.min(end, startOf(nextChanged));
      return below.extentAt(offset, clean - offset);
    }
    ReentrantReadWriteLock lock = lockOf(block);
    lock.readLock().lock();
    try {
      OverlayBlock pages = blocks.get(block);
      if (pages == null) {
        long zeros = Math.min(end, startOf(block) + BLOCK_SIZE);
        return new Extent(offset, zeros - offset, Extent.Kind.ZERO);
      }
      int page = pageOf(offset);
      long runEnd =
          Math.min(end, startOf(block) + (long) pages.runEnd(page, PAGES_PER_BLOCK) * PAGE_SIZE);
      Page kind = pages.page(page);
      return kind == Page.SOURCE
          ? below.extentAt(offset, runEnd - offset)
          : new Extent(offset, runEnd - offset, kind.kind());
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void readFully(long offset, ByteBuffer destination) throws IOException {
    checkRange(offset, destination.remaining());
    int limit = destination.limit();
    long at = offset;
    while (destination.hasRemaining()) {
      int length = readSome(at, destination);
      destination.limit(limit);
      at += length;
    }
  }

  /** Reads clean blocks, or as much as one changed block has; returns how much. */
  private int readSome(long offset, ByteBuffer destination) throws IOException {
    int block = blockOf(offset);
    int nextChanged = nextChanged(block);
    if (nextChanged != block) {
      long clean = nextChanged < 0 ? Long.MAX_VALUE : startOf(nextChanged) - offset;
      int length = (int) Math.min(destination.remaining(), clean);
      source.readFully(offset, destination.limit(destination.position() + length));
      return length;
    }
    int inBlock = (int) (offset - startOf(block));
    int length = Math.min(destination.remaining(), BLOCK_SIZE - inBlock);
    destination.limit(destination.position() + length);
    ReentrantReadWriteLock lock = lockOf(block);
    lock.readLock().lock();
    try {
      readChanged(block, inBlock, destination);
    } finally {
      lock.readLock().unlock();
    }
    return length;
  }

  private void readChanged(int block, int inBlock, ByteBuffer destination) throws IOException {
    OverlayBlock pages = blocks.get(block);
    if (pages == null) {
      putZeros(destination);
      return;
    }
    int limit = destination.limit();
    int at = inBlock;
    int end = inBlock + destination.remaining();
    while (at < end) {
      int page = at / PAGE_SIZE;
      int runEnd = Math.min(end, pages.runEnd(page, Math.ceilDiv(end, PAGE_SIZE)) * PAGE_SIZE);
      destination.limit(destination.position() + runEnd - at);
      switch (pages.page(page)) {
        case SOURCE -> source.readFully(startOf(block) + at, destination);
        case STORED -> file.read(pages.slot(), at, destination);
        case ZEROS -> putZeros(destination);
      }
      destination.limit(limit);
      at = runEnd;
    }
  }

  @Override
  public void write(long offset, ByteBuffer bytes) throws IOException {
    checkRange(offset, bytes.remaining());
    int limit = bytes.limit();
    long at = offset;
    while (bytes.hasRemaining()) {
      int inBlock = (int) (at % BLOCK_SIZE);
      int length = Math.min(bytes.remaining(), BLOCK_SIZE - inBlock);
      bytes.limit(bytes.position() + length);
      writeInBlock(blockOf(at), inBlock, bytes);
      bytes.limit(limit);
      at += length;
    }
  }

  private void writeInBlock(int block, int inBlock, ByteBuffer bytes) throws IOException {
    ReentrantReadWriteLock lock = lockOf(block);
    lock.writeLock().lock();
    try {
      boolean fresh = !isChanged(block);
      OverlayBlock pages = blocks.get(block);
      if (pages == null) {
        pages = new OverlayBlock(file.takeSlot());
        if (!fresh) {
          IntStream.range(0, PAGES_PER_BLOCK).forEach(pages::setZeros);
        }
      }
      try {
        store(block, pages, inBlock, bytes);
      } finally {
        if (pages.storedPages() > 0) {
          blocks.put(block, pages);
          setChanged(block);
        } else if (blocks.get(block) == null) {
          // A block that was kept before keeps its slot even if this write failed.
          file.releaseSlot(pages.slot());
        }
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Writes bytes of one block; pages that are written in part are completed first. */
  private void store(int block, OverlayBlock pages, int inBlock, ByteBuffer bytes)
      throws IOException {
    int limit = bytes.limit();
    int at = inBlock;
    int end = inBlock + bytes.remaining();
    while (at < end) {
      int page = at / PAGE_SIZE;
      int first = page * PAGE_SIZE;
      // The disk's last page may be shorter, and is written whole then.
      boolean whole = at == first && end >= Math.min(first + PAGE_SIZE, lengthOf(block));
      int pageEnd =
          whole ? Math.max(first + PAGE_SIZE, end / PAGE_SIZE * PAGE_SIZE) : first + PAGE_SIZE;
      int to = Math.min(end, pageEnd);
      int lastPage = Math.ceilDiv(to, PAGE_SIZE);
      long more = IntStream.range(page, lastPage).filter(p -> pages.page(p) != Page.STORED).count();
      file.addPages(more);
      boolean done = false;
      try {
        if (!whole && pages.page(page) != Page.STORED) {
          complete(block, pages, page);
        }
        file.write(pages.slot(), at, bytes.limit(bytes.position() + to - at));
        done = true;
      } finally {
        bytes.limit(limit);
        if (!done) {
          file.removePages(more);
        }
      }
      IntStream.range(page, lastPage).forEach(pages::setStored);
      at = to;
    }
  }

  /** Puts into the file what a page holds that is about to be written in part. */
  private void complete(int block, OverlayBlock pages, int page) throws IOException {
    int first = page * PAGE_SIZE;
    ByteBuffer content = ByteBuffer.allocate(Math.min(PAGE_SIZE, lengthOf(block) - first));
    if (pages.page(page) == Page.SOURCE) {
      source.readFully(startOf(block) + first, content);
      content.flip();
    }
    file.write(pages.slot(), first, content);
  }

  @Override
  public void writeZeroes(long offset, long length) throws IOException {
    checkRange(offset, length);
    long end = offset + length;
    long at = offset;
    while (at < end) {
      int block = blockOf(at);
      long blockEnd = Math.min(startOf(block) + BLOCK_SIZE, virtualSize());
      int nextChanged = nextChanged(block);
      if (nextChanged != block) {
        // What has nothing stored below and was not changed is zeros already.
        long clean = nextChanged < 0 ? end : Math.min(end, startOf(nextChanged));
        Extent below = source.extentAt(at, clean - at);
        if (!below.isData()) {
          at = below.end();
          continue;
        }
      }
      long to = Math.min(end, blockEnd);
      zeroInBlock(block, (int) (at - startOf(block)), (int) (to - startOf(block)));
      at = to;
    }
  }

  private void zeroInBlock(int block, int from, int to) throws IOException {
    int firstWhole = Math.ceilDiv(from, PAGE_SIZE);
    int lastWhole = to == lengthOf(block) ? PAGES_PER_BLOCK : to / PAGE_SIZE;
    if (firstWhole >= lastWhole) {
      writeInBlock(block, from, ByteBuffer.wrap(ZERO_PAGE, 0, Math.min(to - from, PAGE_SIZE)));
      int rest = to - from - PAGE_SIZE;
      if (rest > 0) {
        writeInBlock(block, from + PAGE_SIZE, ByteBuffer.wrap(ZERO_PAGE, 0, rest));
      }
      return;
    }
    if (from < firstWhole * PAGE_SIZE) {
      writeInBlock(block, from, ByteBuffer.wrap(ZERO_PAGE, 0, firstWhole * PAGE_SIZE - from));
    }
    if (to > lastWhole * PAGE_SIZE) {
      int start = lastWhole * PAGE_SIZE;
      writeInBlock(block, start, ByteBuffer.wrap(ZERO_PAGE, 0, to - start));
    }
    ReentrantReadWriteLock lock = lockOf(block);
    lock.writeLock().lock();
    try {
      OverlayBlock pages = blocks.get(block);
      if (pages == null && isChanged(block)) {
        return;
      }
      if (pages == null) {
        pages = new OverlayBlock(file.takeSlot());
      }
      setZeros(block, pages, firstWhole, lastWhole);
      setChanged(block);
    } finally {
      lock.writeLock().unlock();
    }
  }

  private void setZeros(int block, OverlayBlock pages, int from, int to) {
    int before = pages.storedPages();
    IntStream.range(from, to).forEach(pages::setZeros);
    file.removePages(before - pages.storedPages());
    if (pages.isAllZeros()) {
      blocks.remove(block);
      file.releaseSlot(pages.slot());
    } else {
      blocks.put(block, pages);
    }
  }

  /** Makes whole pages that are kept in the file zero; leaves what is below as it is. */
  @Override
  public void trim(long offset, long length) throws IOException {
    checkRange(offset, length);
    long end = offset + length;
    int block = blockOf(offset);
    while (block >= 0 && startOf(block) < end) {
      block = nextChanged(block);
      if (block < 0 || startOf(block) >= end) {
        return;
      }
      int from = Math.ceilDiv((int) Math.max(0, offset - startOf(block)), PAGE_SIZE);
      int to = (int) (Math.min(BLOCK_SIZE, end - startOf(block)) / PAGE_SIZE);
      trimInBlock(block, from, to);
      block++;
    }
  }

  private void trimInBlock(int block, int from, int to) {
    ReentrantReadWriteLock lock = lockOf(block);
    lock.writeLock().lock();
    try {
      OverlayBlock pages = blocks.get(block);
      for (int page = from; pages != null && page < to; page++) {
        if (pages.page(page) == Page.STORED) {
          setZeros(block, pages, page, page + 1);
        }
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  /**
   * Does nothing: the file has no name and ends with the process, so there is nothing that a crash
   * of the machine could spoil.
   */
  @Override
  public void flush() {}

  /**
   * Writes the changes as a sparse VMDK of the same size, whose grains of {@link #BLOCK_SIZE} bytes
   * are exactly the {@link #changedBlocks()}: each with all it holds now, and stored even if that
   * is zeros, for what the changes are put over may hold something else there. What is changed
   * while this runs may or may not be in it.
   *
   * @param out stays open
   * @return the number of blocks
   * @throws IOException if a block cannot be read, or the stream written
   */
  public int save(OutputStream out) throws IOException {
    int[] indexes = changedBlocks().toArray();
    SparseVmdkWriter.write(
        out,
        virtualSize(),
        indexes,
        (index, content) -> readFully(startOf(index), content.limit(lengthOf(index))));
    return indexes.length;
  }

  @Override
  public void close() throws IOException {
    List<IOException> failures = new ArrayList<>();
    try {
      file.close();
    } catch (IOException e) {
      failures.add(e);
    }
    source.close();
    if (!failures.isEmpty()) {
      throw failures.getFirst();
    }
  }

  private static void putZeros(ByteBuffer destination) {
    while (destination.hasRemaining()) {
      destination.put(ZERO_PAGE, 0, Math.min(PAGE_SIZE, destination.remaining()));
    }
  }

  private int nextChanged(int block) {
    changedLock.lock();
    try {
      return changed.nextSetBit(block);
    } finally {
      changedLock.unlock();
    }
  }

  private boolean isChanged(int block) {
    changedLock.lock();
    try {
      return changed.get(block);
    } finally {
      changedLock.unlock();
    }
  }

  private void setChanged(int block) {
    changedLock.lock();
    try {
      changed.set(block);
    } finally {
      changedLock.unlock();
    }
  }

  private ReentrantReadWriteLock lockOf(int block) {
    return locks.get(block % LOCKS);
  }

  private static int blockOf(long offset) {
    return (int) (offset / BLOCK_SIZE);
  }

  private static long startOf(int block) {
    return (long) block * BLOCK_SIZE;
  }

  private static int pageOf(long offset) {
    return (int) (offset % BLOCK_SIZE / PAGE_SIZE);
  }

  /** Bytes of the block that are inside the disk. */
  private int lengthOf(int block) {
    return (int) Math.min(BLOCK_SIZE, virtualSize() - startOf(block));
  }

  /** One of the two ways in which the image below is asked. */
  @FunctionalInterface
  private interface ExtentReader {
    Extent extentAt(long offset, long maxLength) throws IOException;
  }
}
