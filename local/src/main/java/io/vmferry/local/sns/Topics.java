package io.vmferry.local.sns;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * Topics without subscribers: what is published is kept to be looked at, the last {@value #KEPT}
 * messages of this process.
 */
public final class Topics {
  static final int KEPT = 10_000;

  private final String arnPrefix;
  private final Clock clock;
  private final Set<String> arns = new ConcurrentSkipListSet<>();
  private final Deque<Message> messages = new ArrayDeque<>();

  /**
   * A message as it was published.
   *
   * @param messageId its id
   * @param topicArn the topic
   * @param subject its subject
   * @param message its text
   * @param attributes its attributes' values
   * @param timestamp when it was published
   */
  public record Message(
      String messageId,
      String topicArn,
      Optional<String> subject,
      String message,
      Map<String, String> attributes,
      Instant timestamp) {}

  /** No topics. */
  public Topics(String region, String account, Clock clock) {
    this.arnPrefix = "arn:aws:sns:" + region + ":" + account + ":";
    this.clock = clock;
  }

  /** Makes a topic, or finds the one of that name; returns its ARN. */
  public String create(String name) {
    String arn = arnPrefix + name;
    arns.add(arn);
    return arn;
  }

  boolean has(String arn) {
    return arns.contains(arn);
  }

  List<String> arns() {
    return List.copyOf(arns);
  }

  String publish(
      String topicArn, Optional<String> subject, String text, Map<String, String> attributes) {
    String id = UUID.randomUUID().toString();
    synchronized (messages) {
      messages.addLast(new Message(id, topicArn, subject, text, attributes, clock.instant()));
      if (messages.size() > KEPT) {
        messages.removeFirst();
      }
    }
    return id;
  }

  /** What was published in this process, the oldest first. */
  public List<Message> messages() {
    synchronized (messages) {
      return List.copyOf(messages);
    }
  }
}
