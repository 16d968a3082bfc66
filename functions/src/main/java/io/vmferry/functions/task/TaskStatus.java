package io.vmferry.functions.task;

/**
 * The states of an import task, in the only direction they are passed. States may be skipped, never
 * taken again.
 */
public enum TaskStatus {
  /** Accepted; nothing has been read. */
  ACTIVE,
  /** Sources are looked at. */
  VALIDATING,
  /** Everything that can be told from headers is right. */
  VALIDATED,
  /** Blocks are written to snapshots. */
  CONVERTING,
  /** Snapshots are completed and the image is registered. */
  UPDATING,
  /** Done: the results exist. Final. */
  COMPLETED,
  /** Failed or cancelled; what it made is being removed. */
  DELETING,
  /** Failed or cancelled; nothing of it is left. Final. */
  DELETED;

  /** Whether nothing happens to the task any more. */
  public boolean isFinal() {
    return this == COMPLETED || this == DELETED;
  }

  /**
   * Whether a task in this state may take {@code next}: any later state, but from a final one none.
   */
  public boolean mayBecome(TaskStatus next) {
    return !isFinal() && next.compareTo(this) > 0;
  }
}
