package io.vmferry.local.ebs;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Buffers of one block, used again; as many are kept as are in use at one time, up to a limit. */
final class BlockBuffers {
  private static final int KEPT = 64;

  private final ConcurrentLinkedQueue<byte[]> free = new ConcurrentLinkedQueue<>();
  private final AtomicInteger kept = new AtomicInteger();

  byte[] take() {
    byte[] buffer = free.poll();
    if (buffer == null) {
      return new byte[BlockFiles.BLOCK_BYTES];
    }
    kept.decrementAndGet();
    return buffer;
  }

  void giveBack(byte[] buffer) {
    if (kept.incrementAndGet() <= KEPT) {
      free.add(buffer);
    } else {
      kept.decrementAndGet();
    }
  }
}
