package io.vmferry.functions.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.vmferry.disk.DiskFormat;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.fake.TestClock;
import io.vmferry.functions.task.ContentFile;
import io.vmferry.functions.task.Disk;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.ObjectVersion;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link TaskStore} does. */
public abstract class TaskStoreContract {
  private static final String PRESIGNED = "https://user:pw@example.com/disk.vmdk?X-Signature=abc";

  protected final TestClock clock = new TestClock(Instant.parse("2026-03-01T10:00:00.120Z"));

  // Opened before each test.
  @SuppressWarnings("NullAway.Init")
  private TaskStore store;

  private int created;

  /** An empty store. */
  protected abstract TaskStore newStore(Clock clock);

  @BeforeEach
  final void openStore() {
    store = newStore(clock);
  }

  private Task newTask(ImportRequest request) {
    clock.advance(Duration.ofMillis(7));
    String id = request.kind().idPrefix() + "%017x".formatted(0xabc000 + ++created);
    return Task.accepted(id, request, clock.instant());
  }

  private static ImportRequest request(TaskKind kind, @Nullable String token, String url) {
    return new ImportRequest(
        kind,
        List.of(DiskContainer.of(url)),
        Optional.of("a name"),
        Optional.empty(),
        Optional.empty(),
        Optional.of("uefi"),
        Optional.of(true),
        Optional.empty(),
        Optional.ofNullable(token),
        Map.of("one", "1", "two", "2", "three", "3"),
        new GuestOptions(
            true,
            true,
            true,
            true,
            Optional.of("s3://b/agent.deb"),
            Optional.of("https://example.org/agent")));
  }

  private static ImportRequest request(@Nullable String token) {
    return request(TaskKind.IMPORT_IMAGE, token, "s3://bucket/disk.ova");
  }

  private static void assertFails(ErrorCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .asInstanceOf(type(VmferryException.class))
        .extracting(VmferryException::code)
        .isEqualTo(code);
  }

  private static Disk disk(int index, int files) {
    List<ContentFile> content =
        IntStream.range(0, files)
            .mapToObj(
                i ->
                    new ContentFile(
                        "disk-s%03d.vmdk".formatted(i),
                        new ObjectVersion(
                            "bucket", "folder/disk-s%03d.vmdk".formatted(i), "\"e" + i + "\"", i),
                        512L * i,
                        1000L))
            .toList();
    return new Disk(
        index,
        0,
        DiskFormat.VMDK,
        5L << 30,
        content,
        Optional.of("/dev/sda1"),
        Optional.empty(),
        7,
        1L << 30);
  }

  @Test
  final void findsTheTaskThatAClientTokenStarted() {
    Task task = store.create(newTask(request("token")));

    assertThat(store.findByToken(TaskKind.IMPORT_IMAGE, "token")).contains(task);
    assertThat(store.findByToken(TaskKind.IMPORT_IMAGE, "another")).isEmpty();
    assertThat(store.findByToken(TaskKind.IMPORT_SNAPSHOT, "token")).isEmpty();
  }

  @Test
  final void findsWhatWasCreated() {
    Task task = newTask(request("token"));

    assertThat(store.create(task)).isEqualTo(task);
    assertThat(store.find(task.id())).contains(task);
  }

  @Test
  final void findsNoTaskThatWasNotCreated() {
    assertThat(store.find("import-ami-00000000000000000")).isEmpty();
  }

  @Test
  final void refusesASecondTaskOfOneId() {
    Task task = store.create(newTask(request(null)));

    assertFails(ErrorCode.INTERNAL, () -> store.create(task));
  }

  @Test
  final void aClientTokenUsedAgainGivesTheFirstTaskAsItIsNow() {
    Task first = store.create(newTask(request("token")));
    Task changed = store.update(first.id(), t -> t.advanced(TaskStatus.VALIDATING, "reading"));
    Task second = newTask(request("token"));

    assertThat(store.create(second)).isEqualTo(changed);
    assertThat(store.find(second.id())).isEmpty();
    assertThat(store.active(TaskKind.IMPORT_IMAGE)).hasSize(1);
  }

  @Test
  final void aClientTokenWithAnotherRequestIsRefused() {
    store.create(newTask(request("token")));
    Task other = newTask(request(TaskKind.IMPORT_IMAGE, "token", "s3://bucket/other.ova"));

    assertFails(ErrorCode.CLIENT_TOKEN_CONFLICT, () -> store.create(other));
    assertThat(store.find(other.id())).isEmpty();
  }

  @Test
  final void clientTokensOfDifferentKindsAreDifferent() {
    store.create(newTask(request("token")));
    Task other = newTask(request(TaskKind.IMPORT_SNAPSHOT, "token", "s3://bucket/disk.ova"));

    assertThat(store.create(other)).isEqualTo(other);
  }

  @Test
  final void tasksWithoutAClientTokenAreAllDifferent() {
    store.create(newTask(request(null)));
    store.create(newTask(request(null)));

    assertThat(store.active(TaskKind.IMPORT_IMAGE)).hasSize(2);
  }

  @Test
  final void fiftyThreadsWithOneClientTokenCreateOneTask() throws Exception {
    List<Task> tasks = IntStream.range(0, 50).mapToObj(i -> newTask(request("token"))).toList();

    List<Task> results = Threads.together(50, i -> store.create(tasks.get(i)));

    assertThat(new HashSet<>(results)).hasSize(1);
    assertThat(tasks.stream().filter(task -> store.find(task.id()).isPresent())).hasSize(1);
    assertThat(store.list(TaskKind.IMPORT_IMAGE, 100, null).tasks()).hasSize(1);
  }

  @Test
  final void anUpdateIsStoredAsTheNextVersion() {
    Task task = store.create(newTask(request(null)));
    clock.advance(Duration.ofSeconds(3));

    Task updated =
        store.update(
            task.id(),
            t -> t.advanced(TaskStatus.CONVERTING, "writing").withDisks(List.of(disk(0, 2))));

    assertThat(updated.version()).isEqualTo(task.version() + 1);
    assertThat(updated.updatedAt()).isEqualTo(clock.instant());
    assertThat(updated.status()).isEqualTo(TaskStatus.CONVERTING);
    assertThat(updated.disks()).containsExactly(disk(0, 2));
    assertThat(store.find(task.id())).contains(updated);
  }

  @Test
  final void aChangeThatReturnsTheSameTaskStoresNothing() {
    Task task = store.create(newTask(request(null)));
    Task ended = store.update(task.id(), t -> t.advanced(TaskStatus.COMPLETED, "completed"));
    clock.advance(Duration.ofSeconds(3));

    assertThat(store.update(task.id(), t -> t)).isEqualTo(ended);

    assertThat(store.find(task.id())).contains(ended);
  }

  @Test
  final void anUnknownTaskCannotBeUpdated() {
    assertFails(
        ErrorCode.TASK_NOT_FOUND, () -> store.update("import-ami-00000000000000000", t -> t));
  }

  @Test
  final void whatAChangeThrowsIsThrownAndNothingIsStored() {
    Task task = store.create(newTask(request(null)));
    Task moved = store.update(task.id(), t -> t.advanced(TaskStatus.UPDATING, "registering"));

    assertFails(
        ErrorCode.TASK_STATE_CONFLICT,
        () -> store.update(task.id(), t -> t.advanced(TaskStatus.VALIDATING, "again")));
    assertThat(store.find(task.id())).contains(moved);
  }

  @Test
  final void changesMadeAtOnceAllTakeEffect() throws Exception {
    Task task = store.create(newTask(request(null)));

    List<Task> results =
        Threads.together(
            16,
            i ->
                store.update(
                    task.id(),
                    t -> {
                      List<Disk> disks = new ArrayList<>(t.disks());
                      disks.add(disk(i, 0));
                      return t.withDisks(disks);
                    }));

    Task end = store.find(task.id()).orElseThrow();
    assertThat(end.disks())
        .extracting(Disk::index)
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 16).boxed().toList());
    assertThat(end.version()).isEqualTo(16);
    assertThat(results).extracting(Task::version).doesNotHaveDuplicates();
  }

  @Test
  final void keepsATaskOfManyFiles() {
    Task task = store.create(newTask(request(null)));
    List<Disk> disks = IntStream.range(0, 21).mapToObj(i -> disk(i, 200)).toList();

    store.update(task.id(), t -> t.withDisks(disks));

    assertThat(store.find(task.id()).orElseThrow().disks()).isEqualTo(disks);
  }

  @Test
  final void listsTheTasksOfAKindFromTheNewestOnPageByPage() {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 25; i++) {
      Task task = store.create(newTask(request(null)));
      // Large ones, so that a store with pages of its own meets their ends.
      store.update(task.id(), t -> t.withDisks(List.of(disk(0, 250))));
      ids.addFirst(task.id());
    }
    store.create(newTask(request(TaskKind.IMPORT_SNAPSHOT, null, "s3://bucket/disk.ova")));

    List<String> listed = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    String next = null;
    do {
      TaskStore.Page page = store.list(TaskKind.IMPORT_IMAGE, 10, next);
      page.tasks().forEach(task -> listed.add(task.id()));
      sizes.add(page.tasks().size());
      next = page.next();
    } while (next != null);

    assertThat(listed).isEqualTo(ids);
    assertThat(sizes).containsExactly(10, 10, 5);
  }

  @Test
  final void aPageThatHoldsTheLastTaskIsTheLast() {
    for (int i = 0; i < 4; i++) {
      store.create(newTask(request(null)));
    }

    assertThat(store.list(TaskKind.IMPORT_IMAGE, 4, null).next()).isNull();
    TaskStore.Page first = store.list(TaskKind.IMPORT_IMAGE, 2, null);
    assertThat(first.next()).isNotNull();
    assertThat(store.list(TaskKind.IMPORT_IMAGE, 2, first.next()).next()).isNull();
    assertThat(store.list(TaskKind.IMPORT_SNAPSHOT, 1, null))
        .isEqualTo(new TaskStore.Page(List.of(), null));
  }

  @Test
  final void refusesPlacesAndLimitsThatAreNone() {
    assertFails(
        ErrorCode.PARAMETER_INVALID, () -> store.list(TaskKind.IMPORT_IMAGE, 10, "nowhere"));
    assertFails(ErrorCode.PARAMETER_INVALID, () -> store.list(TaskKind.IMPORT_IMAGE, 10, "%%"));
    assertFails(ErrorCode.PARAMETER_INVALID, () -> store.list(TaskKind.IMPORT_IMAGE, 0, null));
    assertFails(ErrorCode.PARAMETER_INVALID, () -> store.list(TaskKind.IMPORT_IMAGE, 1001, null));
  }

  @Test
  final void countsTheTasksThatHaveNotEnded() {
    Task completed = store.create(newTask(request(null)));
    Task deleting = store.create(newTask(request(null)));
    Task deleted = store.create(newTask(request(null)));
    store.create(newTask(request(null)));

    store.update(completed.id(), t -> t.advanced(TaskStatus.COMPLETED, "done"));
    store.update(deleting.id(), t -> t.advanced(TaskStatus.DELETING, "failed"));
    store.update(deleted.id(), t -> t.advanced(TaskStatus.DELETED, "failed"));

    assertThat(store.active(TaskKind.IMPORT_IMAGE)).hasSize(2);
    assertThat(store.active(TaskKind.IMPORT_SNAPSHOT)).isEmpty();
  }

  @Test
  final void credentialsInLocationsAreKeptUntilTheTaskEndsAndNoLonger() {
    ImportRequest presigned = request(TaskKind.IMPORT_IMAGE, "token", PRESIGNED);
    Task task = store.create(newTask(presigned));
    Task running = store.update(task.id(), t -> t.advanced(TaskStatus.DELETING, "failed"));
    Task ended = store.update(task.id(), t -> t.advanced(TaskStatus.DELETED, "failed"));

    assertThat(running.request().containers().getFirst().url()).isEqualTo(PRESIGNED);
    assertThat(ended.request().containers().getFirst().url())
        .isEqualTo("https://example.com/disk.vmdk");
    assertThat(store.find(task.id())).contains(ended);
    assertThat(store.list(TaskKind.IMPORT_IMAGE, 10, null).tasks()).containsExactly(ended);
    // The token still knows the request.
    assertThat(store.create(newTask(presigned))).isEqualTo(ended);
  }
}
