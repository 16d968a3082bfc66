package io.vmferry.local.stack;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmferry.functions.aws.HttpsRemoteFiles;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.port.SnapshotStore;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import io.vmferry.local.EmbeddedAws;
import io.vmferry.local.sns.Topics;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.eventbridge.model.PutEventsRequestEntry;

/** Uploads over the S3 API start imports, whose outcome is told in every way there is. */
class UploadedImportTest {
  private static final Duration LONG = Duration.ofMinutes(2);
  private static final Map<String, String> AS_IT_IS = Map.of("vmferry-modify-os", "false");

  @TempDir private Path directory;
  private EmbeddedAws aws;
  private EmbeddedStack stack;

  @BeforeEach
  void start() {
    aws = EmbeddedAws.start(EmbeddedAws.Options.of(directory));
    stack = deploy();
  }

  private EmbeddedStack deploy() {
    return EmbeddedStack.deploy(
        aws,
        directory.resolve("stepfunctions"),
        EmbeddedStack.Options.defaults(new HttpsRemoteFiles()));
  }

  @AfterEach
  void stop() {
    stack.close();
    aws.close();
  }

  @Test
  void anUploadBecomesAnImageAndItsOutcomeIsToldBesideItOnTheBusAndByTheTopic() throws IOException {
    upload("imports/disk.raw", disk(1), AS_IT_IS);

    JsonNode result = await(() -> result("imports/disk.raw"));

    assertThat(result.path("status").asText()).as(result.toString()).isEqualTo("completed");
    Task task = onlyTask(TaskKind.IMPORT_IMAGE);
    assertThat(result.path("taskId").asText()).isEqualTo(task.id());
    assertThat(result.path("imageId").asText()).isEqualTo(task.imageId().orElseThrow());
    assertThat(result.path("snapshots").path(0).path("snapshotId").asText())
        .isEqualTo(task.disk(0).snapshotId().orElseThrow());
    await(() -> stack.messages().stream().findFirst());
    List<JsonNode> told = taskEvents();
    assertThat(told)
        .extracting(detail -> detail.path("status").asText())
        .containsExactly(
            "active", "validating", "validated", "converting", "updating", "completed");
    assertThat(told).extracting(detail -> detail.path("taskId").asText()).containsOnly(task.id());
    assertThat(told)
        .extracting(detail -> detail.path("version").asLong())
        .isSorted()
        .doesNotHaveDuplicates();
    Topics.Message message = stack.messages().getFirst();
    assertThat(Json.mapper().readTree(message.message())).isEqualTo(told.getLast());
    assertThat(message.attributes()).containsEntry("status", "completed");
  }

  @Test
  void repeatedEventsOfAnUploadStartOneTask() throws IOException {
    upload("imports/disk.raw", disk(2), AS_IT_IS);
    await(() -> result("imports/disk.raw"));
    JsonNode event =
        stack.events().stream()
            .filter(e -> e.path("detail").path("object").path("key").asText().endsWith(".raw"))
            .findFirst()
            .orElseThrow();

    for (int i = 0; i < 3; i++) {
      ObjectNode copy = event.deepCopy();
      ((ObjectNode) copy.path("detail").path("object")).put("sequencer", "000" + i);
      JsonNode answer = invoke("vmferry-UploadTrigger", copy);
      assertThat(answer.path("outcome").asText()).isEqualTo("started");
    }

    assertThat(tasks(TaskKind.IMPORT_IMAGE)).hasSize(1);
  }

  @Test
  void uploadingAgainStartsAnotherTask() throws IOException {
    upload("imports/disk.raw", disk(3), AS_IT_IS);
    JsonNode first = await(() -> result("imports/disk.raw"));

    upload("imports/disk.raw", disk(4), AS_IT_IS);

    JsonNode second =
        await(
            () ->
                result("imports/disk.raw")
                    .filter(r -> !r.path("taskId").equals(first.path("taskId"))));
    assertThat(second.path("status").asText()).isEqualTo("completed");
    assertThat(tasks(TaskKind.IMPORT_IMAGE)).hasSize(2);
  }

  @Test
  void anOptionsFileBesideTheImageIsFollowed() throws IOException {
    upload(
        "imports/data.img.import.json",
        "{\"kind\": \"snapshot\", \"description\": \"data of web\", \"tags\": {\"env\": \"test\"}}"
            .getBytes(StandardCharsets.UTF_8),
        Map.of());
    upload("imports/data.img", disk(5), Map.of());

    JsonNode result = await(() -> result("imports/data.img"));

    assertThat(result.path("status").asText()).isEqualTo("completed");
    Task task = onlyTask(TaskKind.IMPORT_SNAPSHOT);
    assertThat(task.request().description()).contains("data of web");
    assertThat(task.request().tags()).containsEntry("env", "test");
    assertThat(tasks(TaskKind.IMPORT_IMAGE)).isEmpty();
  }

  @Test
  void aRefusedImportTellsWhyBesideTheUploadOnTheBusAndByTheTopic() throws IOException {
    upload("imports/disk.raw", disk(6), Map.of("vmferry-colour", "red"));

    JsonNode result = await(() -> result("imports/disk.raw"));

    assertThat(result.path("status").asText()).isEqualTo("refused");
    assertThat(result.path("error").path("code").asText()).isEqualTo("UPLOAD_OPTIONS_INVALID");
    assertThat(result.path("error").path("message").asText())
        .contains("unknown option 'vmferry-colour'", "vmferry-boot-mode");
    assertThat(tasks(TaskKind.IMPORT_IMAGE)).isEmpty();
    Topics.Message message = await(() -> stack.messages().stream().findFirst());
    assertThat(message.attributes()).containsEntry("event", "import-refused");
    assertThat(stack.events())
        .extracting(event -> event.path("detail-type").asText())
        .contains("vmferry Import Refused");
  }

  @Test
  void aFailedImportTellsWhyAndLeavesNothing() throws IOException {
    upload("imports/broken.ova", "no archive at all".getBytes(StandardCharsets.UTF_8), Map.of());

    JsonNode result = await(() -> result("imports/broken.ova"));

    assertThat(result.path("status").asText()).isEqualTo("failed");
    assertThat(result.path("error").path("category").asText()).isEqualTo("USER");
    assertThat(onlyTask(TaskKind.IMPORT_IMAGE).status()).isEqualTo(TaskStatus.DELETED);
    assertThat(aws.snapshots().all()).isEmpty();
  }

  @Test
  void aSplitDiskIsImportedOnceItsLastFileIsThere() throws IOException {
    byte[] first = disk(7);
    byte[] second = disk(8);
    String descriptor =
        """
        # Disk DescriptorFile
        version=1
        CID=fffffffe
        parentCID=ffffffff
        createType="twoGbMaxExtentFlat"
        RW %d FLAT "web-f001.vmdk" 0
        RW %d FLAT "web-f002.vmdk" 0
        """
            .formatted(first.length / 512, second.length / 512);
    upload("imports/web/web.vmdk", descriptor.getBytes(StandardCharsets.UTF_8), AS_IT_IS);
    JsonNode waiting = await(() -> result("imports/web/web.vmdk"));
    assertThat(waiting.path("status").asText()).isEqualTo("waiting");
    assertThat(waiting.path("missing")).hasSize(2);

    upload("imports/web/web-f002.vmdk", second, Map.of());
    upload("imports/web/web-f001.vmdk", first, Map.of());

    JsonNode result =
        await(
            () ->
                result("imports/web/web.vmdk")
                    .filter(r -> !r.path("status").asText().equals("waiting")));
    assertThat(result.path("status").asText()).as(result.toString()).isEqualTo("completed");
    assertThat(onlyTask(TaskKind.IMPORT_IMAGE).disk(0).virtualSize())
        .isEqualTo(first.length + second.length);
    assertThat(result("imports/web/web-f001.vmdk")).isEmpty();
  }

  @Test
  void whatWasNotToldBeforeARestartIsToldAfterIt() throws IOException {
    upload("imports/disk.raw", disk(9), AS_IT_IS);
    await(() -> stack.events().stream().filter(UploadedImportTest::isOfTask).findFirst());

    stack.close();
    aws.close();
    List<JsonNode> before = taskEvents();
    aws = EmbeddedAws.start(EmbeddedAws.Options.of(directory));
    stack = deploy();
    stack.resume();
    await(() -> result("imports/disk.raw"));
    await(() -> stack.messages().stream().findFirst());

    // A state may be told twice, under the same version; none is left out.
    assertThat(Stream.concat(before.stream(), taskEvents().stream()).distinct())
        .extracting(detail -> detail.path("status").asText())
        .containsExactly(
            "active", "validating", "validated", "converting", "updating", "completed");
    assertThat(tasks(TaskKind.IMPORT_IMAGE)).hasSize(1);
  }

  private static boolean isOfTask(JsonNode event) {
    return event.path("source").asText().equals("vmferry");
  }

  @Test
  void eventsOfOthersArePutOnTheBusOverTheApi() {
    String id =
        stack
            .clients()
            .eventBridge()
            .putEvents(
                put ->
                    put.entries(
                        PutEventsRequestEntry.builder()
                            .source("others")
                            .detailType("greeting")
                            .detail("{}")
                            .build()))
            .entries()
            .getFirst()
            .eventId();

    assertThat(stack.events()).extracting(event -> event.path("id").asText()).contains(id);
  }

  private JsonNode invoke(String function, JsonNode event) throws IOException {
    return Json.mapper().readTree(stack.invoke(function, event.toString()));
  }

  private List<JsonNode> taskEvents() {
    return stack.events().stream()
        .filter(event -> event.path("detail-type").asText().equals("vmferry Task State Change"))
        .map(event -> event.path("detail"))
        .toList();
  }

  private List<Task> tasks(TaskKind kind) {
    return stack.ports().tasks().list(kind, 100, null).tasks();
  }

  private Task onlyTask(TaskKind kind) {
    List<Task> tasks = tasks(kind);
    assertThat(tasks).hasSize(1);
    return tasks.getFirst();
  }

  private void upload(String key, byte[] content, Map<String, String> metadata) {
    stack
        .clients()
        .s3()
        .putObject(
            put -> put.bucket(EmbeddedStack.IMAGES_BUCKET).key(key).metadata(metadata),
            RequestBody.fromBytes(content));
  }

  private Optional<JsonNode> result(String key) {
    String resultKey = key + ".result.json";
    boolean there =
        stack
            .clients()
            .s3()
            .listObjectsV2(list -> list.bucket(EmbeddedStack.IMAGES_BUCKET).prefix(resultKey))
            .contents()
            .stream()
            .anyMatch(object -> object.key().equals(resultKey));
    if (!there) {
      return Optional.empty();
    }
    try (InputStream in = stack.ports().objects().read(EmbeddedStack.IMAGES_BUCKET, resultKey)) {
      return Optional.of(Json.mapper().readTree(in));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static <T> T await(Supplier<Optional<T>> condition) {
    long deadline = System.nanoTime() + LONG.toNanos();
    while (true) {
      Optional<T> value = condition.get();
      if (value.isPresent()) {
        return value.get();
      }
      assertThat(System.nanoTime()).as("waited too long").isLessThan(deadline);
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
    }
  }

  private static byte[] disk(int seed) {
    byte[] disk = new byte[SnapshotStore.BLOCK_SIZE];
    new Random(seed).nextBytes(disk);
    return disk;
  }
}
