package io.vmferry.functions.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.functions.task.TaskEvent;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link EventStore} does. */
public abstract class EventStoreContract {
  private static final List<TaskEvent.Kind> KINDS = List.of(TaskEvent.Kind.values());
  private static final String TASK = "import-ami-0123456789abcdef0";
  private static final Instant START = Instant.parse("2026-03-01T10:00:00Z");

  // Opened before each test.
  @SuppressWarnings("NullAway.Init")
  private EventStore store;

  /** An empty store. */
  protected abstract EventStore newStore();

  @BeforeEach
  final void openStore() {
    store = newStore();
  }

  @Test
  final void tellsTheLastFiftyEventsTheOldestFirst() {
    List<TaskEvent> events =
        IntStream.range(0, EventStore.MOST + 7)
            .mapToObj(
                i -> new TaskEvent(START.plusMillis(i), KINDS.get(i % KINDS.size()), "event " + i))
            .toList();
    // Workers of one task write in any order.
    events.reversed().forEach(event -> store.add(TASK, event));

    assertThat(store.last(TASK)).isEqualTo(events.subList(7, events.size()));
    assertThat(store.last("import-ami-0123456789abcdef1")).isEmpty();
  }

  @Test
  final void eventsOfTheSameMomentAreAllKept() {
    TaskEvent event = new TaskEvent(START, TaskEvent.Kind.ERROR, "no answer");

    store.add(TASK, event);
    store.add(TASK, event);

    assertThat(store.last(TASK)).containsExactly(event, event);
  }

  @Test
  final void cutsLongTexts() {
    store.add(TASK, new TaskEvent(START, TaskEvent.Kind.ERROR, "x".repeat(100_000)));

    assertThat(store.last(TASK).getFirst().text()).hasSize(1000).endsWith("x…");
  }
}
