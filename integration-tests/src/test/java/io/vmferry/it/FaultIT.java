package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.functions.aws.HttpsRemoteFiles;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskStatus;
import io.vmferry.local.edge.FaultInjector;
import io.vmferry.local.edge.FaultInjector.Fault;
import io.vmferry.local.edge.FaultInjector.Rule;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Services that throttle, fail and cut connections cost time and nothing else. */
class FaultIT {
  private static final double PROBABILITY = 0.05;

  /** Nothing is conspicuous about a snapshot that stays invisible for this many calls. */
  private static final int INVISIBLE_CALLS = 40;

  @TempDir private Path directory;

  /** One image of one chunk, one of several; each kind of fault hits one call of twenty. */
  @ParameterizedTest
  @EnumSource(names = {"VHDX_WITH_DIRTY_LOG", "VHD_DYNAMIC"})
  void anImportEndsCorrectlyWhileCallsFail(ImageFixture fixture) throws IOException {
    FaultInjector faults = new FaultInjector(fixture.name().length());
    try (HttpsRemoteFiles remoteFiles = new HttpsRemoteFiles();
        DeployedStack stack = DeployedStack.start(directory, faults, remoteFiles)) {
      String url = stack.account().upload(fixture.image(), "image");
      for (Fault fault : FaultInjector.PASSING) {
        faults.add(Rule.of("*", "*", fault, PROBABILITY));
      }

      Task task = stack.importing(url);

      faults.clear();
      assertThat(task.status()).as(task.statusMessage()).isEqualTo(TaskStatus.COMPLETED);
      for (Fault fault : FaultInjector.PASSING) {
        assertThat(faults.injected(fault)).as(fault.name()).isPositive();
      }
      assertThat(task.disk(0).chunks()).isEqualTo(fixture == ImageFixture.VHD_DYNAMIC ? 3 : 1);
      assertThat(stack.account().images()).hasSize(1);
      assertThat(stack.account().snapshots()).hasSize(1);
      stack.account().assertNothingIsPending();
      assertHolds(stack, task, fixture);
    }
  }

  /** For a while after its start EBS says of a snapshot that it does not exist. */
  @Test
  void anImportWaitsForASnapshotThatIsNotVisibleYet() throws IOException {
    ImageFixture fixture = ImageFixture.VHDX_WITH_DIRTY_LOG;
    FaultInjector faults = new FaultInjector(1);
    faults.add(new Rule("ebs", "PutSnapshotBlock", Fault.NOT_VISIBLE_YET, 1, INVISIBLE_CALLS));
    try (HttpsRemoteFiles remoteFiles = new HttpsRemoteFiles();
        DeployedStack stack = DeployedStack.start(directory, faults, remoteFiles)) {
      Task task = stack.importing(stack.account().upload(fixture.image(), "image"));

      assertThat(task.status()).as(task.statusMessage()).isEqualTo(TaskStatus.COMPLETED);
      assertThat(faults.injected(Fault.NOT_VISIBLE_YET)).isEqualTo(INVISIBLE_CALLS);
      stack.account().assertNothingIsPending();
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
