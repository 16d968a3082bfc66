package io.vmferry.functions.handler;

import io.vmferry.disk.convert.ChunkPlanner;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.service.ComputePolicy;
import io.vmferry.functions.service.Reading;
import io.vmferry.functions.service.TaskLimits;
import io.vmferry.functions.service.UploadArea;
import io.vmferry.functions.task.Compute;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

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
 * @param limits how many tasks run, and what becomes of those that fail: {@code
 *     VMFERRY_ACTIVE_TASKS}, how many of a kind may run at once, from 1 on, 20 by default; {@code
 *     VMFERRY_QUEUE}, {@code true} to let others wait instead of refusing them; {@code
 *     VMFERRY_KEEP_MINUTES}, how many minutes what a task has written is kept for a retry, 0 to
 *     4,320, 60 by default
 * @param retention {@code VMFERRY_RETENTION_DAYS}: how many days ended tasks stay listed, 1 to
 *     3,650; 90 by default
 * @param uploads {@code VMFERRY_UPLOADS}: {@code bucket/prefix/} of the files that go with the task
 *     that imports them; none by default
 * @param roleName {@code VMFERRY_ROLE_NAME}: the service role that requests to EC2's API may name;
 *     {@code vmimport} by default
 * @param compute where disks are converted: {@code VMFERRY_FARGATE}, whether there is a Fargate
 *     task ({@code true} or {@code false}, the default); {@code VMFERRY_COMPUTE}, where they are
 *     unless a request says otherwise ({@code lambda}, {@code fargate}, or {@code auto}, the
 *     default); {@code VMFERRY_FARGATE_CHUNKS}, from how many chunks on it is Fargate, 256 by
 *     default
 * @param chunksAtOnce {@code VMFERRY_CHUNKS_AT_ONCE}: chunks in hand at once in the container, 1 to
 *     64; 4 by default
 */
public record Config(
    String workBucket,
    String table,
    String importStateMachine,
    int workers,
    Reading reading,
    ChunkPlanner.Limits chunkLimits,
    TaskLimits limits,
    Duration retention,
    Optional<UploadArea> uploads,
    String roleName,
    ComputePolicy compute,
    int chunksAtOnce) {
  /** Chunks in hand at once in the container if nothing else is said. */
  public static final int DEFAULT_CHUNKS_AT_ONCE = 4;

  /** A configuration with the guide's role name, and without Fargate. */
  public Config(
      String workBucket,
      String table,
      String importStateMachine,
      int workers,
      Reading reading,
      ChunkPlanner.Limits chunkLimits,
      TaskLimits limits,
      Duration retention,
      Optional<UploadArea> uploads) {
    this(
        workBucket,
        table,
        importStateMachine,
        workers,
        reading,
        chunkLimits,
        limits,
        retention,
        uploads,
        DEFAULT_ROLE_NAME,
        ComputePolicy.FUNCTIONS_ONLY,
        DEFAULT_CHUNKS_AT_ONCE);
  }

  /** How long ended tasks stay listed if nothing else is said. */
  public static final Duration DEFAULT_RETENTION = Duration.ofDays(90);

  /** What the guide calls the service role. */
  public static final String DEFAULT_ROLE_NAME = "vmimport";

  private static final int DEFAULT_ACTIVE_TASKS = 20;
  private static final int MOST_RETENTION_DAYS = 3650;
  private static final int MOST_WORKERS = 256;
  private static final int MOST_CHUNKS_AT_ONCE = 64;
  private static final int LEAST_CACHE = 4;
  private static final int MOST_CACHE = 1024;

  /**
   * The configuration in an environment.
   *
   * @throws VmferryException {@link ErrorCode#PARAMETER_INVALID} naming what is missing or wrong
   */
  public static Config from(Map<String, String> environment) {
    return from(environment, ChunkPlanner.Limits.DEFAULT);
  }

  /** The same with other limits of chunks, which no variable sets. */
  public static Config from(Map<String, String> environment, ChunkPlanner.Limits chunkLimits) {
    return new Config(
        required(environment, "VMFERRY_WORK_BUCKET"),
        required(environment, "VMFERRY_TABLE"),
        environment.getOrDefault("VMFERRY_IMPORT_STATE_MACHINE", ""),
        number(environment, "VMFERRY_WORKERS", 32, 1, MOST_WORKERS),
        Reading.ofData(number(environment, "VMFERRY_CACHE_MIB", 64, LEAST_CACHE, MOST_CACHE)),
        chunkLimits,
        limits(environment),
        Duration.ofDays(
            number(
                environment,
                "VMFERRY_RETENTION_DAYS",
                Math.toIntExact(DEFAULT_RETENTION.toDays()),
                1,
                MOST_RETENTION_DAYS)),
        area(environment, "VMFERRY_UPLOADS"),
        environment.getOrDefault("VMFERRY_ROLE_NAME", DEFAULT_ROLE_NAME),
        compute(environment),
        number(
            environment, "VMFERRY_CHUNKS_AT_ONCE", DEFAULT_CHUNKS_AT_ONCE, 1, MOST_CHUNKS_AT_ONCE));
  }

  private static TaskLimits limits(Map<String, String> environment) {
    String queue = environment.getOrDefault("VMFERRY_QUEUE", "false");
    if (!queue.equals("true") && !queue.equals("false")) {
      throw invalid("VMFERRY_QUEUE", "is '%s'; true or false is expected".formatted(queue));
    }
    return new TaskLimits(
        number(environment, "VMFERRY_ACTIVE_TASKS", DEFAULT_ACTIVE_TASKS, 1, TaskLimits.UNLIMITED),
        queue.equals("true"),
        Duration.ofMinutes(
            number(
                environment,
                "VMFERRY_KEEP_MINUTES",
                Math.toIntExact(TaskLimits.DEFAULT_KEEP.toMinutes()),
                0,
                Math.toIntExact(TaskLimits.LONGEST_KEEP.toMinutes()))));
  }

  private static ComputePolicy compute(Map<String, String> environment) {
    String available = environment.getOrDefault("VMFERRY_FARGATE", "false");
    boolean fargate =
        switch (available) {
          case "true" -> true;
          case "false" -> false;
          default ->
              throw invalid(
                  "VMFERRY_FARGATE", "is '%s'; true or false is expected".formatted(available));
        };
    String where = environment.getOrDefault("VMFERRY_COMPUTE", "auto");
    Optional<Compute> configured = Compute.of(where);
    if (configured.isEmpty() && !where.equals("auto")) {
      throw invalid(
          "VMFERRY_COMPUTE", "is '%s'; auto, lambda or fargate is expected".formatted(where));
    }
    if (!fargate && configured.equals(Optional.of(Compute.FARGATE))) {
      throw invalid("VMFERRY_COMPUTE", "is 'fargate', and VMFERRY_FARGATE says that there is none");
    }
    return new ComputePolicy(
        fargate,
        configured,
        number(
            environment,
            "VMFERRY_FARGATE_CHUNKS",
            ComputePolicy.DEFAULT_FARGATE_CHUNKS,
            1,
            Integer.MAX_VALUE));
  }

  /** A variable that names a prefix of a bucket. */
  static Optional<UploadArea> area(Map<String, String> environment, String name) {
    String value = environment.getOrDefault(name, "");
    if (value.isEmpty()) {
      return Optional.empty();
    }
    int slash = value.indexOf('/');
    if (slash <= 0 || slash > value.length() - 3 || !value.endsWith("/")) {
      throw invalid(name, "is '%s'; bucket/prefix/ is expected".formatted(value));
    }
    return Optional.of(new UploadArea(value.substring(0, slash), value.substring(slash + 1)));
  }

  private static String required(Map<String, String> environment, String name) {
    String value = environment.get(name);
    if (value == null || value.isEmpty()) {
      throw invalid(name, "is not set");
    }
    return value;
  }

  /** A variable that is a whole number. */
  static int number(
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
