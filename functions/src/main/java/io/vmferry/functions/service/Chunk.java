package io.vmferry.functions.service;

import io.vmferry.disk.convert.BlockRange;

/**
 * One piece of the plan; an item of the state machine's map.
 *
 * @param taskId the task
 * @param disk the disk's index
 * @param chunk the chunk's number within the disk, from 0
 * @param first index of its first block
 * @param count blocks
 */
public record Chunk(String taskId, int disk, int chunk, int first, int count) {

  /** The blocks. */
  BlockRange range() {
    return new BlockRange(first, count);
  }

  /** The chunk's name within the task, for progress. */
  String progressKey() {
    return "%02d-%08d".formatted(disk, chunk);
  }
}
