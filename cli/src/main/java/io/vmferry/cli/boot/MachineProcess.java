package io.vmferry.cli.boot;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A machine that is switched on. */
final class MachineProcess implements AutoCloseable {
  private static final int BUFFER = 8192;
  private static final int MAX_MESSAGE = 2000;

  /** qemu ends at once when it is told; what does not is stuck in the kernel. */
  private static final Duration LAST_CHANCE = Duration.ofSeconds(5);

  private final Process process;
  private final Path messages;

  private MachineProcess(Process process, Path messages) {
    this.process = process;
    this.messages = messages;
  }

  /**
   * Switches a machine on.
   *
   * @param command qemu's
   * @param interactive whether the console is this process's own terminal
   * @param messages where qemu's messages go, if the console is not
   */
  static MachineProcess start(
      HostPrograms programs, List<String> command, boolean interactive, Path messages)
      throws IOException {
    List<String> whole = new ArrayList<>();
    // A machine must not go on when this process is killed without a chance to end it.
    programs
        .find("setpriv")
        .ifPresent(setpriv -> whole.addAll(List.of(setpriv.toString(), "--pdeathsig", "TERM")));
    whole.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(whole);
    if (interactive) {
      builder.inheritIO();
    } else {
      builder
          .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
          .redirectError(messages.toFile());
    }
    return new MachineProcess(builder.start(), messages);
  }

  /**
   * Shows the console until all texts have been seen.
   *
   * @throws VmferryException {@link ErrorCode#BOOT_TEXT_NOT_SHOWN}, {@link
   *     ErrorCode#BOOT_MACHINE_FAILED}
   */
  void await(ConsoleWatch watch, Duration timeout, OutputStream console)
      throws IOException, InterruptedException {
    FutureTask<Boolean> reading = new FutureTask<>(() -> isShown(watch, console));
    Thread reader = Thread.ofVirtual().name("console").start(reading);
    boolean shown;
    try {
      shown = reading.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      end();
      reader.join();
      throw notShown(watch, "within %s".formatted(DurationText.of(timeout)));
    } catch (ExecutionException e) {
      throw new IOException("the console cannot be shown: " + e.getCause(), e);
    }
    if (shown) {
      return;
    }
    int status = process.waitFor();
    if (status != 0) {
      throw failed(status, message());
    }
    throw notShown(watch, "before the machine was switched off");
  }

  /**
   * Waits until the machine is switched off.
   *
   * @throws VmferryException {@link ErrorCode#BOOT_MACHINE_FAILED}
   */
  void awaitEnd() throws InterruptedException {
    int status = process.waitFor();
    if (status != 0) {
      throw failed(status, "its messages are above");
    }
  }

  /** Switches the machine off, however it is. */
  @Override
  public void close() {
    end();
  }

  private boolean isShown(ConsoleWatch watch, OutputStream console) throws IOException {
    byte[] buffer = new byte[BUFFER];
    try (InputStream in = process.getInputStream()) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        console.write(buffer, 0, count);
        console.flush();
        watch.accept(buffer, count);
        if (watch.missing().isEmpty()) {
          return true;
        }
      }
    } catch (IOException e) {
      if (process.isAlive()) {
        throw e;
      }
      // The machine was ended while its console was read.
    }
    return false;
  }

  private void end() {
    process.destroy();
    try {
      if (!process.waitFor(LAST_CHANCE.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private static VmferryException notShown(ConsoleWatch watch, String when) {
    return new VmferryException(
        ErrorCode.BOOT_TEXT_NOT_SHOWN,
        "the serial console did not show '%s' %s; %s"
            .formatted(watch.missing().getFirst(), when, watch.describeLastLines()));
  }

  private static VmferryException failed(int status, String message) {
    return new VmferryException(
        ErrorCode.BOOT_MACHINE_FAILED, "qemu ended with status %d: %s".formatted(status, message));
  }

  /** What qemu said, up to a length that fits a message. */
  private String message() throws IOException {
    try (InputStream in = Files.newInputStream(messages)) {
      String text = new String(in.readNBytes(MAX_MESSAGE), StandardCharsets.UTF_8).strip();
      return text.isEmpty() ? "it did not say why" : text.replace("\n", "; ");
    }
  }
}
