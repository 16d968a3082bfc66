package io.vmferry.infra.stack;

import io.vmferry.infra.construct.FargateSize;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the app is told by CDK's context: {@code cdk deploy --all -c activeTasks=5}, or the member
 * {@code context} of {@code cdk.json}. Names and meanings are those of {@code VmImportExportProps};
 * docs/deploying.md lists them.
 *
 * @param stackPrefix {@code stackPrefix}: the beginning of the stacks' names
 * @param functionsZip {@code functionsZip}: the functions
 * @param imageDirectory {@code imageDirectory}: what the container image is built from
 * @param imagesBucket {@code imagesBucket}: the name of an existing bucket
 * @param encryptionKey {@code encryptionKey}: the ARN of a key
 * @param sourceBuckets {@code sourceBuckets}: names, separated by commas
 * @param imageKeys {@code imageKeys}: ARNs, separated by commas
 * @param vpcId {@code vpcId}: an existing VPC
 * @param activeTasks {@code activeTasks}
 * @param chunksAtOnce {@code chunksAtOnce}
 * @param convertConcurrency {@code convertConcurrency}
 * @param fargate {@code fargate}: {@code false} for none; {@code fargateCpu} and {@code
 *     fargateMemory}: the container's size
 * @param taskRetentionDays {@code taskRetentionDays}
 * @param logRetentionDays {@code logRetentionDays}
 * @param agentLocations {@code agentLocations}: {@code s3://…}, separated by commas
 * @param notificationTopic {@code notificationTopic}: the ARN of a topic
 * @param alarmTopic {@code alarmTopic}: the ARN of a topic
 * @param permissionsBoundary {@code permissionsBoundary}: the ARN of a managed policy
 * @param tags {@code tags}: {@code name=value}, separated by commas
 */
public record Settings(
    String stackPrefix,
    String functionsZip,
    String imageDirectory,
    Optional<String> imagesBucket,
    Optional<String> encryptionKey,
    List<String> sourceBuckets,
    List<String> imageKeys,
    Optional<String> vpcId,
    int activeTasks,
    int chunksAtOnce,
    Optional<Integer> convertConcurrency,
    Optional<FargateSize> fargate,
    int taskRetentionDays,
    int logRetentionDays,
    List<String> agentLocations,
    Optional<String> notificationTopic,
    Optional<String> alarmTopic,
    Optional<String> permissionsBoundary,
    List<String> tags) {
  private static final int DEFAULT_ACTIVE_TASKS = 20;
  private static final int DEFAULT_CHUNKS = 40;
  private static final int DEFAULT_RETENTION_DAYS = 90;

  /** The names of all settings. */
  public static final Set<String> NAMES =
      Set.of(
          "stackPrefix",
          "functionsZip",
          "imageDirectory",
          "imagesBucket",
          "encryptionKey",
          "sourceBuckets",
          "imageKeys",
          "vpcId",
          "activeTasks",
          "chunksAtOnce",
          "convertConcurrency",
          "fargate",
          "fargateCpu",
          "fargateMemory",
          "taskRetentionDays",
          "logRetentionDays",
          "agentLocations",
          "notificationTopic",
          "alarmTopic",
          "permissionsBoundary",
          "tags");

  /**
   * The settings in a context.
   *
   * @param context gives the value of a key, or null
   * @throws IllegalArgumentException naming the setting that is wrong
   */
  public static Settings from(Function<String, @Nullable Object> context) {
    return new Settings(
        text(context, "stackPrefix").orElse("Vmferry"),
        text(context, "functionsZip").orElse("functions/target/vmferry-functions.zip"),
        text(context, "imageDirectory").orElse("functions/target/image"),
        text(context, "imagesBucket"),
        text(context, "encryptionKey"),
        list(context, "sourceBuckets"),
        list(context, "imageKeys"),
        text(context, "vpcId"),
        number(context, "activeTasks").orElse(DEFAULT_ACTIVE_TASKS),
        number(context, "chunksAtOnce").orElse(DEFAULT_CHUNKS),
        number(context, "convertConcurrency"),
        fargate(context),
        number(context, "taskRetentionDays").orElse(DEFAULT_RETENTION_DAYS),
        number(context, "logRetentionDays").orElse(DEFAULT_RETENTION_DAYS),
        list(context, "agentLocations"),
        text(context, "notificationTopic"),
        text(context, "alarmTopic"),
        text(context, "permissionsBoundary"),
        tags(context));
  }

  private static Optional<String> text(Function<String, @Nullable Object> context, String name) {
    return Optional.ofNullable(context.apply(name))
        .map(Object::toString)
        .map(String::strip)
        .filter(value -> !value.isEmpty());
  }

  private static List<String> list(Function<String, @Nullable Object> context, String name) {
    if (context.apply(name) instanceof List<?> values) {
      return values.stream().map(String::valueOf).toList();
    }
    return text(context, name).stream()
        .flatMap(value -> Arrays.stream(value.split(",", -1)))
        .map(String::strip)
        .filter(value -> !value.isEmpty())
        .toList();
  }

  private static Optional<Integer> number(Function<String, @Nullable Object> context, String name) {
    return text(context, name)
        .map(
            value -> {
              try {
                // JSON's numbers arrive as 20.0 or 20.
                return new java.math.BigDecimal(value).intValueExact();
              } catch (ArithmeticException | NumberFormatException e) {
                throw new IllegalArgumentException(
                    "the context's %s is '%s'; a whole number is expected".formatted(name, value),
                    e);
              }
            });
  }

  private static Optional<FargateSize> fargate(Function<String, @Nullable Object> context) {
    return switch (text(context, "fargate").orElse("true")) {
      case "false" -> Optional.empty();
      case "true" ->
          Optional.of(
              new FargateSize(
                  number(context, "fargateCpu").orElse(FargateSize.DEFAULT.cpu()),
                  number(context, "fargateMemory").orElse(FargateSize.DEFAULT.memoryMib())));
      case String other ->
          throw new IllegalArgumentException(
              "the context's fargate is '%s'; true or false is expected".formatted(other));
    };
  }

  private static List<String> tags(Function<String, @Nullable Object> context) {
    List<String> tags = list(context, "tags");
    for (String tag : tags) {
      if (tag.indexOf('=') <= 0) {
        throw new IllegalArgumentException(
            "the context's tags have '%s'; name=value is expected".formatted(tag));
      }
    }
    return new TreeSet<>(tags).stream().toList();
  }
}
