package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.Tools;
import io.vmferry.functions.aws.HttpsRemoteFiles;
import io.vmferry.functions.task.Compute;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskStatus;
import io.vmferry.local.ecs.DockerContainers;
import io.vmferry.local.edge.FaultInjector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The image does the work: without privileges, with a read-only file system and a limit of memory
 * at which it would be killed. {@code scripts/check-image} builds it and runs this.
 */
class ContainerImageIT {
  private static final String PROPERTY = "vmferry.containerImage";

  @TempDir private Path directory;
  private String image = "";

  @BeforeEach
  void findImage() {
    image = Objects.requireNonNullElse(System.getProperty(PROPERTY), "");
    Assumptions.assumeFalse(
        image.isEmpty(),
        "not run: there is no container image; scripts/check-image builds one and runs this where there is Docker");
  }

  @Test
  void convertsADiskInFargatesPlace() throws IOException {
    ImageFixture fixture = ImageFixture.VHD_DYNAMIC;
    Task task = imported(fixture.image(), GuestOptions.AS_IT_IS, fixture.expected());

    assertThat(task.compute().orElseThrow().where()).isEqualTo(Compute.FARGATE);
  }

  @Test
  void changesADebianGuestInLambdasPlace() throws IOException {
    Tools.require("guestfish");
    Task task = imported(BootGuest.named("d12-dep").made().image(), GuestOptions.MODIFIED, null);

    assertThat(task.guest().orElseThrow().facts()).isPresent();
    assertThat(task.guest().orElseThrow().changes()).isNotEmpty();
    Path content = directory.resolve("content.raw");
    assertThat(LaidOutGuest.read(content, "/etc/.fstab.vmferry.orig")).contains("/dev/sda1");
    assertThat(LaidOutGuest.read(content, "/etc/fstab")).doesNotContainPattern("(?m)^/dev/sda1");
  }

  private Task imported(Path source, GuestOptions guest, @Nullable Path expected)
      throws IOException {
    try (HttpsRemoteFiles remoteFiles = new HttpsRemoteFiles();
        DeployedStack stack =
            DeployedStack.start(
                directory.resolve("state"),
                new FaultInjector(0),
                remoteFiles,
                new DockerContainers(image))) {
      String url = stack.account().upload(source, source.getFileName().toString());
      Task task = stack.importing(url, guest, Optional.of(Compute.FARGATE));
      assertThat(task.status()).as(task.statusMessage()).isEqualTo(TaskStatus.COMPLETED);
      Path content = directory.resolve("content.raw");
      stack.account().read(task.disk(0).snapshotId().orElseThrow(), content);
      if (expected != null) {
        Contents.assertEqualsPadded(content, expected);
      }
      return task;
    }
  }
}
