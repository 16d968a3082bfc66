package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code vmferry boot} as a process, with the real qemu. */
class BootIT {
  private static final Duration TIMEOUT = Duration.ofMinutes(5);

  @TempDir private Path directory;
  private Path disks;
  private Vmferry vmferry;
  private String imageId;

  @BeforeEach
  void importExample() throws IOException {
    Tools.require("qemu-system-x86_64");
    disks = Files.createDirectory(directory.resolve("disks"));
    vmferry = new Vmferry(directory.resolve("state"), "", Map.of("TMPDIR", disks.toString()));
    Path example = Fixtures.ROOT.resolve("examples/three-partitions.ova");
    imageId = vmferry.imported(example.toString()).get("imageId").asText();
  }

  @Test
  void aMachineEndsWithTheCommandThatIsTerminated() throws Exception {
    try (Vmferry.Running boot = start()) {
      List<ProcessHandle> machines = machines(boot);

      Vmferry.Result result = boot.terminate();

      assertThat(result.exitCode()).isEqualTo(143);
      assertThat(result.err()).doesNotContain("vmferry: ");
      assertEnd(machines);
      assertThat(disks).isEmptyDirectory();
    }
  }

  @Test
  void aMachineEndsWithTheCommandThatIsKilledAndTheNextBootRemovesItsDisks() throws Exception {
    Tools.require("setpriv");
    try (Vmferry.Running boot = start()) {
      List<ProcessHandle> machines = machines(boot);
      boot.kill();
      assertEnd(machines);
    }
    List<Path> left = entries();
    assertThat(left).hasSize(1);

    Vmferry.Result result = vmferry.run("boot", imageId, "--expect", "x", "--timeout", "1s");

    assertThat(result.exitCode()).isEqualTo(Vmferry.USER);
    assertThat(result.err()).contains("BOOT_TEXT_NOT_SHOWN").contains("within 1s");
    assertThat(disks).isEmptyDirectory();
  }

  private Vmferry.Running start() throws IOException {
    return vmferry.start("boot", imageId, "--expect", "never", "--timeout", "1h");
  }

  /** The machine's processes, once it runs. */
  private static List<ProcessHandle> machines(Vmferry.Running boot) throws Exception {
    boot.err().await(Pattern.compile("booting ami-"), TIMEOUT);
    Instant limit = Instant.now().plus(TIMEOUT);
    while (true) {
      List<ProcessHandle> found =
          boot.descendants()
              .filter(process -> process.info().command().orElse("").endsWith("qemu-system-x86_64"))
              .toList();
      if (!found.isEmpty()) {
        return found;
      }
      assertThat(Instant.now()).as("no machine runs: %s", boot.err().soFar()).isBefore(limit);
      Thread.sleep(50);
    }
  }

  private static void assertEnd(List<ProcessHandle> processes) throws InterruptedException {
    Instant limit = Instant.now().plusSeconds(60);
    while (processes.stream().anyMatch(ProcessHandle::isAlive)) {
      assertThat(Instant.now()).as("%s still run", processes).isBefore(limit);
      Thread.sleep(50);
    }
  }

  private List<Path> entries() throws IOException {
    try (Stream<Path> entries = Files.list(disks)) {
      return entries.toList();
    }
  }
}
