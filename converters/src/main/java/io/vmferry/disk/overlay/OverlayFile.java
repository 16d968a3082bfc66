package io.vmferry.disk.overlay;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The file with an overlay's pages: slots of one block each, with holes where a block's pages are
 * not stored. It has no name any more once it is open, so that nothing is left of it however the
 * process ends.
 */
final class OverlayFile implements Closeable {
  private final FileChannel channel;
  private final long maxPages;

  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<Integer> freeSlots = new ArrayDeque<>();
  private int slots;
  private long pages;

  // The channel belongs to the file, which closes it.
  @SuppressWarnings("MustBeClosedChecker")
  OverlayFile(Path directory, long maxBytes) throws IOException {
    this.maxPages = maxBytes / OverlayImage.PAGE_SIZE;
    Path path = Files.createTempFile(directory, "vmferry-overlay-", ".data");
    try {
      this.channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
    } finally {
      Files.delete(path);
    }
  }

  /** A slot whose content is not known. */
  int takeSlot() {
    lock.lock();
    try {
      Integer free = freeSlots.poll();
      return free != null ? free : slots++;
    } finally {
      lock.unlock();
    }
  }

  void releaseSlot(int slot) {
    lock.lock();
    try {
      freeSlots.push(slot);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Counts pages that are about to be stored.
   *
   * @throws VmferryException {@link ErrorCode#OVERLAY_FULL} if they are too many; none is counted
   */
  void addPages(long count) {
    lock.lock();
    try {
      if (pages + count > maxPages) {
        throw new VmferryException(
            ErrorCode.OVERLAY_FULL,
            "the changes would take more than %d bytes"
                .formatted(maxPages * OverlayImage.PAGE_SIZE));
      }
      pages += count;
    } finally {
      lock.unlock();
    }
  }

  void removePages(long count) {
    lock.lock();
    try {
      pages -= count;
    } finally {
      lock.unlock();
    }
  }

  long storedBytes() {
    lock.lock();
    try {
      return pages * OverlayImage.PAGE_SIZE;
    } finally {
      lock.unlock();
    }
  }

  void read(int slot, int offset, ByteBuffer destination) throws IOException {
    long at = position(slot, offset);
    while (destination.hasRemaining()) {
      int count = channel.read(destination, at);
      if (count < 0) {
        throw new EOFException("the overlay's file ends at %d".formatted(at));
      }
      at += count;
    }
  }

  void write(int slot, int offset, ByteBuffer bytes) throws IOException {
    long at = position(slot, offset);
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }

  private static long position(int slot, int offset) {
    return (long) slot * OverlayImage.BLOCK_SIZE + offset;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
