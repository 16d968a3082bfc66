package io.vmferry.functions.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link AdmissionStore} does. */
public abstract class AdmissionStoreContract {
  private static final Instant CREATED = Instant.parse("2026-03-01T10:00:00Z");
  private static final int CALLERS = 24;
  private static final int LIMIT = 5;

  // Opened before each test.
  @SuppressWarnings("NullAway.Init")
  private AdmissionStore store;

  /** A store with free slots and empty lines. */
  protected abstract AdmissionStore newStore();

  @BeforeEach
  final void openStore() {
    store = newStore();
  }

  @Test
  final void givesAsManySlotsAsTheLimitAllowsHoweverManyAskAtOnce() throws Exception {
    List<Boolean> taken =
        Threads.together(CALLERS, i -> store.take(TaskKind.IMPORT_IMAGE, "import-ami-" + i, LIMIT));

    assertThat(taken.stream().filter(given -> given)).hasSize(LIMIT);
    assertThat(store.holders(TaskKind.IMPORT_IMAGE)).hasSize(LIMIT);
    assertThat(store.take(TaskKind.IMPORT_IMAGE, "import-ami-x", LIMIT)).isFalse();
    assertThat(store.take(TaskKind.IMPORT_SNAPSHOT, "import-snap-x", LIMIT)).isTrue();
  }

  @Test
  final void oneHolderTakesOneSlotHoweverOftenItAsks() throws Exception {
    List<Boolean> taken =
        Threads.together(CALLERS, i -> store.take(TaskKind.IMPORT_IMAGE, "token/a.b#c d", 1));

    assertThat(taken).containsOnly(true);
    assertThat(store.holders(TaskKind.IMPORT_IMAGE)).containsOnlyKeys("token/a.b#c d");
  }

  @Test
  final void aSlotGivenBackIsFreeOnce() {
    store.take(TaskKind.IMPORT_IMAGE, "1", 2);
    store.take(TaskKind.IMPORT_IMAGE, "2", 2);

    store.release(TaskKind.IMPORT_IMAGE, "1");
    store.release(TaskKind.IMPORT_IMAGE, "1");
    store.release(TaskKind.IMPORT_SNAPSHOT, "2");

    assertThat(store.take(TaskKind.IMPORT_IMAGE, "3", 2)).isTrue();
    assertThat(store.take(TaskKind.IMPORT_IMAGE, "4", 2)).isFalse();
  }

  @Test
  final void theLineIsInTheOrderInWhichTasksWereCreated() {
    Task first = task(1, TaskKind.IMPORT_IMAGE);
    Task second = task(2, TaskKind.IMPORT_IMAGE);
    Task third = task(3, TaskKind.IMPORT_IMAGE);

    store.enqueue(third);
    store.enqueue(first);
    store.enqueue(second);
    store.enqueue(first);
    store.enqueue(task(0, TaskKind.IMPORT_SNAPSHOT));

    assertThat(store.queued(TaskKind.IMPORT_IMAGE, 2)).containsExactly(first.id(), second.id());
    store.dequeue(second);
    store.dequeue(second);
    assertThat(store.queued(TaskKind.IMPORT_IMAGE, 10)).containsExactly(first.id(), third.id());
  }

  private static Task task(int number, TaskKind kind) {
    return Task.accepted(
        kind.idPrefix() + "%017x".formatted(number),
        new ImportRequest(
            kind,
            List.of(DiskContainer.of("s3://b/k")),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Map.of(),
            GuestOptions.AS_IT_IS),
        CREATED.plusNanos(number));
  }
}
