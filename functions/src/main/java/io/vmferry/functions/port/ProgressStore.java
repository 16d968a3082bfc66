package io.vmferry.functions.port;

import io.vmferry.functions.task.Progress;

/**
 * How far each chunk of a task is. The task's progress is the sum over its chunks, and a chunk's
 * own figures only grow, so a chunk done twice counts once.
 */
public interface ProgressStore {

  /**
   * Notes how far a chunk is. A figure lower than the one noted before (a chunk started again) is
   * ignored.
   *
   * @param chunk names the chunk within the task
   */
  void report(String taskId, String chunk, Progress progress);

  /** The sum over the task's chunks. */
  Progress total(String taskId);
}
