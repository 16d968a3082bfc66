package io.vmferry.functions.log;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.port.Metrics;
import java.time.Clock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Metrics as lines of the log in CloudWatch's embedded metric format, which costs no call. A figure
 * that has dimensions is recorded by them and without any.
 */
public final class EmfMetrics implements Metrics {
  /** The logger of such lines: what it is given is a JSON document already. */
  public static final String LOGGER = "vmferry.metrics";

  /** CloudWatch's name for where the figures are. */
  public static final String NAMESPACE = "vmferry";

  private final Clock clock;
  private final Consumer<String> lines;

  /** Metrics as lines of the log. */
  public EmfMetrics(Clock clock) {
    this(clock, LoggerFactory.getLogger(LOGGER));
  }

  private EmfMetrics(Clock clock, Logger logger) {
    this(clock, line -> logger.info("{}", line));
  }

  /** Metrics as lines that are given to {@code lines}. */
  EmfMetrics(Clock clock, Consumer<String> lines) {
    this.clock = clock;
    this.lines = lines;
  }

  @Override
  public void record(Measurement measurement) {
    ObjectNode line = Json.mapper().createObjectNode();
    ObjectNode header = line.putObject("_aws");
    header.put("Timestamp", clock.millis());
    ObjectNode directive = header.putArray("CloudWatchMetrics").addObject();
    directive.put("Namespace", NAMESPACE);
    ArrayNode sets = directive.putArray("Dimensions");
    sets.addArray();
    if (!measurement.dimensions().isEmpty()) {
      ArrayNode names = sets.addArray();
      measurement.dimensions().keySet().stream().sorted().forEach(names::add);
    }
    directive
        .putArray("Metrics")
        .addObject()
        .put("Name", measurement.name())
        .put("Unit", measurement.unit().cloudWatchName());
    measurement.dimensions().forEach(line::put);
    line.put(measurement.name(), measurement.value());
    lines.accept(line.toString());
  }
}
