package io.vmferry.functions.port;

import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Who may run: a number of slots for the tasks of a kind, and the line of those that wait for one.
 * Every method is atomic, and may be called again with no further effect.
 */
public interface AdmissionStore {

  /**
   * Takes a slot, if fewer than {@code limit} are taken.
   *
   * @param holder who takes it; at most 255 characters
   * @return whether the holder has a slot now; true as well if it had one before
   */
  boolean take(TaskKind kind, String holder, int limit);

  /** Gives a slot back. */
  void release(TaskKind kind, String holder);

  /** Who has a slot, and since when. */
  Map<String, Instant> holders(TaskKind kind);

  /** Puts a task at the end of the line: behind all that were created before it. */
  void enqueue(Task task);

  /** Takes a task out of the line, wherever it is. */
  void dequeue(Task task);

  /** The ids of the tasks in the line, the first one first; at most {@code most}. */
  List<String> queued(TaskKind kind, int most);
}
