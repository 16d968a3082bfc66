package io.vmferry.functions.aws;

import io.vmferry.functions.port.Ports;
import io.vmferry.functions.port.RemoteFiles;
import java.time.Clock;
import java.time.Duration;

/** Every port on AWS services. */
public final class AwsPorts {
  private AwsPorts() {}

  /**
   * The ports of a function in AWS; they live as long as its process.
   *
   * @param retention how long tasks stay listed after they end
   */
  public static Ports fromEnvironment(String table, String stateMachine, Duration retention) {
    return on(
        AwsClients.fromEnvironment(),
        table,
        stateMachine,
        retention,
        new HttpsRemoteFiles(),
        Clock.systemUTC());
  }

  /**
   * The ports on these clients, which the caller closes. A client is made when it is first needed.
   *
   * @param table the tasks' table, see {@link TaskTable}
   * @param stateMachine the ARN of the state machine that runs tasks
   * @param retention how long tasks stay listed after they end
   * @param remoteFiles how web servers are read
   * @param clock the time of expiry and of changes
   */
  public static Ports on(
      AwsClients clients,
      String table,
      String stateMachine,
      Duration retention,
      RemoteFiles remoteFiles,
      Clock clock) {
    return new Ports(
        new DynamoDbTaskStore(clients::dynamoDb, table, retention, clock),
        new DynamoDbEffectStore(clients::dynamoDb, table, clock),
        new DynamoDbEventStore(clients::dynamoDb, table, retention),
        new DynamoDbAdmissionStore(clients::dynamoDb, table, clock),
        new DynamoDbProgressStore(clients::dynamoDb, table, clock),
        new S3ObjectStore(clients::s3),
        new S3UploadStore(clients::s3),
        new EbsSnapshotStore(clients::ebs, clients::ec2),
        new EbsSnapshotReader(clients::ebs),
        new Ec2ImageStore(clients::ec2),
        remoteFiles,
        new StepFunctionsWorkflow(clients::sfn, stateMachine));
  }
}
