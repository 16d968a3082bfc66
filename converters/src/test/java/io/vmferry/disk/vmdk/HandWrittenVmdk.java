package io.vmferry.disk.vmdk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes VMDKs that qemu-img does not write, for the tests of other modules. */
public final class HandWrittenVmdk {
  private HandWrittenVmdk() {}

  /**
   * Writes a disk as VMware's tools stream it: flags 0x30001, markers in front of grain tables,
   * directory and footer, the directory at the end.
   *
   * @param disk a raw disk small enough to be held in memory
   */
  public static void stream(Path disk, Path image) throws IOException {
    Files.write(image, new VmdkBuilder(Files.readAllBytes(disk)).build());
  }
}
