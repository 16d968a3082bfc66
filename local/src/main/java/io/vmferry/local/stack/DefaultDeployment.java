package io.vmferry.local.stack;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.functions.handler.Config;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.service.ComputePolicy;
import io.vmferry.local.deployment.BucketSpec;
import io.vmferry.local.deployment.Deployment;
import io.vmferry.local.deployment.FunctionSpec;
import io.vmferry.local.deployment.RuleSpec;
import io.vmferry.local.deployment.StateMachineSpec;
import io.vmferry.local.deployment.StreamSpec;
import io.vmferry.local.events.EventBus;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What the command line deploys, without a template that Node would have to make first: the same
 * functions and state machines as the CDK's stacks, under fixed names and without roles.
 */
final class DefaultDeployment {
  /** What whoever runs the embedded AWS may say of its tasks, by variables of the same names. */
  private static final List<String> LIMITS =
      List.of("VMFERRY_ACTIVE_TASKS", "VMFERRY_QUEUE", "VMFERRY_KEEP_MINUTES");

  private static final String IMPORT_DEFINITION = "/io/vmferry/statemachine/import.asl.json";
  private static final String SNAPSHOT_POLL_SECONDS = "1";

  private DefaultDeployment() {}

  static Deployment of(String region, String account, EmbeddedStack.Options options) {
    String importArn =
        "arn:aws:states:%s:%s:stateMachine:%s"
            .formatted(region, account, EmbeddedStack.IMPORT_STATE_MACHINE);
    Map<String, String> environment = environment(region, account, importArn, options);
    List<FunctionSpec> functions =
        Arrays.stream(EmbeddedFunctions.values())
            .map(function -> function(region, account, function, environment))
            .toList();
    Map<String, String> substitutions = new HashMap<>(EmbeddedFunctions.substitutions());
    substitutions.putAll(EmbeddedContainers.substitutions());
    substitutions.put("MaxConcurrency", String.valueOf(options.mapConcurrency()));
    substitutions.put("SnapshotPollSeconds", SNAPSHOT_POLL_SECONDS);
    StateMachineSpec machine =
        new StateMachineSpec(
            "ImportStateMachine",
            EmbeddedStack.IMPORT_STATE_MACHINE,
            importArn,
            definition(),
            substitutions,
            Optional.empty());
    return new Deployment(
        List.of(
            new BucketSpec("Images", EmbeddedStack.IMAGES_BUCKET, false),
            new BucketSpec("Work", EmbeddedStack.WORK_BUCKET, false)),
        List.of(),
        functions,
        List.of(machine),
        List.of(
            rule(
                region,
                account,
                "vmferry-upload",
                """
      {"source": ["aws.s3"], "detail-type": ["Object Created"],
       "detail": {"bucket": {"name": ["%s"]}, "object": {"key": [{"prefix": "%s"}]}}}"""
                    .formatted(EmbeddedStack.IMAGES_BUCKET, EmbeddedStack.IMPORTS),
                EmbeddedFunctions.UPLOAD_TRIGGER),
            rule(
                region,
                account,
                "vmferry-cleanup",
                """
      {"source": ["aws.states"], "detail-type": ["Step Functions Execution Status Change"],
       "detail": {"stateMachineArn": ["%s"], "status": ["FAILED", "TIMED_OUT", "ABORTED"]}}"""
                    .formatted(importArn),
                EmbeddedFunctions.CLEANUP_EVENT)),
        List.of(
            new StreamSpec(
                arn(region, account, EmbeddedFunctions.ANNOUNCE),
                EmbeddedStack.TABLE,
                List.of("task", "effect#*"))),
        List.of(),
        List.of(),
        Map.of(),
        Map.of());
  }

  private static FunctionSpec function(
      String region, String account, EmbeddedFunctions function, Map<String, String> environment) {
    return new FunctionSpec(
        function.id(),
        function.functionName(),
        arn(region, account, function),
        function.handlerClass(),
        environment,
        EmbeddedFunctions.SETTINGS,
        Optional.empty(),
        Optional.empty(),
        Set.of());
  }

  /** Every function has all variables; those it does not read change nothing. */
  private static Map<String, String> environment(
      String region, String account, String importArn, EmbeddedStack.Options options) {
    Map<String, String> all = new HashMap<>();
    all.put("VMFERRY_WORK_BUCKET", EmbeddedStack.WORK_BUCKET);
    all.put("VMFERRY_TABLE", EmbeddedStack.TABLE);
    all.put("VMFERRY_IMPORT_STATE_MACHINE", importArn);
    all.put("VMFERRY_WORKERS", String.valueOf(options.workers()));
    all.put("VMFERRY_CACHE_MIB", String.valueOf(options.cacheMib()));
    all.put("VMFERRY_ACTIVE_TASKS", String.valueOf(Integer.MAX_VALUE));
    for (String limit : LIMITS) {
      String value = System.getenv(limit);
      if (value != null) {
        all.put(limit, value);
      }
    }
    all.put("VMFERRY_RETENTION_DAYS", String.valueOf(Config.DEFAULT_RETENTION.toDays()));
    all.put("VMFERRY_UPLOADS", EmbeddedStack.IMAGES_BUCKET + "/" + EmbeddedStack.UPLOADS);
    all.put("VMFERRY_IMPORTS", EmbeddedStack.IMAGES_BUCKET + "/" + EmbeddedStack.IMPORTS);
    all.put("VMFERRY_EVENT_BUS", EventBus.NAME);
    all.put(
        "VMFERRY_TOPIC", "arn:aws:sns:%s:%s:%s".formatted(region, account, EmbeddedEvents.TOPIC));
    all.put("VMFERRY_SWEEP_AGE_HOURS", "24");
    all.put("VMFERRY_ROLE_NAME", Config.DEFAULT_ROLE_NAME);
    all.put("VMFERRY_FARGATE", "true");
    all.put("VMFERRY_COMPUTE", "auto");
    all.put("VMFERRY_FARGATE_CHUNKS", String.valueOf(ComputePolicy.DEFAULT_FARGATE_CHUNKS));
    all.put("VMFERRY_CHUNKS_AT_ONCE", String.valueOf(Config.DEFAULT_CHUNKS_AT_ONCE));
    return all;
  }

  private static String arn(String region, String account, EmbeddedFunctions function) {
    return "arn:aws:lambda:%s:%s:function:%s".formatted(region, account, function.functionName());
  }

  private static RuleSpec rule(
      String region, String account, String name, String pattern, EmbeddedFunctions function) {
    return new RuleSpec(
        name,
        name,
        "arn:aws:events:%s:%s:rule/%s".formatted(region, account, name),
        Optional.of(Json.read(pattern, JsonNode.class)),
        Optional.empty(),
        true,
        List.of(new RuleSpec.Target("function", arn(region, account, function), Optional.empty())));
  }

  private static String definition() {
    try (InputStream in =
        Objects.requireNonNull(DefaultDeployment.class.getResourceAsStream(IMPORT_DEFINITION))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
