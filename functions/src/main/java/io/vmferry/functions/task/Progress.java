package io.vmferry.functions.task;

/**
 * How far the work is, summed over a task's chunks.
 *
 * @param doneBytes bytes of the disks' planned ranges that are dealt with
 * @param writtenBlocks 512 KiB blocks written to snapshots
 * @param doneChunks chunks that are finished
 */
public record Progress(long doneBytes, long writtenBlocks, int doneChunks) {
  /** Nothing done. */
  public static final Progress NONE = new Progress(0, 0, 0);

  private static final int ALL = 100;

  /** The sum of two. */
  public Progress plus(Progress other) {
    return new Progress(
        doneBytes + other.doneBytes,
        writtenBlocks + other.writtenBlocks,
        doneChunks + other.doneChunks);
  }

  /** The larger of each figure. */
  public Progress max(Progress other) {
    return new Progress(
        Math.max(doneBytes, other.doneBytes),
        Math.max(writtenBlocks, other.writtenBlocks),
        Math.max(doneChunks, other.doneChunks));
  }

  /**
   * Whole percent of the work that the task's plan holds; 100 only for a task that is completed.
   * Never falls while the task goes on, nor by a retry: what is done of a chunk only grows, and a
   * plan once made stays.
   */
  public int percent(Task task) {
    if (task.status() == TaskStatus.COMPLETED) {
      return ALL;
    }
    long total = task.disks().stream().mapToLong(Disk::plannedBytes).sum();
    return total == 0
        ? 0
        : (int) Math.clamp(Math.floorDiv(doneBytes, Math.ceilDiv(total, ALL)), 0L, ALL - 1);
  }
}
