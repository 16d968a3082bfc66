package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.aws.HttpsRemoteFiles;
import io.vmferry.functions.handler.TaskReference;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import io.vmferry.local.edge.FaultInjector;
import io.vmferry.local.stack.EmbeddedStack;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.ec2.model.Snapshot;
import software.amazon.awssdk.services.sfn.model.ExecutionStatus;

/**
 * Cancels imports, and aborts their executions, at a call of the embedded AWS drawn from all that
 * an import makes: nothing is ever left. {@code scripts/cancel-everywhere} does it more often, and
 * kills the process as well.
 */
class CancelEverywhereIT {
  private static final int RUNS = Integer.getInteger("vmferry.cancel.runs", 12);
  private static final int KILLS = Integer.getInteger("vmferry.cancel.kills", 0);
  private static final long SEED = Long.getLong("vmferry.cancel.seed", 20261124L);

  @TempDir private Path directory;

  private enum Disturbance {
    CANCEL,
    ABORT
  }

  @Test
  void aCancelledOrAbortedImportLeavesNothingWhereverItWas() throws Exception {
    try (HttpsRemoteFiles remoteFiles = new HttpsRemoteFiles();
        DeployedStack stack =
            DeployedStack.start(directory.resolve("state"), new FaultInjector(0), remoteFiles)) {
      Path image = image();
      AtomicInteger calls = new AtomicInteger();
      stack.observe(calls::incrementAndGet);
      Task undisturbed = stack.importing(stack.account().upload(image, "image.vhdx"));
      assertThat(undisturbed.status()).isEqualTo(TaskStatus.COMPLETED);
      removeResults(stack, undisturbed);
      int most = calls.get();
      Random random = new Random(SEED);
      Map<Disturbance, Integer> deleted = new EnumMap<>(Disturbance.class);
      int completed = 0;
      for (int run = 0; run < RUNS; run++) {
        Disturbance disturbance = Disturbance.values()[run % Disturbance.values().length];
        // Every part of the import's course has its share of the runs.
        int at = 1 + (int) ((run + random.nextDouble()) * most / RUNS);
        Task task = disturbed(stack, image, disturbance, at);
        if (task.status() == TaskStatus.COMPLETED) {
          completed++;
          removeResults(stack, task);
        } else {
          assertThat(task.status())
              .as("%s at call %d", disturbance, at)
              .isEqualTo(TaskStatus.DELETED);
          deleted.merge(disturbance, 1, Integer::sum);
        }
        assertNothingIsLeft(stack, "%s at call %d".formatted(disturbance, at));
      }
      Files.writeString(
          Path.of("target", "cancel-everywhere.txt"),
          "runs %d, calls of an import %d, deleted %s, over before the disturbance %d%n"
              .formatted(RUNS, most, deleted, completed));
      assertThat(deleted.values().stream().mapToInt(Integer::intValue).sum())
          .isGreaterThanOrEqualTo(RUNS * 3 / 4);
    }
  }

  private static Task disturbed(DeployedStack stack, Path image, Disturbance disturbance, int at)
      throws InterruptedException {
    String url = stack.account().upload(image, EmbeddedStack.UPLOADS + at + "/image.vhdx");
    AtomicInteger calls = new AtomicInteger();
    CountDownLatch reached = new CountDownLatch(1);
    stack.observe(
        () -> {
          if (calls.incrementAndGet() >= at) {
            reached.countDown();
          }
        });
    String id = stack.start(url);
    // If the import makes fewer calls this time, it is over before.
    while (!reached.await(10, TimeUnit.MILLISECONDS) && !stack.task(id).status().isAtRest()) {
      assertThat(calls.get()).isPositive();
    }
    switch (disturbance) {
      case CANCEL -> {
        cancel(stack, id);
        cancel(stack, id);
      }
      case ABORT -> stack.stack().ports().workflow().stop(id, "aborted");
    }
    return stack.awaitRest(id);
  }

  private static void cancel(DeployedStack stack, String id) {
    try {
      stack.stack().invoke("vmferry-CancelTask", Json.write(new TaskReference(id)));
    } catch (VmferryException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.TASK_STATE_CONFLICT);
      assertThat(stack.task(id).status()).isEqualTo(TaskStatus.COMPLETED);
    }
  }

  private static void removeResults(DeployedStack stack, Task task) {
    stack
        .account()
        .delete(
            task.imageId().orElseThrow(),
            task.disks().stream().map(disk -> disk.snapshotId().orElseThrow()).toList());
  }

  private static void assertNothingIsLeft(DeployedStack stack, String when) {
    assertThat(stack.account().images()).as(when).isEmpty();
    assertThat(stack.account().snapshots()).as(when).extracting(Snapshot::snapshotId).isEmpty();
    assertThat(stack.account().objects(Account.WORK)).as(when).isEmpty();
    assertThat(stack.account().objects(Account.IMAGES))
        .as(when)
        .allMatch(key -> key.equals("image.vhdx"));
    stack.account().assertIsEmpty();
    String machine =
        stack
            .account()
            .clients()
            .sfn()
            .listStateMachines()
            .stateMachines()
            .getFirst()
            .stateMachineArn();
    assertThat(
            stack
                .account()
                .clients()
                .sfn()
                .listExecutions(
                    list -> list.stateMachineArn(machine).statusFilter(ExecutionStatus.RUNNING))
                .executions())
        .as(when)
        .isEmpty();
  }

  /** The command line is killed in the middle of an import, and the next one cancels it. */
  @Test
  void anImportWhoseProcessWasKilledIsCancelledWithoutATrace() throws Exception {
    Path image = image();
    Random random = new Random(SEED);
    List<String> outcomes = new ArrayList<>();
    for (int kill = 0; kill < KILLS; kill++) {
      Vmferry vmferry = Vmferry.on(directory.resolve("killed-" + kill));
      int delay = 500 + random.nextInt(5000);
      try (Vmferry.Running running = vmferry.start("import", "--no-modify-os", image.toString())) {
        Thread.sleep(delay);
        running.kill();
      }
      try (HttpsRemoteFiles remoteFiles = new HttpsRemoteFiles();
          DeployedStack stack =
              DeployedStack.start(vmferry.state(), new FaultInjector(0), remoteFiles)) {
        stack.stack().resume();
        List<Task> tasks =
            stack.stack().ports().tasks().list(TaskKind.IMPORT_IMAGE, 10, null).tasks();
        for (Task task : tasks) {
          cancel(stack, task.id());
          Task ended = stack.awaitRest(task.id());
          outcomes.add(delay + " ms: " + ended.status());
          if (ended.status() == TaskStatus.COMPLETED) {
            removeResults(stack, ended);
          }
        }
        if (tasks.isEmpty()) {
          outcomes.add(delay + " ms: no task yet");
        } else {
          assertNothingIsLeft(stack, "killed after " + delay + " ms");
        }
      }
    }
    if (KILLS > 0) {
      Files.writeString(
          Path.of("target", "kill-everywhere.txt"), String.join(System.lineSeparator(), outcomes));
    }
    assertThat(outcomes).hasSize(KILLS);
  }

  /** A small VHDX with a log to replay. */
  private Path image() throws IOException {
    return ImageFixture.VHDX_WITH_DIRTY_LOG.image();
  }
}
