package io.vmferry.functions.port;

import io.vmferry.functions.task.Effect;
import io.vmferry.functions.task.Task;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The changes of the tasks' table, as its stream brings them. */
@FunctionalInterface
public interface TaskChanges {

  /**
   * The changes of a batch in their order. Records of other items are left out.
   *
   * @param batch the batch as the function is given it, JSON
   */
  List<Change> read(String batch);

  /** A change of one item. */
  sealed interface Change {
    /** Names the change within its stream. */
    String sequenceNumber();

    /** When it was written, to the second. */
    Instant at();
  }

  /**
   * A task was created or changed.
   *
   * @param before what it was; empty if it is new
   * @param after what it is
   */
  record TaskChange(String sequenceNumber, Instant at, Optional<Task> before, Task after)
      implements Change {}

  /**
   * Something a task made was noted, or was removed or became a result.
   *
   * @param noted whether it was noted
   */
  record EffectChange(
      String sequenceNumber, Instant at, String taskId, Effect effect, boolean noted)
      implements Change {}

  /**
   * A record that is not understood; trying again does not help.
   *
   * @param why what is wrong with it
   */
  record Unreadable(String sequenceNumber, Instant at, String why) implements Change {}
}
