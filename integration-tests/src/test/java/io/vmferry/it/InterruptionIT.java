package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a power failure in the middle leaves is put right by the next start. */
class InterruptionIT {
  private static final Duration TIMEOUT = Duration.ofMinutes(5);

  /** The disk's conversion has begun, and is far from its end. */
  private static final Pattern CONVERTING = Pattern.compile("converting +[1-9]\\d? %");

  private static final Pattern TASK = Pattern.compile("task (import-ami-[0-9a-f]{17})\\R");

  @TempDir private Path directory;

  @Test
  void anImportThatIsKilledInTheMiddleOfItsConversionGoesOnWithTheNextStart() throws Exception {
    LargeStreamVmdk disk = new LargeStreamVmdk(6L << 30);
    Path image = directory.resolve("large.vmdk");
    disk.write(image);
    Vmferry vmferry = Vmferry.on(directory.resolve("state"));
    String taskId;
    try (Vmferry.Running running = vmferry.start("import", image.toString())) {
      running.err().await(CONVERTING, TIMEOUT);
      Vmferry.Result killed = running.kill();
      assertThat(killed.exitCode()).isEqualTo(128 + 9);
      Matcher matcher = TASK.matcher(killed.err());
      assertThat(matcher.find()).isTrue();
      taskId = matcher.group(1);
    }

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
}
