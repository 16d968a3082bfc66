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
}
