package io.vmferry.functions.handler;

import io.vmferry.disk.ErrorCode;
import io.vmferry.disk.VmferryException;
import io.vmferry.disk.convert.ChunkPlanner;
import java.util.Map;

/**
 * What the functions are told by their environment.
 *
 * @param workBucket {@code VMFERRY_WORK_BUCKET}: where intermediate objects are kept
 * @param table {@code VMFERRY_TABLE}: the DynamoDB table of the tasks
 * @param importStateMachine {@code VMFERRY_IMPORT_STATE_MACHINE}: the ARN of the state machine of
 *     imports
 * @param workers {@code VMFERRY_WORKERS}: blocks in hand at once in a function, 1 to 256; 32 by
 *     default
 * @param chunkLimits how large a chunk of the plan may become
 */
public record Config(
    String workBucket,
    String table,
    String importStateMachine,
    int workers,
    ChunkPlanner.Limits chunkLimits) {
  private static final int MOST_WORKERS = 256;

  /**
   * The configuration in an environment.
   *
   * @throws VmferryException {@link ErrorCode#PARAMETER_INVALID} naming what is missing or wrong
   */
  public static Config from(Map<String, String> environment) {
    return new Config(
        required(environment, "VMFERRY_WORK_BUCKET"),
        required(environment, "VMFERRY_TABLE"),
        environment.getOrDefault("VMFERRY_IMPORT_STATE_MACHINE", ""),
        workers(environment.getOrDefault("VMFERRY_WORKERS", "32")),
        ChunkPlanner.Limits.DEFAULT);
  }

  private static String required(Map<String, String> environment, String name) {
    String value = environment.get(name);
    if (value == null || value.isEmpty()) {
      throw invalid(name, "is not set");
    }
    return value;
  }

  private static int workers(String value) {
    String name = "VMFERRY_WORKERS";
    try {
      int workers = Integer.parseInt(value);
      if (workers >= 1 && workers <= MOST_WORKERS) {
        return workers;
      }
      throw invalid(name, "is %d; 1 to %d are allowed".formatted(workers, MOST_WORKERS));
    } catch (NumberFormatException e) {
      throw new VmferryException(
          ErrorCode.PARAMETER_INVALID,
          "the environment variable %s is '%s', which is no number".formatted(name, value),
          e);
    }
  }

  private static VmferryException invalid(String name, String what) {
    return new VmferryException(
        ErrorCode.PARAMETER_INVALID, "the environment variable %s %s".formatted(name, what));
  }
}
