package io.vmferry.disk.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ChunkConverterTest {
  private static final int BLOCK = BlockRange.BLOCK_SIZE;
  private static final ChunkConverter.Listener SILENT = (done, written) -> {};

  /** Data in blocks 0, 3 and 4, and in the partial last block 9. */
  private final SparseDisk disk =
      new SparseDisk(9L * BLOCK + 1024)
          .with(5, 10)
          .with(3L * BLOCK, 2L * BLOCK)
          .with(9L * BLOCK + 512, 512);

  @Test
  void writesTheBlocksThatHoldDataAndNoOthers() throws Exception {
    Map<Integer, byte[]> written = new ConcurrentHashMap<>();
    BlockDigests digests =
        ChunkConverter.convert(disk, new BlockRange(0, 10), store(written), 4, SILENT);
    assertThat(written).containsOnlyKeys(0, 3, 4, 9);
    for (Map.Entry<Integer, byte[]> block : written.entrySet()) {
      byte[] expected = new byte[BLOCK];
      long offset = (long) block.getKey() * BLOCK;
      disk.readFully(
          offset, ByteBuffer.wrap(expected, 0, (int) Math.min(BLOCK, disk.virtualSize() - offset)));
      assertThat(block.getValue()).isEqualTo(expected);
    }
    List<Integer> indexes = new ArrayList<>();
    int count =
        BlockDigests.read(
            new ByteArrayInputStream(digests.toBytes()),
            (index, sha256) -> {
              indexes.add(index);
              assertThat(sha256).isEqualTo(sha256(Objects.requireNonNull(written.get(index))));
            });
    assertThat(count).isEqualTo(4).isEqualTo(digests.size());
    assertThat(indexes).containsExactly(0, 3, 4, 9);
  }

  @Test
  void leavesOutABlockWhoseDataIsAllZeros() throws Exception {
    SparseDisk zeros =
        new SparseDisk(BLOCK) {
          @Override
          public void readFully(long offset, ByteBuffer destination) throws IOException {
            destination.put(new byte[destination.remaining()]);
          }
        }.with(0, BLOCK);
    Map<Integer, byte[]> written = new ConcurrentHashMap<>();
    assertThat(
            ChunkConverter.convert(zeros, new BlockRange(0, 1), store(written), 1, SILENT).size())
        .isZero();
    assertThat(written).isEmpty();
  }

  @Test
  void writesOnlyItsRange() throws Exception {
    Map<Integer, byte[]> written = new ConcurrentHashMap<>();
    ChunkConverter.convert(disk, new BlockRange(4, 2), store(written), 4, SILENT);
    assertThat(written).containsOnlyKeys(4);
  }

  @Test
  void tellsHowFarItIsAndNeverMoreThanTheRange() throws Exception {
    AtomicLong most = new AtomicLong();
    AtomicLong blocks = new AtomicLong();
    ChunkConverter.convert(
        disk,
        new BlockRange(0, 10),
        store(new ConcurrentHashMap<>()),
        1,
        (done, written) -> {
          assertThat(done).isGreaterThanOrEqualTo(most.get()).isLessThanOrEqualTo(10L * BLOCK);
          most.set(done);
          blocks.set(written);
        });
    assertThat(most.get()).isEqualTo(10L * BLOCK);
    assertThat(blocks.get()).isEqualTo(4);
  }

  @Test
  void stopsAtTheFirstFailureOfTheSinkAndPassesItOn() {
    AtomicInteger calls = new AtomicInteger();
    SparseDisk full = new SparseDisk(64L * BLOCK).with(0, 64L * BLOCK);
    assertThatThrownBy(
            () ->
                ChunkConverter.convert(
                    full,
                    new BlockRange(0, 64),
                    (index, block, sha256) -> {
                      calls.incrementAndGet();
                      throw new VmferryException(ErrorCode.SERVICE_THROTTLED, "too fast");
                    },
                    2,
                    SILENT))
        .isInstanceOfSatisfying(
            VmferryException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.SERVICE_THROTTLED));
    assertThat(calls.get()).isLessThanOrEqualTo(2);
  }

  @Test
  void passesOnAFailureOfTheSource() {
    SparseDisk broken =
        new SparseDisk(BLOCK) {
          @Override
          public void readFully(long offset, ByteBuffer destination) throws IOException {
            throw new IOException("cable");
          }
        }.with(0, BLOCK);
    assertThatThrownBy(
            () ->
                ChunkConverter.convert(
                    broken, new BlockRange(0, 1), store(new ConcurrentHashMap<>()), 1, SILENT))
        .isInstanceOf(IOException.class)
        .hasMessage("cable");
  }

  @Test
  void endsWhenItsThreadIsInterrupted() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    List<Throwable> failures = new ArrayList<>();
    Thread thread =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    ChunkConverter.convert(
                        disk,
                        new BlockRange(0, 10),
                        (index, block, sha256) -> {
                          started.countDown();
                          waitForInterrupt();
                        },
                        2,
                        SILENT);
                  } catch (IOException e) {
                    failures.add(e);
                  }
                });
    started.await();
    thread.interrupt();
    thread.join();
    assertThat(failures).singleElement().isInstanceOf(InterruptedIOException.class);
  }

  private static void waitForInterrupt() throws IOException {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      throw (IOException) new InterruptedIOException().initCause(e);
    }
  }

  private static ChunkConverter.BlockSink store(Map<Integer, byte[]> written) {
    return (index, block, sha256) -> {
      byte[] copy =
          Arrays.copyOfRange(block.array(), block.arrayOffset(), block.arrayOffset() + BLOCK);
      assertThat(sha256).isEqualTo(sha256(copy));
      assertThat(written.put(index, copy)).as("block %d written before", index).isNull();
    };
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
