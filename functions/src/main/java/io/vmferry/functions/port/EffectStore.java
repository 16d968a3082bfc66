package io.vmferry.functions.port;

import io.vmferry.functions.task.Effect;
import java.util.List;

/** What tasks have made and Cleanup may have to remove. */
public interface EffectStore {

  /** Notes an effect; noting it again changes nothing. */
  void record(String taskId, Effect effect);

  /** What is noted, in the order of {@link Effect.Kind}. */
  List<Effect> list(String taskId);

  /** Forgets an effect that was removed, or that has become a result; an unknown one is ignored. */
  void forget(String taskId, Effect effect);
}
