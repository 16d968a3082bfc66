package io.vmferry.local.stack;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmferry.functions.aws.AwsClients;
import io.vmferry.functions.json.Json;
import io.vmferry.local.EmbeddedAws;
import io.vmferry.local.deployment.Deployment;
import io.vmferry.local.deployment.RuleSpec;
import io.vmferry.local.deployment.StreamSpec;
import io.vmferry.local.events.EventBridgeService;
import io.vmferry.local.events.EventBus;
import io.vmferry.local.lambda.LambdaRuntime;
import io.vmferry.local.lambda.StreamMapping;
import io.vmferry.local.s3.ObjectListener;
import io.vmferry.local.sns.SnsService;
import io.vmferry.local.sns.Topics;
import io.vmferry.local.stepfunctions.Execution;
import io.vmferry.local.stepfunctions.StepFunctions;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.streams.DynamoDbStreamsClient;

/**
 * What happens between the services of the stack: events of S3 and Step Functions on the bus, the
 * rules that the stack has, the stream of the tasks' table, and the topic. What was sent can be
 * looked at under {@code /_vmferry/events} and {@code /_vmferry/messages}.
 */
final class EmbeddedEvents implements AutoCloseable {
  /** The topic of ended tasks. */
  static final String TOPIC = "vmferry-tasks";

  private final EventBus bus;
  private final Topics topics;
  private final AtomicLong sequence;
  private final DynamoDbStreamsClient streams;
  private final List<StreamMapping> mappings = new ArrayList<>();
  private final AwsClients clients;
  private final LambdaRuntime lambda;
  private final Path directory;
  private final String account;

  private EmbeddedEvents(
      EmbeddedAws aws, Path directory, AwsClients clients, LambdaRuntime lambda, Clock clock) {
    this.clients = clients;
    this.lambda = lambda;
    this.directory = directory;
    this.account = aws.accountId();
    this.bus = new EventBus(directory, lambda, aws.region(), account, clock);
    this.topics = new Topics(aws.region(), account, clock);
    this.sequence = new AtomicLong(clock.millis() << 20);
    SdkHttpClient http = aws.httpClient();
    this.streams =
        DynamoDbStreamsClient.builder()
            .endpointOverride(aws.endpoint())
            .region(Region.of(aws.region()))
            .credentialsProvider(
                StaticCredentialsProvider.create(
                    AwsBasicCredentials.create(EmbeddedStack.ACCESS_KEY, EmbeddedStack.ACCESS_KEY)))
            .httpClient(http)
            .build();
  }

  /** Attaches the services; nothing is delivered before {@link #start}. */
  static EmbeddedEvents attach(
      EmbeddedAws aws, Path directory, AwsClients clients, LambdaRuntime lambda, Clock clock) {
    EmbeddedEvents events = new EmbeddedEvents(aws, directory, clients, lambda, clock);
    aws.register(new EventBridgeService(events.bus));
    aws.register(new SnsService(events.topics));
    aws.expose("events", () -> Json.write(events.bus.sent()));
    aws.expose("messages", () -> Json.write(events.topics.messages()));
    return events;
  }

  /**
   * Makes the rules of a deployment, and lets the services' events through. What is to happen at
   * certain times is left to those who call its functions.
   */
  void start(EmbeddedAws aws, StepFunctions stepFunctions, Deployment deployment) {
    topics.create(TOPIC);
    for (RuleSpec rule : deployment.rules()) {
      if (rule.enabled() && rule.pattern().isPresent()) {
        for (RuleSpec.Target target : rule.targets()) {
          bus.putRule(
              rule.name() + "-" + target.id(), rule.pattern().get().toString(), target.arn());
        }
      }
    }
    aws.onObjectCreated(this::objectCreated);
    stepFunctions.addListener(this::executionEnded);
    for (StreamSpec stream : deployment.streams()) {
      mappings.add(
          new StreamMapping(
              new StreamMapping.Options(
                  stream.table(),
                  stream.functionArn(),
                  stream.filter(),
                  directory.resolve("stream.json"),
                  aws.region()),
              clients.dynamoDb(),
              streams,
              lambda));
    }
    aws.onTableWritten(() -> mappings.forEach(StreamMapping::wake));
    mappings.forEach(StreamMapping::start);
  }

  /** Delivers what an earlier process has not. */
  void resume() {
    bus.resume();
  }

  private void objectCreated(ObjectListener.Created object) {
    ObjectNode detail = Json.mapper().createObjectNode();
    detail.put("version", "0");
    detail.putObject("bucket").put("name", object.bucket());
    detail
        .putObject("object")
        .put("key", object.key())
        .put("size", object.size())
        .put("etag", object.eTag())
        .put("sequencer", "%016X".formatted(sequence.incrementAndGet()));
    detail
        .put("request-id", "%016X".formatted(sequence.incrementAndGet()))
        .put("requester", account)
        .put("source-ip-address", "127.0.0.1")
        .put("reason", object.reason());
    bus.put(
        "aws.s3",
        "Object Created",
        Optional.empty(),
        List.of("arn:aws:s3:::" + object.bucket()),
        detail);
  }

  /** In the shape in which Step Functions tells of it: without the error, which is looked up. */
  private void executionEnded(Execution execution) {
    ObjectNode detail = Json.mapper().createObjectNode();
    detail
        .put("executionArn", execution.arn())
        .put("stateMachineArn", execution.stateMachineArn())
        .put("name", execution.name())
        .put("status", execution.status().name())
        .put("startDate", execution.startDate().toEpochMilli())
        .put("redriveCount", execution.redriveCount())
        .put("redriveDate", execution.redriveDate().map(Instant::toEpochMilli).orElse(null))
        .put("stopDate", execution.stopDate().map(Instant::toEpochMilli).orElse(null))
        .put("input", execution.input())
        .put("output", execution.output().orElse(null));
    detail.putObject("inputDetails").put("included", true);
    if (execution.output().isPresent()) {
      detail.putObject("outputDetails").put("included", true);
    } else {
      detail.putNull("outputDetails");
    }
    bus.put(
        "aws.states",
        "Step Functions Execution Status Change",
        execution.stopDate(),
        List.of(execution.arn()),
        detail);
  }

  /** The events that were sent. */
  EventBus bus() {
    return bus;
  }

  /** The messages that were published. */
  Topics topics() {
    return topics;
  }

  /** Ends the deliveries, which the next process makes. */
  @Override
  public void close() {
    mappings.forEach(StreamMapping::close);
    bus.close();
    streams.close();
  }
}
