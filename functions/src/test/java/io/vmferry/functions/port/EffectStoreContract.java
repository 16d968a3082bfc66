package io.vmferry.functions.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.functions.task.Effect;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link EffectStore} does. */
public abstract class EffectStoreContract {
  private static final String TASK = "import-ami-0123456789abcdef0";
  private static final String OTHER = "import-ami-0123456789abcdef1";

  // Opened before each test.
  @SuppressWarnings("NullAway.Init")
  private EffectStore store;

  /** An empty store. */
  protected abstract EffectStore newStore();

  @BeforeEach
  final void openStore() {
    store = newStore();
  }

  @Test
  final void listsEffectsUsersBeforeWhatTheyUse() {
    Effect object = new Effect(Effect.Kind.OBJECT, "bucket/tasks/1/");
    Effect upload = new Effect(Effect.Kind.UPLOAD, "bucket/key#id");
    Effect snapshot = new Effect(Effect.Kind.SNAPSHOT, "snap-1");
    Effect otherSnapshot = new Effect(Effect.Kind.SNAPSHOT, "snap-2");
    Effect image = new Effect(Effect.Kind.IMAGE, "ami-1");

    store.record(TASK, object);
    store.record(TASK, otherSnapshot);
    store.record(TASK, image);
    store.record(TASK, snapshot);
    store.record(TASK, upload);

    assertThat(store.list(TASK))
        .containsExactlyInAnyOrder(image, snapshot, otherSnapshot, upload, object);
    assertThat(store.list(TASK)).extracting(Effect::kind).isSorted();
  }

  @Test
  final void anEffectNotedTwiceIsOne() {
    Effect effect = new Effect(Effect.Kind.SNAPSHOT, "snap-1");

    store.record(TASK, effect);
    store.record(TASK, effect);

    assertThat(store.list(TASK)).containsExactly(effect);
  }

  @Test
  final void effectsAreOfTheirTask() {
    store.record(TASK, new Effect(Effect.Kind.SNAPSHOT, "snap-1"));

    assertThat(store.list(OTHER)).isEmpty();
  }

  @Test
  final void forgetsOneEffectAndIgnoresUnknownOnes() {
    Effect kept = new Effect(Effect.Kind.SNAPSHOT, "snap-1");
    Effect forgotten = new Effect(Effect.Kind.SNAPSHOT, "snap-2");
    store.record(TASK, kept);
    store.record(TASK, forgotten);

    store.forget(TASK, forgotten);
    store.forget(TASK, forgotten);
    store.forget(OTHER, kept);

    assertThat(store.list(TASK)).containsExactly(kept);
  }

  @Test
  final void keepsEffectsWithTheLongestKeysThereAre() {
    Effect effect =
        new Effect(Effect.Kind.UPLOAD, "bucket/" + "k".repeat(1024) + "#" + "u".repeat(200));

    store.record(TASK, effect);

    assertThat(store.list(TASK)).containsExactly(effect);
  }

  @Test
  final void effectsNotedAtOnceAreAllKept() throws Exception {
    Threads.together(
        50,
        i -> {
          store.record(TASK, new Effect(Effect.Kind.OBJECT, "bucket/" + i));
          return i;
        });

    assertThat(store.list(TASK))
        .extracting(Effect::id)
        .containsExactlyInAnyOrderElementsOf(
            IntStream.range(0, 50).mapToObj(i -> "bucket/" + i).toList());
  }
}
