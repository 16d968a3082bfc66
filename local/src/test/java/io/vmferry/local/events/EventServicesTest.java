package io.vmferry.local.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vmferry.functions.aws.AwsClients;
import io.vmferry.functions.aws.AwsEventPublisher;
import io.vmferry.functions.port.EventPublisher;
import io.vmferry.local.EmbeddedAws;
import io.vmferry.local.lambda.FunctionSettings;
import io.vmferry.local.lambda.LambdaRuntime;
import io.vmferry.local.sns.SnsService;
import io.vmferry.local.sns.Topics;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.eventbridge.model.EventBridgeException;
import software.amazon.awssdk.services.eventbridge.model.PutEventsRequestEntry;
import software.amazon.awssdk.services.eventbridge.model.PutEventsResponse;
import software.amazon.awssdk.services.sns.model.MessageAttributeValue;
import software.amazon.awssdk.services.sns.model.NotFoundException;
import software.amazon.awssdk.services.sns.model.SnsException;

/** EventBridge and SNS as AWS's own SDK sees them. */
class EventServicesTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir private Path directory;
  private final LambdaRuntime lambda = new LambdaRuntime("us-east-1", "000000000000");
  private final List<JsonNode> delivered = new CopyOnWriteArrayList<>();
  private final AtomicInteger failures = new AtomicInteger();
  private EmbeddedAws aws;
  private AwsClients clients;
  private EventBus bus;
  private Topics topics;

  /** Keeps what it is given, after as many failures as the test wants. */
  private final class Target implements RequestStreamHandler {
    @Override
    public void handleRequest(InputStream input, OutputStream output, Context context)
        throws IOException {
      JsonNode event = MAPPER.readTree(input);
      if (failures.getAndDecrement() > 0) {
        throw new IOException("not now");
      }
      delivered.add(event);
    }
  }

  @BeforeEach
  void start() {
    aws = EmbeddedAws.start(EmbeddedAws.Options.of(directory.resolve("state")));
    clients = AwsClients.forEndpoint(aws.endpoint(), "us-east-1", "test", "test");
    lambda.register("target", new Target(), FunctionSettings.defaults());
    bus = newBus();
    topics = new Topics("us-east-1", "000000000000", Clock.systemUTC());
    aws.register(new EventBridgeService(bus));
    aws.register(new SnsService(topics));
  }

  private EventBus newBus() {
    EventBus made =
        new EventBus(
            directory.resolve("events"), lambda, "us-east-1", "000000000000", Clock.systemUTC());
    made.putRule("greetings", "{\"detail-type\": [\"greeting\"]}", "target");
    return made;
  }

  @AfterEach
  void stop() {
    bus.close();
    lambda.close();
    clients.close();
    aws.close();
  }

  @Test
  void anEventGoesToTheFunctionsOfTheRulesItMatches() {
    Instant time = Instant.parse("2026-11-24T10:00:00Z");
    PutEventsResponse answer =
        put(
            entry("greeting", "{\"to\": \"you\"}").toBuilder()
                .time(time)
                .resources("arn:aws:s3:::b")
                .build(),
            entry("other", "{}"));

    await(() -> !delivered.isEmpty());

    assertThat(answer.failedEntryCount()).isZero();
    assertThat(delivered).hasSize(1);
    JsonNode event = delivered.getFirst();
    assertThat(event.path("id").asText()).isEqualTo(answer.entries().getFirst().eventId());
    assertThat(event.path("source").asText()).isEqualTo("tests");
    assertThat(event.path("time").asText()).isEqualTo("2026-11-24T10:00:00Z");
    assertThat(event.path("detail").path("to").asText()).isEqualTo("you");
    assertThat(event.path("resources").path(0).asText()).isEqualTo("arn:aws:s3:::b");
    assertThat(bus.sent()).hasSize(2);
    await(() -> pending() == 0);
  }

  @Test
  void aDeliveryThatFailsIsTriedTwiceMore() {
    failures.set(2);

    put(entry("greeting", "{}"));

    await(() -> delivered.size() == 1);
    await(() -> pending() == 0);
  }

  @Test
  void whatWasNotDeliveredIsDeliveredByTheNextProcess() {
    bus.close();
    put(entry("greeting", "{}"));
    assertThat(pending()).isEqualTo(1);
    assertThat(delivered).isEmpty();

    bus = newBus();

    assertThat(bus.resume()).isEqualTo(1);
    await(() -> delivered.size() == 1);
    await(() -> pending() == 0);
  }

  @Test
  void anEntryThatIsRefusedDoesNotFailTheOthers() {
    PutEventsResponse answer =
        put(
            entry("greeting", "no JSON"),
            entry("greeting", "[]"),
            PutEventsRequestEntry.builder().source("aws.s3").detailType("x").detail("{}").build(),
            PutEventsRequestEntry.builder().source("tests").detail("{}").build(),
            entry("greeting", "{}").toBuilder().eventBusName("other").build(),
            entry("fine", "{}"));

    assertThat(answer.failedEntryCount()).isEqualTo(5);
    assertThat(answer.entries())
        .extracting(entry -> entry.errorCode())
        .containsExactly(
            "MalformedDetail",
            "MalformedDetail",
            "NotAuthorizedForSourceException",
            "InvalidArgument",
            "ResourceNotFoundException",
            null);
    assertThat(bus.sent()).hasSize(1);
  }

  @Test
  void tooManyEntriesAndUnknownMembersAreRefused() {
    PutEventsRequestEntry[] eleven =
        Stream.generate(() -> entry("x", "{}")).limit(11).toArray(PutEventsRequestEntry[]::new);

    assertThatThrownBy(() -> put(eleven)).isInstanceOf(EventBridgeException.class);
    assertThatThrownBy(
            () -> clients.eventBridge().putEvents(r -> r.endpointId("a.b").entries(eleven[0])))
        .isInstanceOf(Exception.class);
    assertThatThrownBy(() -> clients.eventBridge().listRules(r -> r.limit(5)))
        .isInstanceOf(EventBridgeException.class)
        .hasMessageContaining("'Limit' is not supported");
    assertThatThrownBy(() -> clients.eventBridge().listArchives(r -> {}))
        .isInstanceOf(EventBridgeException.class)
        .hasMessageContaining("No operation");
  }

  @Test
  void theRulesCanBeLookedAt() {
    assertThat(clients.eventBridge().listRules(r -> r.namePrefix("greet")).rules())
        .extracting(rule -> rule.name())
        .containsExactly("greetings");
    assertThat(clients.eventBridge().describeRule(r -> r.name("greetings")).eventPattern())
        .contains("greeting");
    assertThat(clients.eventBridge().listTargetsByRule(r -> r.rule("greetings")).targets())
        .extracting(target -> target.arn())
        .containsExactly(lambda.arnOf("target"));
    assertThatThrownBy(() -> clients.eventBridge().describeRule(r -> r.name("none")))
        .isInstanceOf(
            software.amazon.awssdk.services.eventbridge.model.ResourceNotFoundException.class);
  }

  @Test
  void thePublisherTellsTheBusAndTheTopic() {
    String topic = clients.sns().createTopic(r -> r.name("tasks")).topicArn();
    EventPublisher publisher =
        new AwsEventPublisher(
            clients::eventBridge, clients::sns, EventBus.NAME, Optional.of(topic));

    publisher.put(new EventPublisher.Event("greeting", "{\"a\": 1}", List.of(), Instant.now()));
    publisher.send(new EventPublisher.Message("hello", "{\"a\": 1}", Map.of("status", "fine")));

    assertThat(bus.sent().getFirst().path("source").asText()).isEqualTo("vmferry");
    Topics.Message message = topics.messages().getFirst();
    assertThat(message.topicArn()).isEqualTo(topic);
    assertThat(message.subject()).contains("hello");
    assertThat(message.message()).isEqualTo("{\"a\": 1}");
    assertThat(message.attributes()).isEqualTo(Map.of("status", "fine"));
    assertThat(clients.sns().listTopics().topics()).hasSize(1);
  }

  @Test
  void anEventThatTheBusRefusesIsAFailureOfThePublisher() {
    EventPublisher publisher =
        new AwsEventPublisher(clients::eventBridge, clients::sns, "other", Optional.empty());

    assertThatThrownBy(
            () -> publisher.put(new EventPublisher.Event("x", "{}", List.of(), Instant.now())))
        .hasMessageContaining("events:PutEvents on other: ResourceNotFoundException");
  }

  @Test
  void messagesThatSnsWouldRefuseAreRefused() {
    String topic = clients.sns().createTopic(r -> r.name("tasks")).topicArn();

    assertThatThrownBy(() -> clients.sns().publish(r -> r.topicArn(topic + "x").message("m")))
        .isInstanceOf(NotFoundException.class);
    assertThatThrownBy(() -> clients.sns().publish(r -> r.topicArn(topic).message("")))
        .isInstanceOf(SnsException.class)
        .hasMessageContaining("Empty message");
    assertThatThrownBy(
            () -> clients.sns().publish(r -> r.topicArn(topic).message("m").subject("two\nlines")))
        .isInstanceOf(SnsException.class)
        .hasMessageContaining("Subject");
    assertThatThrownBy(
            () -> clients.sns().publish(r -> r.topicArn(topic).message("m").messageGroupId("g")))
        .isInstanceOf(SnsException.class)
        .hasMessageContaining("MessageGroupId is not supported");
    assertThatThrownBy(
            () ->
                clients
                    .sns()
                    .publish(
                        r ->
                            r.topicArn(topic)
                                .message("m")
                                .messageAttributes(
                                    Map.of(
                                        "a",
                                        MessageAttributeValue.builder()
                                            .dataType("Number")
                                            .stringValue("1")
                                            .build()))))
        .isInstanceOf(SnsException.class);
    assertThat(topics.messages()).isEmpty();
  }

  private PutEventsResponse put(PutEventsRequestEntry... entries) {
    return clients.eventBridge().putEvents(r -> r.entries(entries));
  }

  private static PutEventsRequestEntry entry(String type, String detail) {
    return PutEventsRequestEntry.builder().source("tests").detailType(type).detail(detail).build();
  }

  private long pending() {
    try (Stream<Path> files = Files.list(directory.resolve("events").resolve("pending"))) {
      return files.count();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited too long").isLessThan(deadline);
      LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
    }
  }
}
