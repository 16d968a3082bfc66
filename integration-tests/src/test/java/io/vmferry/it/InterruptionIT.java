package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a power failure in the middle leaves is put right by the next start. */
class InterruptionIT {
  private static final Duration TIMEOUT = Duration.ofMinutes(5);

  private static final Pattern TASK = Pattern.compile("task (import-ami-[0-9a-f]{17})\\R");

  @TempDir private Path directory;

  @Test
  void anImportThatIsKilledInTheMiddleOfItsConversionGoesOnWithTheNextStart() throws Exception {
    // Killed within moments after the first of several thousand blocks is written.
    LargeStreamVmdk disk = new LargeStreamVmdk(3L << 30);
    Path image = directory.resolve("large.vmdk");
    disk.write(image);
    Vmferry vmferry = Vmferry.on(directory.resolve("state"));
    String taskId;
    try (Vmferry.Running running = vmferry.start("import", "--no-modify-os", image.toString())) {
      running.err().await(TASK, TIMEOUT);
      awaitFirstBlock(vmferry.state().resolve("ebs"));
      Vmferry.Result killed = running.kill();
      assertThat(killed.exitCode()).isEqualTo(128 + 9);
      Matcher matcher = TASK.matcher(killed.err());
      assertThat(matcher.find()).isTrue();
      taskId = matcher.group(1);
    }

    // Without --wait it does not go on.
    assertThat(vmferry.run("task", "--json", taskId).successful().json().get("status").asText())
        .isEqualTo("converting");
    JsonNode task = vmferry.run("task", "--wait", "--json", taskId).successful().json();

    assertThat(task.get("status").asText()).isEqualTo("completed");
    String snapshotId = task.get("disks").get(0).get("snapshotId").asText();
    try (LocalAws aws = LocalAws.start(vmferry.state())) {
      aws.account().assertHolds(snapshotId, disk, 500);
      assertThat(aws.account().snapshots()).hasSize(1);
      assertThat(aws.account().images()).hasSize(1);
      aws.account().assertNothingIsPending();
      assertThat(aws.account().objects(Account.IMAGES)).isEmpty();
    }
  }

  private static void awaitFirstBlock(Path snapshots) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TIMEOUT.toNanos();
    while (!holdsBlocks(snapshots)) {
      assertThat(System.nanoTime()).as("no block was written").isLessThan(deadline);
      Thread.sleep(10);
    }
  }

  private static boolean holdsBlocks(Path snapshots) throws IOException {
    if (!Files.isDirectory(snapshots)) {
      return false;
    }
    try (Stream<Path> files =
        Files.find(snapshots, 2, (file, attributes) -> attributes.size() > 0)) {
      return files.anyMatch(file -> file.getFileName().toString().startsWith("data."));
    }
  }
}
