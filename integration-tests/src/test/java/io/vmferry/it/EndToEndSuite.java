package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.error.ErrorCode;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import io.vmferry.local.edge.FaultInjector.Fault;
import io.vmferry.local.edge.FaultInjector.Rule;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Imports on what the CDK app deploys: its functions with their variables and permissions, its
 * state machine, its rules. Each environment runs all of it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class EndToEndSuite {
  private static final Duration BEGIN = Duration.ofMinutes(2);

  private @Nullable DeployedSystem deployed;
  private @Nullable Path temporary;

  /** Deploys it. */
  abstract DeployedSystem deploy(Path state) throws IOException;

  @BeforeAll
  void start(@TempDir Path directory) throws IOException {
    temporary = directory;
    deployed = deploy(directory.resolve("state"));
  }

  @AfterAll
  void stop() {
    if (deployed != null) {
      deployed.close();
    }
  }

  @AfterEach
  void nothingGoesWrongAnyMore() {
    system().faults().clear();
  }

  /** What is deployed. */
  DeployedSystem system() {
    return Objects.requireNonNull(deployed);
  }

  private Path file(String name) {
    return Objects.requireNonNull(temporary).resolve(name);
  }

  private static ImportRequest request(TaskKind kind, String url, Optional<String> format) {
    return new ImportRequest(
        kind,
        List.of(new DiskContainer(url, format, Optional.empty(), Optional.empty())),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Map.of(),
        GuestOptions.AS_IT_IS);
  }

  private static Task completed(Task task) {
    assertThat(task.status()).as(Json.write(task)).isEqualTo(TaskStatus.COMPLETED);
    return task;
  }

  private void assertHolds(Task task, ImageFixture fixture) throws IOException {
    String snapshotId = task.disk(0).snapshotId().orElseThrow();
    Path content = file(snapshotId + ".raw");
    system().account().read(snapshotId, content);
    Contents.assertEqualsPadded(content, fixture.expected());
    Files.delete(content);
    system().account().assertNothingIsPending();
  }

  @Test
  void anOvaBecomesAnImage() throws IOException {
    ImageFixture fixture = ImageFixture.OVA;
    String url = system().account().upload(fixture.image(), "machines/machine.ova");

    Task task =
        completed(
            system().await(system().start(request(TaskKind.IMPORT_IMAGE, url, Optional.empty()))));

    assertHolds(task, fixture);
    assertThat(system().account().images())
        .extracting(image -> image.imageId())
        .containsExactly(task.imageId().orElseThrow());
    system()
        .account()
        .delete(task.imageId().orElseThrow(), List.of(task.disk(0).snapshotId().orElseThrow()));
  }

  @Test
  void aDiskBecomesASnapshotAndNoImage() throws IOException {
    ImageFixture fixture = ImageFixture.VHDX_WITH_DIRTY_LOG;
    String url = system().account().upload(fixture.image(), "disks/disk.vhdx");

    Task task =
        completed(
            system()
                .await(system().start(request(TaskKind.IMPORT_SNAPSHOT, url, Optional.empty()))));

    assertHolds(task, fixture);
    assertThat(system().account().images()).isEmpty();
    String snapshotId = task.disk(0).snapshotId().orElseThrow();
    system().account().clients().ec2().deleteSnapshot(delete -> delete.snapshotId(snapshotId));
  }

  @Test
  void anImageIsReadFromAWebServer() throws IOException {
    Assumptions.assumeTrue(
        system().readsLocalServers(), "functions outside of this process refuse private addresses");
    ImageFixture fixture = ImageFixture.OVA;
    try (FileServer server = FileServer.of(fixture.image(), true)) {
      Task task =
          completed(
              system()
                  .await(
                      system()
                          .start(
                              request(
                                  TaskKind.IMPORT_IMAGE,
                                  server.url().toString(),
                                  Optional.empty()))));

      assertHolds(task, fixture);
      system()
          .account()
          .delete(task.imageId().orElseThrow(), List.of(task.disk(0).snapshotId().orElseThrow()));
    }
  }

  @Test
  void stoppingATaskRemovesWhatItHasMade() throws IOException {
    // The conversion begins, and does not end.
    system().faults().add(Rule.of("ebs", "PutSnapshotBlock", Fault.THROTTLE, 1));
    String url =
        system().account().upload(ImageFixture.VHD_DYNAMIC.image(), "disks/disk-to-stop.vhd");
    String id = system().start(request(TaskKind.IMPORT_IMAGE, url, Optional.empty()));
    long deadline = System.nanoTime() + BEGIN.toNanos();
    while (system().faults().injected(Fault.THROTTLE) == 0) {
      assertThat(System.nanoTime()).as("the conversion does not begin").isLessThan(deadline);
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
    }
    assertThat(system().account().snapshots()).hasSize(1);

    system().stop(id);

    Task task = system().await(id);
    assertThat(task.status()).isEqualTo(TaskStatus.DELETED);
    assertThat(task.error().orElseThrow().code()).isEqualTo(ErrorCode.TASK_CANCELLED);
    system().account().assertIsEmpty();
  }

  @Test
  void anImageThatTurnsOutDamagedFailsAndLeavesNothing() throws IOException {
    Path damaged = Files.copy(ImageFixture.VMDK_STREAM_OPTIMIZED.image(), file("damaged.vmdk"));
    byte[] noise = new byte[64 << 10];
    new Random(1).nextBytes(noise);
    try (RandomAccessFile file = new RandomAccessFile(damaged.toFile(), "rw")) {
      file.seek(file.length() / 2);
      file.write(noise);
    }
    String url = system().account().upload(damaged, "disks/damaged.vmdk");

    Task task =
        system().await(system().start(request(TaskKind.IMPORT_IMAGE, url, Optional.empty())));

    assertThat(task.status()).isEqualTo(TaskStatus.DELETED);
    assertThat(task.error().orElseThrow().code().category()).isEqualTo(ErrorCode.Category.USER);
    system().account().assertIsEmpty();
  }
}
