package io.vmferry.guest;

import java.util.Optional;

/**
 * A line of the report: one change made to a guest.
 *
 * @param modification the modification's name
 * @param action what was done
 * @param path the file; empty for a note
 * @param original where the file's original is kept; empty if there was none or it is the file's
 *     first part
 * @param summary what changed, for people, without a final full stop
 */
public record Change(
    String modification,
    Action action,
    Optional<String> path,
    Optional<String> original,
    String summary) {

  /** What was done. */
  public enum Action {
    /** A file's content was changed. */
    CHANGED,
    /** A file was made. */
    CREATED,
    /** A file was put out of effect: renamed to its original's name. */
    REMOVED,
    /** Nothing was changed, for a reason worth telling. */
    NOTE
  }
}
