package io.vmferry.disk.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CachingByteSourceTest {
  private static final int SEGMENT = 1000;
  private static final byte[] CONTENT = new byte[20 * SEGMENT + 321];

  static {
    new Random(3).nextBytes(CONTENT);
  }

  /** What a read of the slow source does before it returns bytes. */
  @FunctionalInterface
  private interface Behaviour {
    void onRead(long position, ByteBuffer destination) throws IOException, InterruptedException;
  }

  /** A source whose reads are noted and can be made to wait or fail. */
  private static final class SlowSource implements ByteSource {
    private final ByteArraySource content = new ByteArraySource("slow", CONTENT);
    private final Behaviour behaviour;
    private final ConcurrentLinkedQueue<String> events = new ConcurrentLinkedQueue<>();

    SlowSource(Behaviour behaviour) {
      this.behaviour = behaviour;
    }

    @Override
    public String name() {
      return content.name();
    }

    @Override
    public long size() {
      return content.size();
    }

    @Override
    public void readFully(long position, ByteBuffer destination) throws IOException {
      String read = position + "+" + destination.remaining();
      events.add(read);
      try {
        behaviour.onRead(position, destination);
      } catch (InterruptedException e) {
        events.add("interrupted " + read);
        throw new InterruptedIOException(read);
      }
      content.readFully(position, destination);
      events.add("end " + read);
    }

    @Override
    public void close() {
      events.add("close");
    }

    List<String> reads() {
      return events.stream().filter(event -> Character.isDigit(event.charAt(0))).toList();
    }
  }

  @Test
  void readsWhatTheSourceHolds() throws Exception {
    try (CachingByteSource cache =
            new CachingByteSource(new ByteArraySource("fast", CONTENT), SEGMENT, 5 * SEGMENT, 2);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> readers = new ArrayList<>();
      for (int seed = 0; seed < 8; seed++) {
        Random random = new Random(seed);
        readers.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 2000; i++) {
                    int position = random.nextInt(CONTENT.length);
                    int length = random.nextInt(Math.min(4000, CONTENT.length - position) + 1);
                    assertThat(read(cache, position, length)).isEqualTo(expected(position, length));
                  }
                  return null;
                }));
      }
      for (Future<?> reader : readers) {
        reader.get();
      }
    }
  }

  @Test
  void readsASegmentOnceForManySmallReads() throws IOException {
    SlowSource source = new SlowSource((_, _) -> {});
    try (CachingByteSource cache = new CachingByteSource(source, SEGMENT, 5 * SEGMENT, 0)) {
      for (int position = 0; position < 2 * SEGMENT; position += 10) {
        assertThat(read(cache, position, 10)).isEqualTo(expected(position, 10));
      }
    }
    assertThat(source.reads()).containsExactly("0+1000", "1000+1000");
  }

  @Test
  void readsASegmentOnceForManyThreads() throws Exception {
    CountDownLatch allStarted = new CountDownLatch(8);
    SlowSource source = new SlowSource((_, _) -> allStarted.await());
    try (CachingByteSource cache = new CachingByteSource(source, SEGMENT, 5 * SEGMENT, 0);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<byte[]>> readers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        int position = 100 * i;
        readers.add(
            threads.submit(
                () -> {
                  allStarted.countDown();
                  return read(cache, position, 100);
                }));
      }
      for (int i = 0; i < 8; i++) {
        assertThat(readers.get(i).get()).isEqualTo(expected(100 * i, 100));
      }
    }
    assertThat(source.reads()).containsExactly("0+1000");
  }

  @Test
  void readsAheadWhereTheAccessIsSequential() throws Exception {
    CountDownLatch ahead = new CountDownLatch(5);
    SlowSource source = new SlowSource((_, _) -> ahead.countDown());
    try (CachingByteSource cache = new CachingByteSource(source, SEGMENT, 10 * SEGMENT, 3)) {
      read(cache, 4 * SEGMENT + 10, 10);
      read(cache, 5 * SEGMENT + 10, 10);
      ahead.await();
      assertThat(source.reads())
          .containsExactlyInAnyOrder(
              "4000+1000", "5000+1000", "6000+1000", "7000+1000", "8000+1000");
      assertThat(read(cache, 6 * SEGMENT, 100)).isEqualTo(expected(6 * SEGMENT, 100));
      assertThat(source.reads()).filteredOn("6000+1000"::equals).hasSize(1);
    }
  }

  @Test
  void doesNotReadAheadWhereTheAccessIsRandom() throws IOException {
    SlowSource source = new SlowSource((_, _) -> {});
    try (CachingByteSource cache = new CachingByteSource(source, SEGMENT, 10 * SEGMENT, 3)) {
      read(cache, 9 * SEGMENT, 10);
      read(cache, 4 * SEGMENT, 10);
      read(cache, 13 * SEGMENT, 10);
    }
    assertThat(source.reads()).containsExactly("9000+1000", "4000+1000", "13000+1000");
  }

  @Test
  void readsAgainWhatFailedToBeReadAhead() throws Exception {
    CountDownLatch failed = new CountDownLatch(1);
    SlowSource source =
        new SlowSource(
            (position, _) -> {
              if (position == 2 * SEGMENT && failed.getCount() > 0) {
                failed.countDown();
                throw new IOException("the connection was cut");
              }
            });
    try (CachingByteSource cache = new CachingByteSource(source, SEGMENT, 10 * SEGMENT, 1)) {
      read(cache, 0, 10);
      assertThat(read(cache, SEGMENT, 10)).isEqualTo(expected(SEGMENT, 10));
      failed.await();
      assertThat(read(cache, 2 * SEGMENT, 10)).isEqualTo(expected(2 * SEGMENT, 10));
    }
  }

  @Test
  void failsWhenWhatFailedToBeReadAheadIsWantedAndFailsAgain() throws Exception {
    CountDownLatch failed = new CountDownLatch(1);
    SlowSource source =
        new SlowSource(
            (position, _) -> {
              if (position >= 2 * SEGMENT) {
                failed.countDown();
                throw new IOException("the connection was cut");
              }
            });
    try (CachingByteSource cache = new CachingByteSource(source, SEGMENT, 10 * SEGMENT, 1)) {
      read(cache, 0, 10);
      read(cache, SEGMENT, 10);
      failed.await();
      assertThatThrownBy(() -> read(cache, 2 * SEGMENT, 10)).hasMessage("the connection was cut");
      assertThat(read(cache, 10, 10)).isEqualTo(expected(10, 10));
    }
  }

  @Test
  void readsWholeSegmentsStraightIntoTheDestination() throws IOException {
    Set<byte[]> arrays = Collections.newSetFromMap(new IdentityHashMap<>());
    SlowSource source = new SlowSource((_, destination) -> arrays.add(arrayOf(destination)));
    ByteBuffer destination = ByteBuffer.allocate(3 * SEGMENT);
    try (CachingByteSource cache = new CachingByteSource(source, SEGMENT, 10 * SEGMENT, 0)) {
      cache.readFully(2 * SEGMENT, destination);
    }
    assertThat(destination.array()).isEqualTo(expected(2 * SEGMENT, 3 * SEGMENT));
    assertThat(arrays).containsExactly(destination.array());
    assertThat(source.reads()).containsExactly("2000+3000");
  }

  @Test
  void readsAShortLastSegment() throws IOException {
    SlowSource source = new SlowSource((_, _) -> {});
    try (CachingByteSource cache = new CachingByteSource(source, SEGMENT, 10 * SEGMENT, 4)) {
      assertThat(read(cache, CONTENT.length - 5, 5)).isEqualTo(expected(CONTENT.length - 5, 5));
      assertThat(read(cache, CONTENT.length, 0)).isEmpty();
    }
    assertThat(source.reads()).containsExactly("20000+321");
  }

  @Test
  void neverHoldsMoreBytesThanGiven() throws Exception {
    Set<byte[]> arrays = Collections.newSetFromMap(new IdentityHashMap<>());
    SlowSource source =
        new SlowSource(
            (_, destination) -> {
              if (arrayOf(destination).length == SEGMENT) {
                synchronized (arrays) {
                  arrays.add(arrayOf(destination));
                }
              }
            });
    try (CachingByteSource cache = new CachingByteSource(source, SEGMENT, 4 * SEGMENT + 999, 3);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> readers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        int start = 2 * SEGMENT * i;
        readers.add(
            threads.submit(
                () -> {
                  for (int position = start; position < start + 4 * SEGMENT; position += 50) {
                    assertThat(read(cache, position, 50)).isEqualTo(expected(position, 50));
                  }
                  return null;
                }));
      }
      for (Future<?> reader : readers) {
        reader.get();
      }
    }
    // A buffer is used again for other segments; a new one for each would show here.
    assertThat(arrays).hasSizeLessThanOrEqualTo(4);
  }

  @Test
  void readsDirectlyWhenEverySegmentIsBeingRead() throws Exception {
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    SlowSource source =
        new SlowSource(
            (position, _) -> {
              if (position == 0) {
                reading.countDown();
                goOn.await();
              }
            });
    try (CachingByteSource cache = new CachingByteSource(source, SEGMENT, SEGMENT, 0);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<byte[]> first = threads.submit(() -> read(cache, 0, 10));
      reading.await();
      assertThat(read(cache, 5 * SEGMENT + 7, 10)).isEqualTo(expected(5 * SEGMENT + 7, 10));
      goOn.countDown();
      assertThat(first.get()).isEqualTo(expected(0, 10));
    }
    assertThat(source.reads()).containsExactly("0+1000", "5007+10");
  }

  @Test
  void closesTheSourceAfterTheLastReadHasEnded() throws Exception {
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch closing = new CountDownLatch(1);
    SlowSource source =
        new SlowSource(
            (_, _) -> {
              reading.countDown();
              closing.await();
            });
    CachingByteSource cache = new CachingByteSource(source, SEGMENT, SEGMENT, 0);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<byte[]> reader = threads.submit(() -> read(cache, 0, 10));
      reading.await();
      Future<?> closer =
          threads.submit(
              () -> {
                closing.countDown();
                cache.close();
                return null;
              });
      assertThat(reader.get()).isEqualTo(expected(0, 10));
      closer.get();
    }
    assertThat(source.events).containsExactly("0+1000", "end 0+1000", "close");
  }

  @Test
  void interruptsWhatIsReadAheadWhenItIsClosed() throws Exception {
    CountDownLatch ahead = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    SlowSource source =
        new SlowSource(
            (position, _) -> {
              if (position == 2 * SEGMENT) {
                ahead.countDown();
                never.await();
              }
            });
    CachingByteSource cache = new CachingByteSource(source, SEGMENT, 10 * SEGMENT, 1);
    read(cache, 0, 10);
    read(cache, SEGMENT, 10);
    ahead.await();
    cache.close();
    cache.close();
    assertThat(source.events).endsWith("interrupted 2000+1000", "close");
    assertThatThrownBy(() -> read(cache, 0, 10)).isInstanceOf(IOException.class);
  }

  // Only its identity and length matter, not where in it the bytes are.
  @SuppressWarnings("ByteBufferBackingArray")
  private static byte[] arrayOf(ByteBuffer buffer) {
    return buffer.array();
  }

  private static byte[] read(ByteSource source, long position, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    source.readFully(position, buffer);
    return buffer.array();
  }

  private static byte[] expected(int position, int length) {
    return Arrays.copyOfRange(CONTENT, position, position + length);
  }
}
