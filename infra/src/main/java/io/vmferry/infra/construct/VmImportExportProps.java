package io.vmferry.infra.construct;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awscdk.services.cloudwatch.IAlarmAction;
import software.amazon.awscdk.services.ec2.IVpc;
import software.amazon.awscdk.services.iam.IManagedPolicy;
import software.amazon.awscdk.services.kms.IKey;
import software.amazon.awscdk.services.lambda.Code;
import software.amazon.awscdk.services.s3.IBucket;
import software.amazon.awscdk.services.sns.ITopic;

/**
 * How vmferry is deployed. All that is not said has a default; {@link #builder} needs the code
 * only.
 *
 * @param functionsCode the zip of the functions
 * @param imageDirectory what the container image is built from
 * @param storage what tasks are kept in; none to make it in the construct itself
 * @param imagesBucket an existing bucket of images, where {@code storage} is not given
 * @param encryptionKey encrypts buckets and table, where {@code storage} is not given
 * @param sourceBuckets further buckets that images may be read from
 * @param imageKeys keys that encrypt sources, or are to encrypt snapshots; not needed for keys that
 *     AWS manages
 * @param vpc where functions and container run, in its private subnets; none for Lambda's own
 *     network and, for the container, a VPC of vmferry's without anything that costs by the hour
 * @param activeTasks how many tasks of a kind may be active at once, from 1 on
 * @param chunksAtOnce how many chunks of one import are converted at once, 1 to 10,000. Forty write
 *     about as fast as EBS takes the blocks of one snapshot
 * @param convertConcurrency functions reserved for converting, all imports together; none for what
 *     the account has
 * @param fargate the size of the container that converts large disks; none for Lambda only
 * @param taskRetentionDays how many days ended tasks stay listed, 1 to 3,650
 * @param logRetentionDays how many days logs are kept: a number that CloudWatch knows
 * @param agentLocations {@code s3://bucket/key}, {@code *} at the end standing for any rest: where
 *     packages of agents and drivers are that imports may name
 * @param notificationTopic is told of ended tasks; none by default
 * @param alarmActions what alarms do
 * @param permissionsBoundary limits every role
 * @param tags put on everything
 */
public record VmImportExportProps(
    Code functionsCode,
    String imageDirectory,
    Optional<TaskStorage> storage,
    Optional<IBucket> imagesBucket,
    Optional<IKey> encryptionKey,
    List<IBucket> sourceBuckets,
    List<IKey> imageKeys,
    Optional<IVpc> vpc,
    int activeTasks,
    int chunksAtOnce,
    Optional<Integer> convertConcurrency,
    Optional<FargateSize> fargate,
    int taskRetentionDays,
    int logRetentionDays,
    List<String> agentLocations,
    Optional<ITopic> notificationTopic,
    List<IAlarmAction> alarmActions,
    Optional<IManagedPolicy> permissionsBoundary,
    Map<String, String> tags) {
  private static final int MOST_CHUNKS = 10_000;
  private static final int MOST_RETENTION_DAYS = 3650;

  /** Checks the numbers and the agents' locations. */
  public VmImportExportProps {
    inRange("activeTasks", activeTasks, 1, Integer.MAX_VALUE);
    inRange("chunksAtOnce", chunksAtOnce, 1, MOST_CHUNKS);
    inRange("taskRetentionDays", taskRetentionDays, 1, MOST_RETENTION_DAYS);
    convertConcurrency.ifPresent(n -> inRange("convertConcurrency", n, 1, Integer.MAX_VALUE));
    if (storage.isPresent() && (imagesBucket.isPresent() || encryptionKey.isPresent())) {
      throw new IllegalArgumentException(
          "imagesBucket and encryptionKey belong to the storage, which is given as well");
    }
    for (String location : agentLocations) {
      if (!location.matches("s3://[a-z0-9.-]{3,63}/[^*?]*\\*?") || location.endsWith("/")) {
        throw new IllegalArgumentException(
            "the agent's location '%s' is not s3://bucket/key or s3://bucket/prefix*"
                .formatted(location));
      }
    }
    sourceBuckets = List.copyOf(sourceBuckets);
    imageKeys = List.copyOf(imageKeys);
    agentLocations = List.copyOf(agentLocations);
    alarmActions = List.copyOf(alarmActions);
    tags = Map.copyOf(tags);
  }

  private static void inRange(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "%s is %d; %d to %d are allowed".formatted(name, value, least, most));
    }
  }

  /**
   * Begins with the defaults.
   *
   * @param functionsCode {@code functions/target/vmferry-functions.zip}
   * @param imageDirectory {@code functions/target/image}
   */
  public static Builder builder(Code functionsCode, String imageDirectory) {
    return new Builder(functionsCode, imageDirectory);
  }

  /** Takes what differs from the defaults. */
  public static final class Builder {
    private static final int DEFAULT_ACTIVE_TASKS = 20;
    private static final int DEFAULT_CHUNKS = 40;
    private static final int DEFAULT_RETENTION_DAYS = 90;

    private final Code functionsCode;
    private final String imageDirectory;
    private Optional<TaskStorage> storage = Optional.empty();
    private Optional<IBucket> imagesBucket = Optional.empty();
    private Optional<IKey> encryptionKey = Optional.empty();
    private List<IBucket> sourceBuckets = List.of();
    private List<IKey> imageKeys = List.of();
    private Optional<IVpc> vpc = Optional.empty();
    private int activeTasks = DEFAULT_ACTIVE_TASKS;
    private int chunksAtOnce = DEFAULT_CHUNKS;
    private Optional<Integer> convertConcurrency = Optional.empty();
    private Optional<FargateSize> fargate = Optional.of(FargateSize.DEFAULT);
    private int taskRetentionDays = DEFAULT_RETENTION_DAYS;
    private int logRetentionDays = DEFAULT_RETENTION_DAYS;
    private List<String> agentLocations = List.of();
    private Optional<ITopic> notificationTopic = Optional.empty();
    private List<IAlarmAction> alarmActions = List.of();
    private Optional<IManagedPolicy> permissionsBoundary = Optional.empty();
    private Map<String, String> tags = Map.of();

    private Builder(Code functionsCode, String imageDirectory) {
      this.functionsCode = functionsCode;
      this.imageDirectory = imageDirectory;
    }

    /** Keeps tasks in what was made before, such as in another stack. */
    public Builder storage(TaskStorage value) {
      storage = Optional.of(value);
      return this;
    }

    /** Takes images from an existing bucket in the stack's Region that notifies EventBridge. */
    public Builder imagesBucket(IBucket value) {
      imagesBucket = Optional.of(value);
      return this;
    }

    /** Encrypts buckets and table with a key of the user's. */
    public Builder encryptionKey(IKey value) {
      encryptionKey = Optional.of(value);
      return this;
    }

    /** Lets images be read from these buckets as well. */
    public Builder sourceBuckets(List<? extends IBucket> value) {
      sourceBuckets = List.copyOf(value);
      return this;
    }

    /** Lets sources and snapshots be encrypted with these keys. */
    public Builder imageKeys(List<? extends IKey> value) {
      imageKeys = List.copyOf(value);
      return this;
    }

    /** Runs the functions in a VPC's private subnets. */
    public Builder vpc(IVpc value) {
      vpc = Optional.of(value);
      return this;
    }

    /** Limits the tasks of a kind that are active at once; 20 by default. */
    public Builder activeTasks(int value) {
      activeTasks = value;
      return this;
    }

    /** Limits the chunks of an import that are converted at once; 40 by default. */
    public Builder chunksAtOnce(int value) {
      chunksAtOnce = value;
      return this;
    }

    /** Reserves, and limits, the functions that convert. */
    public Builder convertConcurrency(int value) {
      convertConcurrency = Optional.of(value);
      return this;
    }

    /** Sets the size of the container; without one, Lambda converts every disk. */
    public Builder fargate(Optional<FargateSize> value) {
      fargate = value;
      return this;
    }

    /** Keeps ended tasks so many days; 90 by default. */
    public Builder taskRetentionDays(int value) {
      taskRetentionDays = value;
      return this;
    }

    /** Keeps logs so many days; 90 by default. */
    public Builder logRetentionDays(int value) {
      logRetentionDays = value;
      return this;
    }

    /** Lets imports install agents and drivers from there. */
    public Builder agentLocations(List<String> value) {
      agentLocations = List.copyOf(value);
      return this;
    }

    /** Tells a topic of ended tasks. */
    public Builder notificationTopic(ITopic value) {
      notificationTopic = Optional.of(value);
      return this;
    }

    /** Does these things when an alarm goes off. */
    public Builder alarmActions(List<? extends IAlarmAction> value) {
      alarmActions = List.copyOf(value);
      return this;
    }

    /** Sets the permissions boundary of every role. */
    public Builder permissionsBoundary(IManagedPolicy value) {
      permissionsBoundary = Optional.of(value);
      return this;
    }

    /** Puts tags on everything. */
    public Builder tags(Map<String, String> value) {
      tags = Map.copyOf(value);
      return this;
    }

    /**
     * The props.
     *
     * @throws IllegalArgumentException if a number is out of its range, or things exclude each
     *     other
     */
    public VmImportExportProps build() {
      return new VmImportExportProps(
          functionsCode,
          imageDirectory,
          storage,
          imagesBucket,
          encryptionKey,
          sourceBuckets,
          imageKeys,
          vpc,
          activeTasks,
          chunksAtOnce,
          convertConcurrency,
          fargate,
          taskRetentionDays,
          logRetentionDays,
          agentLocations,
          notificationTopic,
          alarmActions,
          permissionsBoundary,
          tags);
    }
  }
}
