package io.vmferry.disk.vhd;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.vmferry.disk.block.ImageWalk;
import io.vmferry.disk.io.ByteArraySource;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Hostile VHDs: see {@link ImageWalk}. */
class VhdFuzzTest {
  private static final int FOOTER = 512;

  /** Any bytes at all. */
  @FuzzTest(maxDuration = "3m")
  void readsAnyBytes(byte[] bytes) {
    ImageWalk.walk(new VhdFormat(), new ByteArraySource("fuzz", bytes));
  }

  /** A footer from the bytes' start, made valid, at both ends of the rest. */
  @FuzzTest(maxDuration = "3m")
  void readsAnyDiskBetweenIdenticalFooters(byte[] bytes) {
    byte[] footer = Arrays.copyOf(bytes, FOOTER);
    byte[] cookie = "conectix".getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(cookie, 0, footer, 0, cookie.length);
    VhdBuilder.seal(footer, 64);
    byte[] file = Arrays.copyOf(bytes, Math.max(bytes.length, FOOTER) + FOOTER);
    System.arraycopy(footer, 0, file, 0, FOOTER);
    System.arraycopy(footer, 0, file, file.length - FOOTER, FOOTER);
    ImageWalk.walk(new VhdFormat(), new ByteArraySource("fuzz", file));
  }
}
