package io.vmferry.disk.deflate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** libdeflate against the JDK's deflater and inflater. */
class WholeInflaterTest {
  private static final int GRAIN = 1 << 16;

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void inflatesWhatTheJdkDeflates(boolean zlib) {
    try (WholeInflater inflater = open(zlib)) {
      for (int level = 0; level <= 9; level++) {
        for (int size : new int[] {0, 1, 511, GRAIN, WholeInflater.MAX_BYTES - 1000}) {
          byte[] content = content(size, level);
          byte[] deflated = deflate(content, level, zlib);
          byte[] inflated = new byte[size];
          assertThat(inflater.inflate(deflated, 0, deflated.length, inflated, 0, size))
              .as("level %d, %d bytes", level, size)
              .isTrue();
          assertThat(inflated).isEqualTo(content);
        }
      }
    }
  }

  @Test
  void readsAndWritesWhereItIsTold() {
    byte[] content = content(GRAIN, 1);
    byte[] deflated = deflate(content, 6, true);
    byte[] source = new byte[deflated.length + 20];
    Arrays.fill(source, (byte) 0x55);
    System.arraycopy(deflated, 0, source, 7, deflated.length);
    byte[] destination = new byte[GRAIN + 10];
    Arrays.fill(destination, (byte) 0x77);
    try (WholeInflater inflater = open(true)) {
      // What follows the stream, here 13 bytes, is not part of it.
      assertThat(inflater.inflate(source, 7, deflated.length + 13, destination, 4, GRAIN)).isTrue();
    }
    assertThat(Arrays.copyOfRange(destination, 4, 4 + GRAIN)).isEqualTo(content);
    assertThat(Arrays.copyOf(destination, 4)).containsOnly(0x77);
    assertThat(Arrays.copyOfRange(destination, 4 + GRAIN, GRAIN + 10)).containsOnly(0x77);
  }

  @Test
  void refusesAnyOtherLength() {
    byte[] deflated = deflate(content(GRAIN, 2), 6, true);
    try (WholeInflater inflater = open(true)) {
      for (int wrong : new int[] {0, 1, GRAIN - 1, GRAIN + 1, 2 * GRAIN}) {
        assertThat(inflater.inflate(deflated, 0, deflated.length, new byte[wrong], 0, wrong))
            .as("%d bytes", wrong)
            .isFalse();
      }
    }
  }

  @Test
  void refusesAStreamCutAnywhere() {
    byte[] deflated = deflate(content(4096, 3), 6, true);
    try (WholeInflater inflater = open(true)) {
      for (int length = 0; length < deflated.length; length++) {
        assertThat(inflater.inflate(deflated, 0, length, new byte[4096], 0, 4096))
            .as("%d of %d bytes", length, deflated.length)
            .isFalse();
      }
    }
  }

  @Test
  void acceptsADamagedStreamNeverMoreThanTheJdkDoes() {
    byte[] content = content(4096, 4);
    byte[] deflated = deflate(content, 6, true);
    int refused = 0;
    try (WholeInflater inflater = open(true)) {
      for (int bit = 0; bit < 8 * deflated.length; bit++) {
        byte[] damaged = deflated.clone();
        damaged[bit / 8] ^= (byte) (1 << (bit % 8));
        byte[] inflated = new byte[content.length];
        boolean accepted =
            inflater.inflate(damaged, 0, damaged.length, inflated, 0, inflated.length);
        Optional<byte[]> expected = inflateByJdk(damaged, content.length);
        if (accepted) {
          assertThat(expected).as("bit %d", bit).hasValue(inflated);
        } else {
          refused++;
        }
      }
    }
    assertThat(refused).isGreaterThan(8 * deflated.length * 9 / 10);
  }

  @Test
  void survivesNoise() {
    Random random = new Random(5);
    try (WholeInflater inflater = open(true);
        WholeInflater raw = open(false)) {
      for (int i = 0; i < 20_000; i++) {
        byte[] noise = new byte[random.nextInt(200)];
        random.nextBytes(noise);
        if (noise.length > 2) {
          // A valid zlib header, so that more than the header is looked at.
          noise[0] = 0x78;
          noise[1] = (byte) 0x9c;
        }
        byte[] out = new byte[random.nextInt(300)];
        if (inflater.inflate(noise, 0, noise.length, out, 0, out.length)) {
          assertThat(inflateByJdk(noise, out.length)).hasValue(out);
        }
        raw.inflate(noise, 0, noise.length, out, 0, out.length);
      }
    }
  }

  @Test
  void leavesLongStreamsToOthers() {
    byte[] content = new byte[WholeInflater.MAX_BYTES + 1];
    byte[] deflated = deflate(content, 6, true);
    try (WholeInflater inflater = open(true)) {
      assertThat(
              inflater.inflate(
                  deflated, 0, deflated.length, new byte[content.length], 0, content.length))
          .isFalse();
    }
  }

  @Test
  void checksRangesBeforeAnythingIsTouched() {
    byte[] bytes = new byte[10];
    try (WholeInflater inflater = open(true)) {
      assertThatThrownBy(() -> inflater.inflate(bytes, 5, 6, bytes, 0, 10))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> inflater.inflate(bytes, 0, 10, bytes, -1, 10))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> inflater.inflate(bytes, 0, 10, bytes, 1, 10))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void cannotBeUsedOnceClosed() {
    WholeInflater inflater = open(true);
    inflater.close();
    inflater.close();
    assertThatThrownBy(() -> inflater.inflate(new byte[1], 0, 1, new byte[1], 0, 1))
        .isInstanceOf(IllegalStateException.class);
  }

  /** Skips the test, or fails it in CI, where libdeflate is not installed. */
  private static WholeInflater open(boolean zlib) {
    Optional<WholeInflater> inflater = zlib ? WholeInflater.zlib() : WholeInflater.raw();
    if (inflater.isEmpty()) {
      if (System.getenv("CI") != null) {
        fail("libdeflate is not installed, and CI must not skip this test");
      }
      Assumptions.abort("libdeflate is not installed");
    }
    return inflater.orElseThrow();
  }

  /** Bytes that compress somewhat, with a run of zeros in the middle. */
  private static byte[] content(int size, long seed) {
    Random random = new Random(seed);
    byte[] content = new byte[size];
    for (int i = 0; i < size; i++) {
      content[i] = (byte) (random.nextInt(4) == 0 ? random.nextInt(256) : i >> 3);
    }
    Arrays.fill(content, size / 3, size / 2, (byte) 0);
    return content;
  }

  private static byte[] deflate(byte[] content, int level, boolean zlib) {
    Deflater deflater = new Deflater(level, !zlib);
    try {
      deflater.setInput(content);
      deflater.finish();
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      byte[] buffer = new byte[1 << 16];
      while (!deflater.finished()) {
        out.write(buffer, 0, deflater.deflate(buffer));
      }
      return out.toByteArray();
    } finally {
      deflater.end();
    }
  }

  /** What the JDK makes of a stream; empty unless it is intact and of that size. */
  private static Optional<byte[]> inflateByJdk(byte[] deflated, int size) {
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(deflated);
      byte[] out = new byte[size + 1];
      int count = 0;
      while (!inflater.finished() && count < out.length) {
        int more = inflater.inflate(out, count, out.length - count);
        if (more == 0 && (inflater.needsInput() || inflater.needsDictionary())) {
          return Optional.empty();
        }
        count += more;
      }
      return inflater.finished() && count == size
          ? Optional.of(Arrays.copyOf(out, size))
          : Optional.empty();
    } catch (DataFormatException e) {
      return Optional.empty();
    } finally {
      inflater.end();
    }
  }
}
