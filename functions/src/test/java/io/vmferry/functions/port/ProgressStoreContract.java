package io.vmferry.functions.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.functions.task.Progress;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link ProgressStore} does. */
public abstract class ProgressStoreContract {
  private static final String TASK = "import-ami-0123456789abcdef0";

  // Opened before each test.
  @SuppressWarnings("NullAway.Init")
  private ProgressStore store;

  /** An empty store. */
  protected abstract ProgressStore newStore();

  @BeforeEach
  final void openStore() {
    store = newStore();
  }

  @Test
  final void aTaskThatHasNotReportedHasDoneNothing() {
    assertThat(store.total(TASK)).isEqualTo(Progress.NONE);
  }

  @Test
  final void theTotalIsTheSumOverTheChunksOfTheTask() {
    store.report(TASK, "0/0", new Progress(100, 1, 0));
    store.report(TASK, "0/1", new Progress(1L << 40, 2, 1));
    store.report("import-ami-0123456789abcdef1", "0/0", new Progress(5, 5, 5));

    assertThat(store.total(TASK)).isEqualTo(new Progress((1L << 40) + 100, 3, 1));
  }

  @Test
  final void aChunkReportedAgainReplacesItsFigures() {
    store.report(TASK, "0/0", new Progress(100, 1, 0));
    store.report(TASK, "0/0", new Progress(200, 2, 1));
    store.report(TASK, "0/0", new Progress(200, 2, 1));

    assertThat(store.total(TASK)).isEqualTo(new Progress(200, 2, 1));
  }

  @Test
  final void aChunkStartedAgainDoesNotCountBackwards() {
    store.report(TASK, "0/0", new Progress(200, 20, 1));
    store.report(TASK, "0/0", new Progress(50, 5, 0));

    assertThat(store.total(TASK)).isEqualTo(new Progress(200, 20, 1));
  }

  @Test
  final void twoAttemptsEachFurtherInOneRespectCountInBoth() {
    store.report(TASK, "0/0", new Progress(200, 5, 0));
    store.report(TASK, "0/0", new Progress(100, 10, 0));

    assertThat(store.total(TASK)).isEqualTo(new Progress(200, 10, 0));
  }

  @Test
  final void attemptsAtOnceAtTheSameChunksCountEachChunkOnce() throws Exception {
    int chunks = 10;
    int attempts = 4;
    Threads.together(
        chunks * attempts,
        i -> {
          String chunk = "0/" + i % chunks;
          for (int step = 1; step <= 5; step++) {
            store.report(TASK, chunk, new Progress(step * 1000L, step, step == 5 ? 1 : 0));
          }
          return i;
        });

    assertThat(store.total(TASK)).isEqualTo(new Progress(chunks * 5000L, chunks * 5L, chunks));
  }
}
