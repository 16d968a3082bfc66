package io.vmferry.infra.construct;

import java.util.List;
import java.util.Map;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.services.cloudwatch.Alarm;
import software.amazon.awscdk.services.cloudwatch.ComparisonOperator;
import software.amazon.awscdk.services.cloudwatch.Dashboard;
import software.amazon.awscdk.services.cloudwatch.GraphWidget;
import software.amazon.awscdk.services.cloudwatch.IAlarmAction;
import software.amazon.awscdk.services.cloudwatch.IMetric;
import software.amazon.awscdk.services.cloudwatch.IWidget;
import software.amazon.awscdk.services.cloudwatch.Metric;
import software.amazon.awscdk.services.cloudwatch.TreatMissingData;
import software.amazon.awscdk.services.sqs.IQueue;
import software.constructs.Construct;

/** Alarms, and a dashboard of what the functions count. */
final class Monitoring extends Construct {
  /** The functions write their metrics into this namespace. */
  private static final String NAMESPACE = "vmferry";

  private static final Duration SHORT = Duration.minutes(5);
  private static final Duration HOUR = Duration.hours(1);

  /** So many throttled calls in five minutes are more than a burst. */
  private static final int MANY_THROTTLES = 1000;

  private static final int HALF = 12;

  Monitoring(
      Construct scope,
      String id,
      List<IAlarmAction> actions,
      String machineArn,
      IQueue failedEvents) {
    super(scope, id);
    Metric executionsFailed = ofExecutions("ExecutionsFailed", machineArn);
    Metric executionsTimedOut = ofExecutions("ExecutionsTimedOut", machineArn);
    List<Alarm> alarms =
        List.of(
            // What users get wrong is theirs to see; this is what the operator can do about.
            alarm(
                "FailedTasks",
                "Imports fail for a reason of vmferry's own",
                counted("TasksFailed", SHORT, Map.of("Category", "INTERNAL")),
                1),
            alarm("TimedOutTasks", "Executions run out of time", executionsTimedOut, 1),
            alarm(
                "Throttling",
                "AWS throttles so many calls that imports take longer",
                counted("Throttles", SHORT, Map.of()),
                MANY_THROTTLES),
            alarm(
                "OrphanedSnapshots",
                "Snapshots of ended tasks were left behind",
                counted("OrphansFound", HOUR, Map.of("Kind", "SNAPSHOT")),
                1),
            alarm(
                "FailedEvents",
                "Events could not be handled and wait in the queue",
                failedEvents.metricApproximateNumberOfMessagesVisible(),
                1));
    alarms.forEach(alarm -> actions.forEach(alarm::addAlarmAction));
    Dashboard.Builder.create(this, "Dashboard")
        .widgets(
            List.of(
                List.<IWidget>of(
                    graph(
                        "Tasks",
                        counted("TasksStarted", HOUR, Map.of()),
                        counted("TasksSucceeded", HOUR, Map.of()),
                        counted("TasksFailed", HOUR, Map.of())),
                    graph("Executions", executionsFailed, executionsTimedOut)),
                List.<IWidget>of(
                    graph("Bytes converted", counted("BytesConverted", SHORT, Map.of())),
                    graph("Blocks written", counted("BlocksWritten", SHORT, Map.of()))),
                List.<IWidget>of(
                    graph("Throttled calls", counted("Throttles", SHORT, Map.of())),
                    graph(
                        "Leftovers",
                        counted("OrphansFound", HOUR, Map.of()),
                        counted("OrphansRemoved", HOUR, Map.of())))))
        .build();
  }

  private static Metric counted(String name, Duration period, Map<String, String> dimensions) {
    return Metric.Builder.create()
        .namespace(NAMESPACE)
        .metricName(name)
        .dimensionsMap(dimensions)
        .statistic("Sum")
        .period(period)
        .build();
  }

  private static Metric ofExecutions(String name, String machineArn) {
    return Metric.Builder.create()
        .namespace("AWS/States")
        .metricName(name)
        .dimensionsMap(Map.of("StateMachineArn", machineArn))
        .statistic("Sum")
        .period(SHORT)
        .build();
  }

  private Alarm alarm(String id, String description, IMetric metric, int threshold) {
    return Alarm.Builder.create(this, id)
        .alarmDescription(description)
        .metric(metric)
        .threshold(threshold)
        .comparisonOperator(ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD)
        .evaluationPeriods(1)
        .treatMissingData(TreatMissingData.NOT_BREACHING)
        .build();
  }

  private static GraphWidget graph(String title, IMetric... metrics) {
    return GraphWidget.Builder.create().title(title).width(HALF).left(List.of(metrics)).build();
  }
}
