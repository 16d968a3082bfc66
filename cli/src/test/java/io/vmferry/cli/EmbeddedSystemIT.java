package io.vmferry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.cli.backend.Backend;
import io.vmferry.cli.backend.EmbeddedBackends;
import io.vmferry.cli.progress.Ticker;
import io.vmferry.disk.Tools;
import io.vmferry.functions.aws.AwsClients;
import io.vmferry.functions.fake.FakeConversion;
import io.vmferry.functions.fake.FakeRemoteFiles;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import io.vmferry.local.stack.EmbeddedStack;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands on the embedded AWS. */
final class EmbeddedSystemIT {
  private static final Path EXAMPLE =
      Path.of("..", "examples", "three-partitions.ova").toAbsolutePath().normalize();

  @TempDir private Path state = Path.of("");
  @TempDir private Path folder = Path.of("");
  private String err = "";

  @Test
  void importsTheExampleByteForByte() throws IOException {
    JsonNode task =
        Json.read(run(0, "import", "--no-modify-os", "--json", EXAMPLE.toString()), JsonNode.class);
    String snapshot = task.path("disks").path(0).path("snapshotId").asText();
    Path read = folder.resolve("read.raw");
    run(0, "snapshot", "read", snapshot, "-o", read.toString());

    assertThat(read).hasSize(1L << 30);
    Tools.run("tar", "-C", folder.toString(), "-xf", EXAMPLE.toString());
    // A size that differs is a warning, a content that differs an error: EBS counts in GiB.
    Tools.run(
        "qemu-img",
        "compare",
        folder.resolve("three-partitions-disk1.vmdk").toString(),
        "-f",
        "vmdk",
        "-F",
        "raw",
        read.toString());
    assertThat(run(0, "images")).contains(task.path("imageId").asText(), snapshot, "available");
    assertThat(run(0, "snapshot", "list")).contains(snapshot, "completed", "1 GiB");
    assertThat(run(0, "task", task.path("taskId").asText())).contains("completed", "100 %");
    assertThat(run(3, "cancel", task.path("taskId").asText())).isEmpty();
    assertThat(err).contains("TASK_STATE_CONFLICT");
  }

  @Test
  void importsAFolderWithADescriptor() throws IOException {
    Tools.run("tar", "-C", folder.toString(), "-xf", EXAMPLE.toString());

    JsonNode task =
        Json.read(run(0, "import", "--no-modify-os", "--json", folder.toString()), JsonNode.class);

    assertThat(task.path("imageId").asText()).startsWith("ami-");
    assertThat(task.path("disks").path(0).path("diskImageSize").asLong()).isEqualTo(160L << 20);
  }

  @Test
  void aTaskThatFailsSaysWhy() {
    assertThat(run(3, "import", "--no-modify-os", "s3://vmferry-images/no-such-object.vmdk"))
        .isEmpty();
    assertThat(err).contains("vmferry: SOURCE_NOT_FOUND: Invalid S3 source location: ");
    assertThat(run(0, "tasks")).contains("deleted");
    assertThat(run(0, "snapshot", "list")).isEmpty();
  }

  @Test
  void aRefusedRequestSaysWhy() {
    assertThat(run(3, "import", "--no-modify-os", "--name", "ab", "s3://vmferry-images/disk.vmdk"))
        .isEmpty();
    assertThat(err).contains("vmferry: PARAMETER_INVALID: ");
    assertThat(run(0, "tasks")).isEmpty();
  }

  @Test
  void commandsUseTheProcessThatHoldsTheState() {
    try (Backend holder = new EmbeddedBackends().start(state, OptionalInt.empty());
        Backend guest = new EmbeddedBackends().open(state)) {
      assertThat(guest.endpoint()).isEqualTo(holder.endpoint());
      holder.tasks().resume();
      String task = run(0, "import", "--no-modify-os", "--json", EXAMPLE.toString());

      String id = Json.read(task, JsonNode.class).path("taskId").asText();
      assertThat(holder.tasks().find(id)).isPresent();
      assertThat(guest.tasks().list()).singleElement().extracting("id").isEqualTo(id);
    }
  }

  @Test
  void cancellingARunningTaskLeavesNothingOfIt() throws Exception {
    byte[] disk = new byte[400 << 20];
    new Random(1).nextBytes(disk);
    Path image = Files.write(folder.resolve("disk.raw"), disk);
    try (Backend holder = new EmbeddedBackends().start(state, OptionalInt.empty())) {
      holder.tasks().resume();
      String url = holder.uploads().upload("1", image, sent -> {});
      ImportRequest request =
          new ImportRequest(
              TaskKind.IMPORT_IMAGE,
              List.of(
                  new DiskContainer(url, Optional.of("raw"), Optional.empty(), Optional.empty())),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Map.of(),
              GuestOptions.AS_IT_IS);
      String id = holder.tasks().start(request).id();
      while (holder.tasks().find(id).orElseThrow().status() != TaskStatus.CONVERTING) {
        Thread.sleep(10);
      }

      assertThat(run(0, "cancel", id)).isEqualTo(id + " deleted\n");

      assertThat(run(0, "task", id)).contains("TASK_CANCELLED");
      assertThat(run(0, "snapshot", "list")).isEmpty();
      assertThat(run(0, "images")).isEmpty();
      try (AwsClients clients =
          AwsClients.forEndpoint(holder.endpoint(), "us-east-1", "test", "test")) {
        for (String bucket : List.of(EmbeddedStack.IMAGES_BUCKET, EmbeddedStack.WORK_BUCKET)) {
          assertThat(clients.s3().listObjectsV2(list -> list.bucket(bucket)).contents()).isEmpty();
        }
      }
    }
  }

  @Test
  void aPortInUseIsToldAsSuch() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = String.valueOf(taken.getLocalPort());
      assertThat(run(3, "local", "--port", port)).isEmpty();
      assertThat(err)
          .startsWith("vmferry: PORT_UNUSABLE: 127.0.0.1:" + port)
          .contains("Choose another with --port");
    }
  }

  @Test
  void anotherProcessCannotTakeTheStateOver() {
    try (Backend holder = new EmbeddedBackends().start(state, OptionalInt.empty())) {
      assertThat(run(3, "local", "--port", "0")).isEmpty();
      assertThat(err)
          .contains("vmferry: STATE_DIRECTORY_UNUSABLE: ")
          .contains(holder.endpoint().toString());
    }
  }

  private String run(int expected, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    CliEnvironment environment =
        new CliEnvironment(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(errors, true, StandardCharsets.UTF_8),
            OptionalInt.empty(),
            Map.of("VMFERRY_STATE", state.toString()),
            new EmbeddedBackends(),
            Ticker.system(),
            new FakeMachineAccess(new FakeConversion(), new FakeRemoteFiles()));
    int exitCode = Vmferry.commandLine(environment).execute(arguments);
    err = errors.toString(StandardCharsets.UTF_8);
    assertThat(exitCode).as(err).isEqualTo(expected);
    return out.toString(StandardCharsets.UTF_8);
  }
}
