package io.vmferry.functions.fake;

import io.vmferry.functions.port.EventPublisher;
import java.util.ArrayList;
import java.util.List;

/** Keeps what is told. */
public final class RecordingPublisher implements EventPublisher {
  private final List<Event> events = new ArrayList<>();
  private final List<Message> messages = new ArrayList<>();
  private final Faults faults = new Faults();

  /** Failures of the operations {@code put} and {@code send}. */
  public Faults faults() {
    return faults;
  }

  /** The events, in their order. */
  public List<Event> events() {
    return List.copyOf(events);
  }

  /** The messages, in their order. */
  public List<Message> messages() {
    return List.copyOf(messages);
  }

  @Override
  public void put(Event event) {
    faults.check("put");
    events.add(event);
  }

  @Override
  public void send(Message message) {
    faults.check("send");
    messages.add(message);
  }
}
