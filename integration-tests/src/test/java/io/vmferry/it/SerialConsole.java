package io.vmferry.it;

import io.vmferry.disk.Tools;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A machine in qemu, without hardware acceleration, with one SATA disk that it cannot change and a
 * serial console that is read here.
 */
final class SerialConsole implements AutoCloseable {
  private final Process machine;
  private final Captured console;

  private SerialConsole(Process machine) {
    this.machine = machine;
    this.console = Captured.of(machine.getInputStream());
  }

  /** Switches a machine on. */
  static SerialConsole boot(Path rawDisk) throws IOException {
    Tools.require("qemu-system-x86_64");
    List<String> command =
        List.of(
            "qemu-system-x86_64",
            "-accel",
            "tcg",
            "-machine",
            "q35",
            "-m",
            "1024",
            "-nodefaults",
            "-no-reboot",
            "-display",
            "none",
            "-serial",
            "stdio",
            "-drive",
            "if=none,id=disk,format=raw,snapshot=on,file=" + rawDisk,
            "-device",
            "ide-hd,drive=disk,bus=ide.0");
    return new SerialConsole(
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(Path.of("/dev/null").toFile())
            .start());
  }

  /**
   * Reads the console until it says something.
   *
   * @return everything it said
   * @throws AssertionError if it does not say so in time, or the machine stops before
   */
  String awaitText(String text, Duration timeout) throws InterruptedException {
    return console.await(Pattern.compile(Pattern.quote(text)), timeout);
  }

  /** Switches the machine off, however it is. */
  @Override
  public void close() {
    machine.destroyForcibly();
  }
}
