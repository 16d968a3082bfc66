package io.vmferry.disk;

import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Runs the programs that fixtures come from: qemu-img, mkfs and the like. */
public final class Tools {
  private static final long TIMEOUT_SECONDS = 300;

  private Tools() {}

  /**
   * Runs a program and returns what it printed. Where the program is not installed the test is
   * skipped, in CI (the environment has {@code CI}) it fails.
   */
  public static String run(String program, String... arguments) throws IOException {
    require(program);
    List<String> command = Stream.concat(Stream.of(program), Stream.of(arguments)).toList();
    Path output = Files.createTempFile("tool", ".out");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectOutput(output.toFile())
              .start();
      if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        fail("%s did not end in %d s", command, TIMEOUT_SECONDS);
      }
      String printed = Files.readString(output, StandardCharsets.UTF_8);
      if (process.exitValue() != 0) {
        fail("%s ended with %d: %s", command, process.exitValue(), printed);
      }
      return printed;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while running " + command, e);
    } finally {
      Files.deleteIfExists(output);
    }
  }

  /** Skips the test, or fails it in CI, where a program is not installed. */
  public static void require(String program) {
    String path = Objects.requireNonNullElse(System.getenv("PATH"), "") + ":/usr/sbin:/sbin";
    boolean installed =
        Stream.of(path.split(":", -1)).anyMatch(dir -> Files.isExecutable(Path.of(dir, program)));
    if (installed) {
      return;
    }
    if (System.getenv("CI") != null) {
      fail("%s is not installed, and CI must not skip this test", program);
    }
    Assumptions.abort(program + " is not installed");
  }
}
