package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.error.ErrorCode;
import io.vmferry.functions.aws.HttpsRemoteFiles;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskStatus;
import io.vmferry.local.edge.FaultInjector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images on web servers are fetched into the work bucket and imported from there. */
class WebSourceIT {
  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void importsAnImageFromAWebServerThatTakesRangesAndFromOneThatDoesNot(boolean ranges)
      throws IOException {
    ImageFixture fixture = ImageFixture.OVA;
    try (FileServer server = FileServer.of(fixture.image(), ranges);
        HttpsRemoteFiles remoteFiles = new HttpsRemoteFiles(address -> true, Set.of("http"));
        DeployedStack stack = DeployedStack.start(directory, new FaultInjector(0), remoteFiles)) {

      Task task = stack.importing(server.url().toString());

      assertThat(task.status()).as(task.statusMessage()).isEqualTo(TaskStatus.COMPLETED);
      assertThat(Json.write(task)).doesNotContain("secret");
      stack.account().assertNothingIsPending();
      Path content = directory.resolve("content.raw");
      stack.account().read(task.disk(0).snapshotId().orElseThrow(), content);
      Contents.assertEqualsPadded(content, fixture.expected());
    }
  }

  @Test
  void refusesAWebServerOnThisMachineUnlessItIsAllowed() throws IOException {
    try (FileServer server = FileServer.of(ImageFixture.OVA.image(), true);
        HttpsRemoteFiles remoteFiles = new HttpsRemoteFiles();
        DeployedStack stack = DeployedStack.start(directory, new FaultInjector(0), remoteFiles)) {

      Task task = stack.importing(server.url().toString().replace("http:", "https:"));

      assertThat(task.status()).isEqualTo(TaskStatus.DELETED);
      assertThat(task.error().orElseThrow().code()).isEqualTo(ErrorCode.SOURCE_ADDRESS_REFUSED);
      assertThat(task.error().orElseThrow().message())
          .contains("127.0.0.1")
          .doesNotContain("secret");
      assertThat(server.requests()).isZero();
      stack.account().assertIsEmpty();
    }
  }
}
