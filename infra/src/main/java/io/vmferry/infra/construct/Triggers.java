package io.vmferry.infra.construct;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.services.events.EventPattern;
import software.amazon.awscdk.services.events.Rule;
import software.amazon.awscdk.services.events.Schedule;
import software.amazon.awscdk.services.events.targets.LambdaFunction;
import software.amazon.awscdk.services.lambda.EventInvokeConfig;
import software.amazon.awscdk.services.lambda.EventSourceMapping;
import software.amazon.awscdk.services.lambda.IFunction;
import software.amazon.awscdk.services.lambda.StartingPosition;
import software.amazon.awscdk.services.lambda.destinations.SqsDestination;
import software.amazon.awscdk.services.lambda.eventsources.SqsDlq;
import software.amazon.awscdk.services.sqs.IQueue;
import software.constructs.Construct;

/** What makes functions run that nobody calls: uploads, ended executions, changed tasks, time. */
final class Triggers extends Construct {
  private static final int RETRIES = 2;
  private static final Duration EVENT_AGE = Duration.hours(6);
  private static final int BATCH = 100;
  private static final Duration CHANGE_AGE = Duration.hours(24);
  private static final Duration SWEEP = Duration.hours(1);

  private final IQueue failedEvents;

  Triggers(
      Construct scope,
      String id,
      TaskStorage storage,
      ImportFunctions functions,
      String machineArn,
      IQueue failedEvents) {
    super(scope, id);
    this.failedEvents = failedEvents;
    onUpload(storage, functions.get("UploadTrigger"));
    onEndedExecution(machineArn, functions.get("CleanupEvent"));
    onChangedTask(storage, functions.get("Announce"));
    everyHour(functions.get("Sweep"));
  }

  private void onUpload(TaskStorage storage, IFunction function) {
    Rule.Builder.create(this, "Uploads")
        .description("Objects below imports/ start imports")
        .eventPattern(
            EventPattern.builder()
                .source(List.of("aws.s3"))
                .detailType(List.of("Object Created"))
                .detail(
                    inOrder(
                        "bucket", Map.of("name", List.of(storage.images().getBucketName())),
                        "object",
                            Map.of("key", List.of(Map.of("prefix", ImportFunctions.IMPORTS)))))
                .build())
        .targets(List.of(target(function)))
        .build();
    retries("UploadTrigger", function);
  }

  private void onEndedExecution(String machineArn, IFunction function) {
    Rule.Builder.create(this, "EndedExecutions")
        .description("Executions that ended without success are cleaned up after")
        .eventPattern(
            EventPattern.builder()
                .source(List.of("aws.states"))
                .detailType(List.of("Step Functions Execution Status Change"))
                .detail(
                    inOrder(
                        "stateMachineArn", List.of(machineArn),
                        "status", List.of("FAILED", "TIMED_OUT", "ABORTED")))
                .build())
        .targets(List.of(target(function)))
        .build();
    retries("CleanupEvent", function);
  }

  private void onChangedTask(TaskStorage storage, IFunction function) {
    EventSourceMapping.Builder.create(this, "ChangedTasks")
        .target(function)
        .eventSourceArn(String.valueOf(storage.tasks().getTableStreamArn()))
        .startingPosition(StartingPosition.TRIM_HORIZON)
        .batchSize(BATCH)
        .parallelizationFactor(1)
        .bisectBatchOnError(true)
        .reportBatchItemFailures(true)
        .maxRecordAge(CHANGE_AGE)
        .onFailure(new SqsDlq(failedEvents))
        // Tasks and what they made; chunks change often and are nobody's news.
        .filters(
            List.of(
                Map.of(
                    "pattern",
                    "{\"dynamodb\":{\"Keys\":{\"sk\":{\"S\":[\"task\",{\"prefix\":\"effect#\"}]}}}}")))
        .build();
  }

  private void everyHour(IFunction function) {
    Rule.Builder.create(this, "EveryHour")
        .description("Leftovers are looked for")
        .schedule(Schedule.rate(SWEEP))
        .targets(List.of(target(function)))
        .build();
    retries("Sweep", function);
  }

  /** Two members in this order: a template is the same each time it is synthesized. */
  private static Map<String, Object> inOrder(
      String first, Object firstValue, String second, Object secondValue) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put(first, firstValue);
    members.put(second, secondValue);
    return members;
  }

  private LambdaFunction target(IFunction function) {
    return LambdaFunction.Builder.create(function)
        .retryAttempts(RETRIES)
        .maxEventAge(EVENT_AGE)
        .deadLetterQueue(failedEvents)
        .build();
  }

  private void retries(String id, IFunction function) {
    EventInvokeConfig.Builder.create(this, id + "Retries")
        .function(function)
        .qualifier(ImportFunctions.LIVE)
        .retryAttempts(RETRIES)
        .maxEventAge(EVENT_AGE)
        .onFailure(new SqsDestination(failedEvents))
        .build();
  }
}
