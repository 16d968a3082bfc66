package io.vmferry.disk.io;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Makes many small reads of a slow source few large ones: reads aligned segments, keeps those used
 * last, and reads ahead where the access is sequential.
 *
 * <ul>
 *   <li>Threads that want the same segment at once share one read of it.
 *   <li>A segment that is touched after its predecessor makes the next ones be read on virtual
 *       threads. A read-ahead that fails disturbs nobody; whoever wants its bytes reads them from
 *       the source directly, and gets the failure if that fails, too.
 *   <li>Whole segments that are not there go from the source straight to the destination.
 *   <li>The segments, those being read or copied included, never take more than the bytes given.
 *       When all of them are in use, a read goes directly to the source.
 * </ul>
 *
 * <p>Closing interrupts the read-aheads, waits for every read to end, and closes the source.
 */
public final class CachingByteSource implements ByteSource {
  private static final int REMEMBERED_TOUCHES = 256;

  private final ByteSource source;
  private final int segmentSize;
  private final int maxSegments;
  private final int readAhead;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition idle = lock.newCondition();
  private final LinkedHashMap<Long, Segment> segments = new LinkedHashMap<>(16, 0.75f, true);
  private final LastTouched touched = new LastTouched();
  private final Deque<byte[]> freeBuffers = new ArrayDeque<>();
  private final Set<Thread> readingAhead = new HashSet<>();
  private int buffers;
  private int activeReads;
  private boolean closed;

  /**
   * A cache over a source, which belongs to it from here on.
   *
   * @param segmentSize bytes read at once; at least 1
   * @param maxBytes the most bytes of segments held; at least {@code segmentSize}
   * @param readAhead how many segments are read ahead; 0 for none. At most half of the segments
   *     held are being read ahead at any time
   */
  public CachingByteSource(ByteSource source, int segmentSize, long maxBytes, int readAhead) {
    if (segmentSize < 1 || maxBytes < segmentSize || readAhead < 0) {
      throw new IllegalArgumentException(
          "segments of %d bytes, %d bytes of them, %d read ahead"
              .formatted(segmentSize, maxBytes, readAhead));
    }
    this.source = source;
    this.segmentSize = (int) Math.max(1, Math.min(segmentSize, source.size()));
    this.maxSegments = (int) Math.min(Integer.MAX_VALUE, maxBytes / this.segmentSize);
    this.readAhead = readAhead;
  }

  @Override
  public String name() {
    return source.name();
  }

  @Override
  public long size() {
    return source.size();
  }

  @Override
  public void readFully(long position, ByteBuffer destination) throws IOException {
    checkRange(position, destination.remaining());
    enter();
    try {
      int limit = destination.limit();
      long at = position;
      while (destination.hasRemaining()) {
        int length = readSome(at, destination);
        destination.limit(limit);
        at += length;
      }
    } finally {
      leave();
    }
  }

  private void enter() throws IOException {
    lock.lock();
    try {
      checkOpen();
      activeReads++;
    } finally {
      lock.unlock();
    }
  }

  private void leave() {
    lock.lock();
    try {
      activeReads--;
      idle.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void checkOpen() throws IOException {
    if (closed) {
      throw new IOException("%s: the source is closed".formatted(name()));
    }
  }

  /** Reads from one segment, or from several that are not there; returns how much. */
  private int readSome(long position, ByteBuffer destination) throws IOException {
    long index = position / segmentSize;
    int inSegment = (int) (position % segmentSize);
    int length = Math.min(destination.remaining(), lengthOf(index) - inSegment);
    @Nullable Segment segment;
    boolean mine = false;
    lock.lock();
    try {
      checkOpen();
      segment = segments.get(index);
      boolean firstUse = segment == null || !segment.used;
      if (segment != null) {
        segment.pins++;
        segment.used = true;
      } else if (length == lengthOf(index)) {
        length = lengthOfAbsentSegments(index, destination.remaining());
      } else {
        segment = addPinned(index);
        if (segment != null) {
          segment.used = true;
          mine = true;
        }
      }
      if (firstUse) {
        touch(index, (position + length - 1) / segmentSize);
      }
    } finally {
      lock.unlock();
    }
    destination.limit(destination.position() + length);
    if (segment == null) {
      source.readFully(position, destination);
      return length;
    }
    try {
      if (mine) {
        load(segment);
      }
      copyOrRead(segment, position, inSegment, destination);
    } finally {
      unpin(segment);
    }
    return length;
  }

  private void copyOrRead(Segment segment, long position, int inSegment, ByteBuffer destination)
      throws IOException {
    if (segment.isLoaded()) {
      destination.put(segment.buffer, inSegment, destination.remaining());
    } else {
      source.readFully(position, destination);
    }
  }

  private int lengthOf(long index) {
    return (int) Math.min(segmentSize, size() - index * segmentSize);
  }

  /** Bytes of the segments from that one on that are wanted whole and are not there. */
  private int lengthOfAbsentSegments(long first, int wanted) {
    long index = first;
    int length = 0;
    while (wanted - length > 0
        && wanted - length >= lengthOf(index)
        && !segments.containsKey(index)) {
      length += lengthOf(index);
      index++;
    }
    return length;
  }

  /** Adds a segment for the caller to load; null if there is no room for one. */
  private @Nullable Segment addPinned(long index) {
    byte[] buffer = takeBuffer();
    if (buffer == null) {
      return null;
    }
    Segment segment = new Segment(index, buffer);
    segments.put(index, segment);
    return segment;
  }

  private byte @Nullable [] takeBuffer() {
    if (freeBuffers.isEmpty() && buffers == maxSegments) {
      evictOne();
    }
    if (freeBuffers.isEmpty() && buffers < maxSegments) {
      byte[] fresh = new byte[segmentSize];
      buffers++;
      return fresh;
    }
    return freeBuffers.poll();
  }

  private void evictOne() {
    for (Segment segment : segments.values()) {
      if (segment.pins == 0) {
        segments.remove(segment.index);
        freeBuffers.push(segment.buffer);
        return;
      }
    }
  }

  private void unpin(Segment segment) {
    lock.lock();
    try {
      segment.pins--;
      // One that could not be loaded is out of the map already.
      if (segment.pins == 0 && !segment.loaded) {
        freeBuffers.push(segment.buffer);
      }
    } finally {
      lock.unlock();
    }
  }

  private void load(Segment segment) throws IOException {
    boolean loaded = false;
    try {
      source.readFully(
          segment.index * segmentSize, ByteBuffer.wrap(segment.buffer, 0, lengthOf(segment.index)));
      loaded = true;
    } finally {
      lock.lock();
      try {
        segment.loaded = loaded;
        if (!loaded) {
          segments.remove(segment.index);
        }
      } finally {
        lock.unlock();
      }
      segment.done.countDown();
    }
  }

  /** Notes the first use of these segments, and reads ahead if they follow what was used before. */
  private void touch(long first, long last) {
    boolean sequential = last > first || touched.containsKey(first - 1);
    touched.put(first, true);
    touched.put(last, true);
    if (!sequential) {
      return;
    }
    long end = Math.ceilDiv(size(), segmentSize);
    for (long index = last + 1; index <= last + readAhead && index < end; index++) {
      if (segments.containsKey(index)) {
        continue;
      }
      if (readingAhead.size() >= maxSegments / 2) {
        return;
      }
      Segment segment = addPinned(index);
      if (segment == null) {
        return;
      }
      Thread thread = Thread.ofVirtual().unstarted(() -> loadAhead(segment));
      readingAhead.add(thread);
      thread.start();
    }
  }

  private void loadAhead(Segment segment) {
    try {
      load(segment);
    } catch (IOException | RuntimeException ignored) {
      // Whoever wants the bytes reads them again, and has the failure if it lasts.
    } finally {
      unpin(segment);
      lock.lock();
      try {
        readingAhead.remove(Thread.currentThread());
        idle.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      readingAhead.forEach(Thread::interrupt);
      while (activeReads > 0 || !readingAhead.isEmpty()) {
        idle.awaitUninterruptibly();
      }
      segments.clear();
      freeBuffers.clear();
    } finally {
      lock.unlock();
    }
    source.close();
  }

  /** One aligned run of the source's bytes. All but the buffer's content is under the lock. */
  private static final class Segment {
    private final long index;
    private final byte[] buffer;
    private final CountDownLatch done = new CountDownLatch(1);
    private volatile boolean loaded;

    /** Whether it was wanted, or was only read ahead so far. */
    private boolean used;

    /** Threads that load or copy it, who keep the buffer from being used for another. */
    private int pins = 1;

    Segment(long index, byte[] buffer) {
      this.index = index;
      this.buffer = buffer;
    }

    /** Waits for the bytes; false if they could not be read. */
    boolean isLoaded() throws InterruptedIOException {
      try {
        done.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while waiting for another thread's read");
      }
      return loaded;
    }
  }

  /** The segments that were used last. */
  private static final class LastTouched extends LinkedHashMap<Long, Boolean> {
    private static final long serialVersionUID = 1L;

    LastTouched() {
      super(16, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<Long, Boolean> eldest) {
      return size() > REMEMBERED_TOUCHES;
    }
  }
}
