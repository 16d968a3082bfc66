package io.vmferry.disk.vmdk;

import java.util.Arrays;
import java.util.Random;

/** Disks to make fixtures of. */
final class Disks {
  private Disks() {}

  /** A disk of random bytes, text and holes, the same for the same size. */
  static byte[] mixed(int size) {
    byte[] disk = new byte[size];
    Random random = new Random(size);
    int at = 0;
    while (at < size) {
      int length = Math.min(size - at, 1 + random.nextInt(300_000));
      switch (random.nextInt(3)) {
        case 0 -> {
          byte[] bytes = new byte[length];
          random.nextBytes(bytes);
          System.arraycopy(bytes, 0, disk, at, length);
        }
        case 1 -> {
          for (int i = at; i < at + length; i++) {
            disk[i] = (byte) ("The quick brown fox " + i / 50).charAt(i % 21);
          }
        }
        default -> Arrays.fill(disk, at, at + length, (byte) 0);
      }
      at += length;
    }
    return disk;
  }
}
