package io.vmferry.functions.aws;

import io.vmferry.functions.log.EmfMetrics;
import io.vmferry.functions.port.EventPorts;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;

/** The ports of what happens around tasks, on AWS services. */
public final class AwsEventPorts {
  private AwsEventPorts() {}

  /**
   * The ports on these clients, which the caller closes.
   *
   * @param table the tasks' table, see {@link TaskTable}
   * @param retention how long tasks stay listed after they end
   * @param bus the event bus's name or ARN
   * @param topic the topic's ARN; empty for no messages
   */
  public static EventPorts on(
      AwsClients clients,
      String table,
      Duration retention,
      String bus,
      Optional<String> topic,
      Clock clock) {
    return new EventPorts(
        new S3UploadedObjects(clients::s3),
        new AwsEventPublisher(clients::eventBridge, clients::sns, bus, topic),
        new DynamoDbAnnouncementStore(clients::dynamoDb, table, retention, clock),
        new DynamoDbTaskChanges(),
        new StepFunctionsExecutionReader(clients::sfn),
        new AwsLeftovers(clients::ec2, clients::s3),
        new EmfMetrics(clock));
  }
}
