package io.vmferry.functions.fake;

import io.vmferry.functions.port.EffectStore;
import io.vmferry.functions.task.Effect;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Effects in memory. */
public final class InMemoryEffectStore implements EffectStore {
  private static final Comparator<Effect> ORDER =
      Comparator.comparing(Effect::kind).thenComparing(Effect::id);

  private final Map<String, Set<Effect>> effects = new ConcurrentHashMap<>();
  private final Faults faults = new Faults();

  /** Failures of the operations {@code record}, {@code list}, {@code forget}. */
  public Faults faults() {
    return faults;
  }

  @Override
  public void record(String taskId, Effect effect) {
    faults.check("record");
    effects.computeIfAbsent(taskId, id -> ConcurrentHashMap.newKeySet()).add(effect);
  }

  @Override
  public List<Effect> list(String taskId) {
    faults.check("list");
    return effects.getOrDefault(taskId, Set.of()).stream().sorted(ORDER).toList();
  }

  @Override
  public void forget(String taskId, Effect effect) {
    faults.check("forget");
    effects.computeIfPresent(
        taskId,
        (id, known) -> {
          known.remove(effect);
          return known;
        });
  }
}
