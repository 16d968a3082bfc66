package io.vmferry.functions.task;

import java.util.Locale;

/**
 * The states of an import task, in the direction they are passed. States may be skipped, never
 * taken again, with one exception: a failed task that is retried starts over.
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
  /**
   * Failed for a reason that may pass. Nothing works for it; what it has written is kept for a
   * while so that a retry can go on from there.
   */
  FAILED,
  /** Failed or cancelled; what it made is being removed. */
  DELETING,
  /** Failed or cancelled; nothing of it is left. Final. */
  DELETED;

  /** Whether nothing happens to the task any more. */
  public boolean isFinal() {
    return this == COMPLETED || this == DELETED;
  }

  /** Whether nothing happens to the task by itself: it is final, or waits for a retry. */
  public boolean isAtRest() {
    return isFinal() || this == FAILED;
  }

  /** Whether steps may work for the task. */
  public boolean isWorkedFor() {
    return compareTo(COMPLETED) < 0;
  }

  /**
   * The status as the EC2 API shows it, which knows fewer: a task that failed is {@code deleted},
   * kept or not, and a snapshot's is {@code active} as long as it is worked for.
   */
  public String shown(TaskKind kind) {
    TaskStatus known =
        switch (this) {
          case FAILED -> DELETED;
          case VALIDATING, VALIDATED, CONVERTING, UPDATING ->
              kind == TaskKind.IMPORT_SNAPSHOT ? ACTIVE : this;
          case ACTIVE, COMPLETED, DELETING, DELETED -> this;
        };
    return known.name().toLowerCase(Locale.ROOT);
  }

  /**
   * Whether a task in this state may take {@code next}: any later state, but from a final one none.
   */
  public boolean mayBecome(TaskStatus next) {
    return !isFinal() && next.compareTo(this) > 0;
  }
}
