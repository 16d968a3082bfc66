package io.vmferry.local.stepfunctions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An execution, or child execution of a distributed Map, while it runs.
 *
 * @param engine what all executions share
 * @param arn its ARN
 * @param history its events
 * @param context the parts of the context object that stay: Execution and StateMachine
 * @param maps where its map runs are noted
 */
record ExecutionRun(Engine engine, String arn, History history, ObjectNode context, MapRuns maps) {

  /** What all executions share. */
  record Engine(
      Map<String, TaskIntegration> integrations,
      ObjectReader objects,
      StepFunctionsOptions options) {
    TimeSource time() {
      return options.time();
    }
  }

  /** Where map runs are noted. */
  interface MapRuns {
    /** A map run changed. */
    void changed(MapRun mapRun);
  }

  static ObjectNode context(
      String arn,
      String name,
      JsonNode input,
      Instant startTime,
      String roleArn,
      String machineArn,
      String machineName,
      int redriveCount) {
    ObjectNode context = JsonValues.MAPPER.createObjectNode();
    ObjectNode execution = context.putObject("Execution");
    execution.put("Id", arn);
    execution.set("Input", input);
    execution
        .put("Name", name)
        .put("RoleArn", roleArn)
        .put("StartTime", timestamp(startTime))
        .put("RedriveCount", redriveCount);
    context.putObject("StateMachine").put("Id", machineArn).put("Name", machineName);
    return context;
  }

  /** The state machine's role. */
  String roleArn() {
    return context.path("Execution").path("RoleArn").asText();
  }

  static String timestamp(Instant instant) {
    return instant.truncatedTo(ChronoUnit.MILLIS).toString();
  }

  /** The context object within a state. */
  ObjectNode context(String state, Instant entered, int retryCount, @Nullable ObjectNode mapItem) {
    ObjectNode whole = JsonValues.MAPPER.createObjectNode();
    whole.setAll(context);
    whole
        .putObject("State")
        .put("EnteredTime", timestamp(entered))
        .put("Name", state)
        .put("RetryCount", retryCount);
    if (mapItem != null) {
      whole.putObject("Map").set("Item", mapItem);
    }
    return whole;
  }
}
