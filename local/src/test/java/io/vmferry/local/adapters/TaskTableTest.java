package io.vmferry.local.adapters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.vmferry.disk.DiskFormat;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.aws.DynamoDbEffectStore;
import io.vmferry.functions.aws.DynamoDbProgressStore;
import io.vmferry.functions.aws.DynamoDbTaskStore;
import io.vmferry.functions.aws.TaskTable;
import io.vmferry.functions.fake.TestClock;
import io.vmferry.functions.task.ContentFile;
import io.vmferry.functions.task.Disk;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.Effect;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.ObjectVersion;
import io.vmferry.functions.task.Progress;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import io.vmferry.local.edge.FaultInjector;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveStatus;

/** What is in the table of tasks, beyond what the ports' contracts can see. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TaskTableTest {
  private static final String ID = "import-ami-0123456789abcdef0";
  private static final Instant START = Instant.parse("2026-03-01T10:00:00Z");
  private static final String SECRET = "wJalrXUtnFEMIsecret";

  // Opened before all tests.
  @SuppressWarnings("NullAway.Init")
  private Adapters adapters;

  @BeforeAll
  void start() throws IOException {
    adapters = new Adapters(new FaultInjector(0), false);
  }

  @AfterAll
  void stop() throws IOException {
    adapters.close();
  }

  private final TestClock clock = new TestClock(START);

  private DynamoDbClient dynamoDb() {
    return adapters.clients().dynamoDb();
  }

  private List<Map<String, AttributeValue>> items(String table) {
    return dynamoDb().scanPaginator(r -> r.tableName(table)).items().stream().toList();
  }

  /** The text or number of an attribute; empty without it. */
  private static String text(Map<String, AttributeValue> item, String attribute) {
    AttributeValue value = item.get(attribute);
    if (value == null) {
      return "";
    }
    return value.s() == null ? value.n() : value.s();
  }

  private static Task task(String id, String token, String url) {
    ImportRequest request =
        new ImportRequest(
            TaskKind.IMPORT_IMAGE,
            List.of(DiskContainer.of(url)),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of(token),
            Map.of(),
            GuestOptions.AS_IT_IS);
    return Task.accepted(id, request, START);
  }

  private static Disk diskOfFiles(int files, String salt) {
    return new Disk(
        0,
        0,
        DiskFormat.VMDK,
        1L << 40,
        IntStream.range(0, files)
            .mapToObj(
                i ->
                    new ContentFile(
                        "disk-s%04d.vmdk".formatted(i),
                        new ObjectVersion(
                            "bucket",
                            "folder/disk-s%04d.vmdk".formatted(i),
                            salt + UUID.nameUUIDFromBytes(new byte[] {(byte) i, (byte) (i >> 8)}),
                            2L << 30),
                        0,
                        2L << 30))
            .toList(),
        Optional.empty(),
        Optional.empty(),
        0,
        0);
  }

  @Test
  void creatingTheTableAgainChangesNothing() {
    String table = adapters.table();

    TaskTable.create(dynamoDb(), table);

    assertThat(
            dynamoDb()
                .describeTimeToLive(r -> r.tableName(table))
                .timeToLiveDescription()
                .timeToLiveStatus())
        .isEqualTo(TimeToLiveStatus.ENABLED);
    assertThat(dynamoDb().describeTable(r -> r.tableName(table)).table().globalSecondaryIndexes())
        .extracting(index -> index.indexName())
        .containsExactlyInAnyOrder(TaskTable.BY_KIND, TaskTable.ACTIVE);
  }

  @Test
  void everythingOfAnEndedTaskExpiresWithItAndHoldsNoCredentials() {
    String table = adapters.table();
    DynamoDbTaskStore tasks = adapters.tasks(table, clock);
    Task task =
        tasks.create(
            task(ID, "token", "https://u:" + SECRET + "@example.com/a.ova?signature=" + SECRET));
    DynamoDbEffectStore effects =
        new DynamoDbEffectStore(adapters.clients()::dynamoDb, table, clock);
    effects.record(ID, new Effect(Effect.Kind.SNAPSHOT, "snap-1"));
    DynamoDbProgressStore progress =
        new DynamoDbProgressStore(adapters.clients()::dynamoDb, table, clock);
    for (int i = 0; i < 40; i++) {
      progress.report(ID, "0/" + i, new Progress(1, 1, 1));
    }
    assertThat(items(table)).hasSize(43);
    assertThat(items(table).toString()).contains(SECRET);
    long backstop = START.plus(Duration.ofDays(365)).getEpochSecond();
    assertThat(items(table))
        .filteredOn(item -> !text(item, TaskTable.SK).equals("task"))
        .allMatch(item -> Long.parseLong(text(item, TaskTable.EXPIRES_AT)) > backstop);
    assertThat(items(table))
        .filteredOn(item -> text(item, TaskTable.SK).equals("task"))
        .noneMatch(item -> item.containsKey(TaskTable.EXPIRES_AT));

    clock.advance(Duration.ofHours(2));
    tasks.update(task.id(), t -> t.advanced(TaskStatus.COMPLETED, "done"));

    String expiry =
        Long.toString(START.plus(Duration.ofHours(2)).plus(Adapters.RETENTION).getEpochSecond());
    assertThat(items(table)).hasSize(43);
    assertThat(items(table)).allMatch(item -> text(item, TaskTable.EXPIRES_AT).equals(expiry));
    assertThat(items(table).toString()).doesNotContain(SECRET);
  }

  @Test
  void aTaskIsReadableInTheTable() {
    String table = adapters.table();
    adapters.tasks(table, clock).create(task(ID, "token", "s3://bucket/key.ova"));

    assertThat(items(table))
        .filteredOn(item -> text(item, TaskTable.SK).equals("task"))
        .singleElement()
        .extracting(item -> text(item, "document"))
        .asString()
        .contains("\"url\":\"s3://bucket/key.ova\"");
  }

  @Test
  void anExpiredTokenThatIsStillThereStartsANewTask() {
    String table = adapters.table();
    DynamoDbTaskStore tasks = adapters.tasks(table, clock);
    tasks.create(task(ID, "token", "s3://bucket/one.ova"));
    tasks.update(ID, t -> t.advanced(TaskStatus.COMPLETED, "done"));
    assertThat(tasks.findByToken(TaskKind.IMPORT_IMAGE, "token")).isPresent();
    clock.advance(Adapters.RETENTION.plusSeconds(1));
    assertThat(tasks.findByToken(TaskKind.IMPORT_IMAGE, "token")).isEmpty();
    Task fresh = task(ID.replace('0', '9'), "token", "s3://bucket/two.ova");

    assertThat(tasks.create(fresh)).isEqualTo(fresh);
  }

  @Test
  void aTokenWhoseTaskHasExpiredStartsANewTask() {
    String table = adapters.table();
    DynamoDbTaskStore tasks = adapters.tasks(table, clock);
    tasks.create(task(ID, "token", "s3://bucket/one.ova"));
    dynamoDb()
        .deleteItem(
            r ->
                r.tableName(table)
                    .key(
                        Map.of(
                            TaskTable.PK,
                            AttributeValue.fromS(ID),
                            TaskTable.SK,
                            AttributeValue.fromS("task"))));
    Task fresh = task(ID.replace('0', '9'), "token", "s3://bucket/two.ova");

    assertThat(tasks.create(fresh)).isEqualTo(fresh);
    assertThat(tasks.create(task(ID, "token", "s3://bucket/two.ova"))).isEqualTo(fresh);
  }

  @Test
  void aDiskOfThousandsOfFilesIsKept() {
    DynamoDbTaskStore tasks = adapters.tasks(adapters.table(), clock);
    tasks.create(task(ID, "token", "s3://bucket/key.vmdk"));
    // 16 TiB in files of 2 GiB.
    List<Disk> disks = List.of(diskOfFiles(8192, "e"));

    tasks.update(ID, t -> t.withDisks(disks));

    assertThat(tasks.find(ID).orElseThrow().disks()).isEqualTo(disks);
  }

  @Test
  void aTaskThatIsTooLargeForTheTableIsRefused() {
    DynamoDbTaskStore tasks = adapters.tasks(adapters.table(), clock);
    tasks.create(task(ID, "token", "s3://bucket/key.vmdk"));
    List<Disk> disks = IntStream.range(0, 21).mapToObj(i -> diskOfFiles(2000, "e" + i)).toList();

    assertThatThrownBy(() -> tasks.update(ID, t -> t.withDisks(disks)))
        .hasMessageContaining("21 disks")
        .asInstanceOf(type(VmferryException.class))
        .extracting(VmferryException::code)
        .isEqualTo(ErrorCode.PARAMETER_INVALID);
  }

  @Test
  void progressOfMoreChunksThanAPageHoldsIsSummed() {
    DynamoDbProgressStore progress = adapters.progress(adapters.table());
    int chunks = 1200;
    // 1 MiB is a page: long names fill one with few chunks.
    String name = "c".repeat(950);
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (int i = 0; i < chunks; i++) {
        int number = i;
        threads.execute(() -> progress.report(ID, name + number, new Progress(number, 2, 1)));
      }
    }

    assertThat(progress.total(ID))
        .isEqualTo(new Progress((chunks - 1L) * chunks / 2, 2L * chunks, chunks));
  }
}
