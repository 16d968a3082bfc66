package io.vmferry.cli.boot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Tells whether KVM works here by using it: there are computers where {@code /dev/kvm} can be
 * opened and a guest then stands still, or runs slower than without it.
 */
final class KvmProbe {
  private static final Path DEVICE = Path.of("dev/kvm");

  /** Emulation needs half a second, or a few of them on a computer that is busy. */
  private static final Duration LIMIT = Duration.ofSeconds(10);

  /** A time so short says nothing about which is faster. */
  private static final Duration SHORT = Duration.ofSeconds(1);

  /** What the boot sector gives the port, as qemu makes an exit status of it. */
  private static final int EXPECTED_STATUS = 0x10 << 1 | 1;

  /** {@code mov dx, 0xf4; mov al, 0x10; out dx, al; hlt; jmp $-1}: ends qemu through its port. */
  private static final byte[] PROGRAM = {
    (byte) 0xba,
    (byte) 0xf4,
    0x00,
    (byte) 0xb0,
    0x10,
    (byte) 0xee,
    (byte) 0xf4,
    (byte) 0xeb,
    (byte) 0xfd
  };

  /** SeaBIOS does not start from a disk that is much smaller. */
  private static final int DISK_SIZE = 1 << 20;

  private final Path qemu;
  private final Path device;

  KvmProbe(Path qemu, Path root) {
    this.qemu = qemu;
    this.device = root.resolve(DEVICE);
  }

  /**
   * Whether a machine runs under KVM, and no slower than by emulation. Takes twenty seconds at
   * most, and one as a rule.
   *
   * @param directory where the probe's disk is put
   */
  boolean works(Path directory) throws IOException, InterruptedException {
    if (!Files.isReadable(device) || !Files.isWritable(device)) {
      return false;
    }
    byte[] disk = new byte[DISK_SIZE];
    System.arraycopy(PROGRAM, 0, disk, 0, PROGRAM.length);
    disk[510] = 0x55;
    disk[511] = (byte) 0xaa;
    Path file = Files.write(directory.resolve("probe.raw"), disk);
    try {
      long before = System.nanoTime();
      if (!ends(file, false, LIMIT)) {
        return false;
      }
      Duration emulated = Duration.ofNanos(System.nanoTime() - before);
      return ends(file, true, emulated.compareTo(SHORT) < 0 ? SHORT : emulated);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private boolean ends(Path disk, boolean kvm, Duration limit)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command(disk, kvm))
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)
          && process.exitValue() == EXPECTED_STATUS;
    } finally {
      process.destroyForcibly();
    }
  }

  private List<String> command(Path disk, boolean kvm) {
    return List.of(
        qemu.toString(),
        "-accel",
        kvm ? "kvm" : "tcg",
        // As the machine itself: there are computers whose processor qemu cannot hand on.
        "-cpu",
        QemuCommand.processor(kvm),
        "-machine",
        "pc",
        "-m",
        "64",
        "-nodefaults",
        "-display",
        "none",
        "-no-reboot",
        "-device",
        "isa-debug-exit,iobase=0xf4,iosize=0x04",
        "-drive",
        "if=ide,index=0,format=raw,file=" + QemuCommand.escaped(disk));
  }
}
