package io.vmferry.functions.handler;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.functions.service.Sweep;

/** Removes what no cleanup has removed; runs by a schedule. */
public final class SweepHandler extends StepHandler<JsonNode, Sweep.Result> {
  private final Sweep service;

  /** For Lambda: wired from the environment. */
  public SweepHandler() {
    this(EventsWiring.fromEnvironment().sweep());
  }

  /** With its service. */
  public SweepHandler(Sweep service) {
    super(JsonNode.class);
    this.service = service;
  }

  @Override
  Sweep.Result step(JsonNode event) {
    return service.sweep();
  }
}
