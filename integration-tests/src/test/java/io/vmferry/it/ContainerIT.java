package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.error.ErrorCode;
import io.vmferry.functions.aws.HttpsRemoteFiles;
import io.vmferry.functions.container.Main;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.task.Compute;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskStatus;
import io.vmferry.local.ecs.ContainerEngine;
import io.vmferry.local.ecs.ContainerRun;
import io.vmferry.local.ecs.JvmContainers;
import io.vmferry.local.edge.FaultInjector;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Disks are converted in the container, in a JVM of its own that the state machine starts. */
class ContainerIT {
  private static final Optional<Compute> FARGATE = Optional.of(Compute.FARGATE);
  private static final FaultInjector NO_FAULTS = new FaultInjector(0);

  @TempDir private Path directory;

  /** Containers whose first runs die as if the machine below them did. */
  private static final class Mortal implements ContainerEngine {
    private final ContainerEngine containers;
    private final int deaths;
    private final List<ContainerRun> runs = new CopyOnWriteArrayList<>();

    Mortal(ContainerEngine containers, int deaths) {
      this.containers = containers;
      this.deaths = deaths;
    }

    @Override
    public ProcessBuilder prepare(ContainerRun run) {
      runs.add(run);
      return runs.size() <= deaths
          ? new ProcessBuilder("sh", "-c", "kill -9 $$")
          : containers.prepare(run);
    }

    @Override
    public void kill(ContainerRun run, Process process) {
      containers.kill(run, process);
    }

    List<String> commands() {
      List<String> commands = new ArrayList<>();
      runs.forEach(run -> commands.add(run.command().getFirst()));
      return commands;
    }
  }

  private static JvmContainers containers() {
    return new JvmContainers(Main.class.getName());
  }

  @Test
  void aDiskIsConvertedByOneContainerThoughTheFirstOfThemDies() throws IOException {
    ImageFixture fixture = ImageFixture.VHD_DYNAMIC;
    Mortal containers = new Mortal(containers(), 1);
    try (HttpsRemoteFiles remoteFiles = new HttpsRemoteFiles();
        DeployedStack stack = DeployedStack.start(directory, NO_FAULTS, remoteFiles, containers)) {
      String url = stack.account().upload(fixture.image(), "image");

      Task task = stack.importing(url, GuestOptions.AS_IT_IS, FARGATE);

      assertThat(task.status()).as(task.statusMessage()).isEqualTo(TaskStatus.COMPLETED);
      assertThat(task.compute().orElseThrow().where()).isEqualTo(Compute.FARGATE);
      assertThat(task.disk(0).chunks()).isEqualTo(3);
      assertThat(containers.commands()).containsExactly("convert", "convert");
      assertHolds(stack, task, fixture);
      stack.account().assertNothingIsPending();
    }
  }

  @Test
  void aContainerThatDiesEachTimeFailsTheTaskWithACodeOfItsOwn() throws IOException {
    Mortal containers = new Mortal(containers(), Integer.MAX_VALUE);
    try (HttpsRemoteFiles remoteFiles = new HttpsRemoteFiles();
        DeployedStack stack = DeployedStack.start(directory, NO_FAULTS, remoteFiles, containers)) {
      String url = stack.account().upload(ImageFixture.VHD_DYNAMIC.image(), "image");

      Task task = stack.importing(url, GuestOptions.AS_IT_IS, FARGATE);

      assertThat(task.error().orElseThrow().code()).isEqualTo(ErrorCode.CONTAINER_FAILED);
      assertThat(task.error().orElseThrow().message()).contains("convert ended with 137");
      assertThat(containers.runs).hasSize(3);
    }
  }

  @Test
  void whatFailsInTheContainerKeepsItsCodeAndIsNotTriedAgain() throws IOException {
    Mortal containers = new Mortal(containers(), 0);
    try (HttpsRemoteFiles remoteFiles = new HttpsRemoteFiles();
        DeployedStack stack = DeployedStack.start(directory, NO_FAULTS, remoteFiles, containers)) {
      Path broken = BadImage.DAMAGED_DEFLATE_STREAM.make(directory);
      String url = stack.account().upload(broken, "broken.vmdk");

      Task task = stack.importing(url, GuestOptions.AS_IT_IS, FARGATE);

      assertThat(task.status()).isEqualTo(TaskStatus.DELETED);
      assertThat(task.error().orElseThrow().code()).isEqualTo(ErrorCode.VMDK_GRAIN_INVALID);
      assertThat(containers.commands()).containsExactly("convert");
      stack.account().assertIsEmpty();
    }
  }

  @Test
  @Timeout(180)
  void cancellingTheTaskEndsTheContainerAndLeavesNothing() throws Exception {
    LargeStreamVmdk disk = new LargeStreamVmdk(2L << 30);
    Path image = directory.resolve("large.vmdk");
    disk.write(image);
    try (HttpsRemoteFiles remoteFiles = new HttpsRemoteFiles();
        DeployedStack stack =
            DeployedStack.start(directory, NO_FAULTS, remoteFiles, containers())) {
      String url = stack.account().upload(image, "large.vmdk");
      String id = stack.start(url, GuestOptions.AS_IT_IS, FARGATE);
      ProcessHandle container = awaitContainer();
      while (stack.stack().ports().progress().total(id).writtenBlocks() == 0) {
        Thread.sleep(50);
      }

      stack.cancel(id);

      Task task = stack.ended(id);
      // The execution has ended; the container is told to, and given its time.
      container.onExit().get(90, TimeUnit.SECONDS);
      while (!task.status().isFinal()) {
        Thread.sleep(50);
        task = stack.task(id);
      }
      assertThat(task.error().orElseThrow().code()).isEqualTo(ErrorCode.TASK_CANCELLED);
      stack.account().assertIsEmpty();
    }
  }

  private static ProcessHandle awaitContainer() throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    while (System.nanoTime() < deadline) {
      Optional<ProcessHandle> found =
          ProcessHandle.current()
              .children()
              .filter(child -> child.info().command().orElse("").endsWith("/java"))
              .findFirst();
      if (found.isPresent()) {
        return found.get();
      }
      Thread.sleep(20);
    }
    throw new AssertionError("no container was started");
  }

  @Test
  void aFileThatItsServerGivesAsAWholeOnlyIsStreamedOnceByTheContainer() throws IOException {
    ImageFixture fixture = ImageFixture.OVA;
    Mortal containers = new Mortal(new JvmContainers(WebReadingContainer.class.getName()), 0);
    try (FileServer server = FileServer.of(fixture.image(), false);
        HttpsRemoteFiles remoteFiles = new HttpsRemoteFiles(address -> true, Set.of("http"));
        DeployedStack stack = DeployedStack.start(directory, NO_FAULTS, remoteFiles, containers)) {

      Task task = stack.importing(server.url().toString(), GuestOptions.AS_IT_IS, FARGATE);

      assertThat(task.status()).as(task.statusMessage()).isEqualTo(TaskStatus.COMPLETED);
      assertThat(containers.commands()).containsExactly("download", "convert");
      assertThat(Json.write(task)).doesNotContain("secret");
      assertHolds(stack, task, fixture);
    }
  }

  private void assertHolds(DeployedStack stack, Task task, ImageFixture fixture)
      throws IOException {
    Path content = directory.resolve("content.raw");
    stack.account().read(task.disk(0).snapshotId().orElseThrow(), content);
    Contents.assertEqualsPadded(content, fixture.expected());
  }
}
