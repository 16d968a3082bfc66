package io.vmferry.functions.fake;

import io.vmferry.functions.port.Metrics;
import java.util.ArrayList;
import java.util.List;

/** Keeps figures. */
public final class RecordingMetrics implements Metrics {
  private final List<Measurement> measurements = new ArrayList<>();

  @Override
  public void record(Measurement measurement) {
    measurements.add(measurement);
  }

  /** The figures, in their order. */
  public List<Measurement> measurements() {
    return List.copyOf(measurements);
  }

  /** The sum of all figures of a name. */
  public double sum(String name) {
    return measurements.stream()
        .filter(measurement -> measurement.name().equals(name))
        .mapToDouble(Measurement::value)
        .sum();
  }

  /** How often a figure was recorded. */
  public long recorded(String name) {
    return measurements.stream().filter(measurement -> measurement.name().equals(name)).count();
  }
}
