package io.vmferry.functions.handler;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.functions.announce.Announce;
import io.vmferry.functions.port.TaskChanges;
import java.util.List;

/** Tells of the changes that the tasks' table streams. */
public final class AnnounceHandler extends StepHandler<JsonNode, AnnounceHandler.Result> {
  private final TaskChanges changes;
  private final Announce service;

  /** For Lambda: wired from the environment. */
  public AnnounceHandler() {
    this(EventsWiring.fromEnvironment());
  }

  private AnnounceHandler(EventsWiring wiring) {
    this(wiring.changes(), wiring.announce());
  }

  /** With its service. */
  public AnnounceHandler(TaskChanges changes, Announce service) {
    super(JsonNode.class);
    this.changes = changes;
    this.service = service;
  }

  /**
   * What Lambda's event source mapping goes by.
   *
   * @param batchItemFailures the first change that has to come again, with all after it
   */
  public record Result(List<Failed> batchItemFailures) {}

  /**
   * A change that has to come again.
   *
   * @param itemIdentifier its sequence number
   */
  public record Failed(String itemIdentifier) {}

  @Override
  Result step(JsonNode batch) {
    return new Result(
        service.announce(changes.read(batch.toString())).stream().map(Failed::new).toList());
  }
}
