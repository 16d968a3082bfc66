package io.vmferry.functions.task;

import java.time.Instant;

/**
 * Something that happened to a task, kept so that a failure can be understood afterwards.
 *
 * @param at when
 * @param kind what
 * @param text for people; holds no credentials
 */
public record TaskEvent(Instant at, Kind kind, String text) {

  /** What can happen. */
  public enum Kind {
    /** The task took another state, or its message changed. */
    STATE,
    /** A step failed; the state machine may try it again. */
    ERROR,
    /** The task was started, retried or cancelled by somebody. */
    REQUEST,
    /** The task made something outside of its records. */
    MADE,
    /** Something that the task had made was removed. */
    REMOVED
  }
}
