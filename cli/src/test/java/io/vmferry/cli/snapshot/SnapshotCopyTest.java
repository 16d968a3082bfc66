package io.vmferry.cli.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.SnapshotReader;
import io.vmferry.functions.port.SnapshotStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class SnapshotCopyTest {
  private static final int BLOCK = SnapshotStore.BLOCK_SIZE;

  @Test
  void writesBlocksInTheirOrderThoughLaterOnesArriveFirst() throws Exception {
    CountDownLatch second = new CountDownLatch(1);
    List<Long> offsets = new ArrayList<>();
    FakeReader reader =
        new FakeReader(List.of(0, 1)) {
          @Override
          void reading(int index) throws InterruptedException {
            if (index == 1) {
              second.countDown();
            } else {
              second.await();
            }
          }
        };

    new SnapshotCopy(reader, done -> {}).copy("snap-1", new RecordingSink(offsets));

    assertThat(offsets).containsExactly(0L, (long) BLOCK, -(1L << 30));
  }

  @Test
  void holdsAtMostThirtyTwoBlocks() throws Exception {
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      all.add(i);
    }
    AtomicInteger held = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    FakeReader reader =
        new FakeReader(all) {
          @Override
          void reading(int index) {
            most.accumulateAndGet(held.incrementAndGet(), Math::max);
          }
        };
    BlockSink sink =
        new RecordingSink(new ArrayList<>()) {
          @Override
          public void write(long offset, ByteBuffer bytes) {
            held.decrementAndGet();
          }
        };

    new SnapshotCopy(reader, done -> {}).copy("snap-1", sink);

    assertThat(most.get()).isBetween(2, 32);
    assertThat(held.get()).isZero();
  }

  @Test
  void streamsZerosBetweenBlocksAndAtTheEnd() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    StreamSink sink = new StreamSink(out);

    sink.write(3, ByteBuffer.wrap(new byte[] {1, 2}));
    sink.write(7, ByteBuffer.wrap(new byte[] {9, 3, 9}, 1, 1));
    sink.finish(10);

    assertThat(out.toByteArray()).containsExactly(0, 0, 0, 1, 2, 0, 0, 3, 0, 0);
  }

  @Test
  void refusesToWriteBackwardsToAStream() throws Exception {
    StreamSink sink = new StreamSink(OutputStream.nullOutputStream());
    sink.write(0, ByteBuffer.wrap(new byte[8]));

    assertThatThrownBy(() -> sink.write(4, ByteBuffer.wrap(new byte[1])))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void reportsHowFarItIs() throws Exception {
    List<Long> done = new ArrayList<>();

    new SnapshotCopy(new FakeReader(List.of(2, 5)), done::add)
        .copy("snap-1", new RecordingSink(new ArrayList<>()));

    assertThat(done).containsExactly(3L * BLOCK, 6L * BLOCK);
  }

  @Test
  void keepsTheCodeOfAFailedRead() {
    FakeReader reader =
        new FakeReader(List.of(0, 1, 2)) {
          @Override
          void reading(int index) {
            if (index == 1) {
              throw new VmferryException(ErrorCode.SERVICE_UNAVAILABLE, "gone");
            }
          }
        };

    assertThatThrownBy(
            () ->
                new SnapshotCopy(reader, done -> {})
                    .copy("snap-1", new RecordingSink(new ArrayList<>())))
        .isInstanceOfSatisfying(
            VmferryException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.SERVICE_UNAVAILABLE));
  }

  @Test
  void saysThatTheOutputFailed() {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("No space left on device");
          }
        };

    assertThatThrownBy(
            () ->
                new SnapshotCopy(new FakeReader(List.of(0)), done -> {})
                    .copy("snap-1", new StreamSink(full)))
        .isInstanceOfSatisfying(
            VmferryException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OUTPUT_UNUSABLE))
        .hasMessageContaining("No space left on device");
  }

  private static class FakeReader implements SnapshotReader {
    private final List<Integer> indexes;

    FakeReader(List<Integer> indexes) {
      this.indexes = indexes;
    }

    @Override
    public long list(String snapshotId, Consumer<Block> blocks) {
      indexes.forEach(index -> blocks.accept(new Block(index, "token")));
      return 1;
    }

    @Override
    public Window list(String snapshotId, int first) {
      throw new AssertionError("a copy lists all blocks at once");
    }

    @Override
    public void read(String snapshotId, Block block, ByteBuffer destination) {
      try {
        reading(block.index());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
      destination.put(new byte[BLOCK]);
    }

    /** What happens while a block is read. */
    void reading(int index) throws InterruptedException {
      assertThat(index).isNotNegative();
    }
  }

  private static class RecordingSink implements BlockSink {
    private final List<Long> offsets;

    RecordingSink(List<Long> offsets) {
      this.offsets = offsets;
    }

    @Override
    public void write(long offset, ByteBuffer bytes) {
      assertThat(bytes.remaining()).isEqualTo(BLOCK);
      offsets.add(offset);
    }

    @Override
    public void finish(long size) {
      offsets.add(-size);
    }

    @Override
    public void close() {}
  }
}
