package io.vmferry.functions.port;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Tells others what happens to tasks. What is told twice arrives twice. */
public interface EventPublisher {

  /** Puts an event on the event bus. */
  void put(Event event);

  /** Sends a message to the topic; does nothing where there is none. */
  void send(Message message);

  /**
   * An event of the source {@code vmferry}.
   *
   * @param detailType what kind of event it is
   * @param detail JSON
   * @param resources the ARNs of what it is about; may be empty
   * @param time when it happened
   */
  record Event(String detailType, String detail, List<String> resources, Instant time) {
    /** Copies the list. */
    public Event {
      resources = List.copyOf(resources);
    }
  }

  /**
   * A message for people and programs.
   *
   * @param subject at most 100 printable ASCII characters
   * @param body JSON
   * @param attributes what subscriptions filter by
   */
  record Message(String subject, String body, Map<String, String> attributes) {
    /** Copies the map. */
    public Message {
      attributes = Map.copyOf(attributes);
    }
  }
}
