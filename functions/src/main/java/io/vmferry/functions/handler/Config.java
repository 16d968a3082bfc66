package io.vmferry.functions.handler;

import io.vmferry.disk.convert.ChunkPlanner;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.service.Reading;
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
 * @param reading how sources are read; {@code VMFERRY_CACHE_MIB}: MiB kept of each, 4 to 1,024; 64
 *     by default
 * @param chunkLimits how large a chunk of the plan may become
 */
public record Config(
    String workBucket,
    String table,
    String importStateMachine,
    int workers,
    Reading reading,
    ChunkPlanner.Limits chunkLimits) {
  private static final int MOST_WORKERS = 256;
  private static final int LEAST_CACHE = 4;
  private static final int MOST_CACHE = 1024;

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
        number(environment, "VMFERRY_WORKERS", 32, 1, MOST_WORKERS),
        Reading.ofData(number(environment, "VMFERRY_CACHE_MIB", 64, LEAST_CACHE, MOST_CACHE)),
        ChunkPlanner.Limits.DEFAULT);
  }

  private static String required(Map<String, String> environment, String name) {
    String value = environment.get(name);
    if (value == null || value.isEmpty()) {
      throw invalid(name, "is not set");
    }
    return value;
  }

  private static int number(
      Map<String, String> environment, String name, int otherwise, int least, int most) {
    String value = environment.get(name);
    if (value == null) {
      return otherwise;
    }
    try {
      int number = Integer.parseInt(value);
      if (number >= least && number <= most) {
        return number;
      }
      throw invalid(name, "is %d; %d to %d are allowed".formatted(number, least, most));
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
