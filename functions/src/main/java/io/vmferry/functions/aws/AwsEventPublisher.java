package io.vmferry.functions.aws;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.EventPublisher;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import software.amazon.awssdk.services.eventbridge.EventBridgeClient;
import software.amazon.awssdk.services.eventbridge.model.PutEventsRequestEntry;
import software.amazon.awssdk.services.eventbridge.model.PutEventsResponse;
import software.amazon.awssdk.services.eventbridge.model.PutEventsResultEntry;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sns.model.MessageAttributeValue;

/** Events to EventBridge, messages to SNS. */
public final class AwsEventPublisher implements EventPublisher {
  /** The source of every event of ours. */
  public static final String SOURCE = "vmferry";

  private static final int LONGEST_SUBJECT = 100;

  private static final Set<String> TRANSIENT =
      Set.of("InternalFailure", "InternalException", "ServiceUnavailable");

  private final Supplier<EventBridgeClient> eventBridge;
  private final Supplier<SnsClient> sns;
  private final String bus;
  private final Optional<String> topic;

  /**
   * A publisher.
   *
   * @param bus the bus's name or ARN
   * @param topic the topic's ARN; empty for no messages
   */
  public AwsEventPublisher(
      Supplier<EventBridgeClient> eventBridge,
      Supplier<SnsClient> sns,
      String bus,
      Optional<String> topic) {
    this.eventBridge = eventBridge;
    this.sns = sns;
    this.bus = bus;
    this.topic = topic;
  }

  @Override
  public void put(Event event) {
    PutEventsRequestEntry entry =
        PutEventsRequestEntry.builder()
            .eventBusName(bus)
            .source(SOURCE)
            .detailType(event.detailType())
            .detail(event.detail())
            .resources(event.resources())
            .time(event.time())
            .build();
    PutEventsResponse answer =
        AwsFailures.call(
            "events:PutEvents", bus, () -> eventBridge.get().putEvents(r -> r.entries(entry)));
    // The call succeeds as a whole even where an entry does not.
    if (answer.failedEntryCount() != null && answer.failedEntryCount() > 0) {
      throw failed(answer.entries().getFirst());
    }
  }

  private VmferryException failed(PutEventsResultEntry entry) {
    String code = entry.errorCode() == null ? "" : entry.errorCode();
    ErrorCode meant =
        code.contains("Throttling")
            ? ErrorCode.SERVICE_THROTTLED
            : TRANSIENT.contains(code)
                ? ErrorCode.SERVICE_UNAVAILABLE
                : code.contains("NotAuthorized") || code.contains("AccessDenied")
                    ? ErrorCode.SERVICE_ACCESS_DENIED
                    : ErrorCode.INTERNAL;
    return new VmferryException(
        meant, "events:PutEvents on %s: %s '%s'".formatted(bus, code, entry.errorMessage()));
  }

  @Override
  public void send(Message message) {
    if (topic.isEmpty()) {
      return;
    }
    Map<String, MessageAttributeValue> attributes = new HashMap<>();
    message
        .attributes()
        .forEach(
            (name, value) ->
                attributes.put(
                    name,
                    MessageAttributeValue.builder().dataType("String").stringValue(value).build()));
    String subject = message.subject();
    AwsFailures.call(
        "sns:Publish",
        topic.get(),
        () ->
            sns.get()
                .publish(
                    r ->
                        r.topicArn(topic.get())
                            .subject(
                                subject.substring(0, Math.min(subject.length(), LONGEST_SUBJECT)))
                            .message(message.body())
                            .messageAttributes(attributes)));
  }
}
