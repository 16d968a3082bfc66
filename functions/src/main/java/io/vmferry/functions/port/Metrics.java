package io.vmferry.functions.port;

import java.util.Map;

/** Figures for dashboards and alarms. */
@FunctionalInterface
public interface Metrics {
  /** Keeps none. */
  Metrics NONE = measurement -> {};

  /** Records a figure. */
  void record(Measurement measurement);

  /** Counts something. */
  default void count(String name, long value) {
    record(new Measurement(name, Unit.COUNT, (double) value, Map.of()));
  }

  /** Counts something, altogether and by dimensions. */
  default void count(String name, long value, Map<String, String> dimensions) {
    record(new Measurement(name, Unit.COUNT, (double) value, dimensions));
  }

  /** What a figure is in. */
  enum Unit {
    /** How many there are. */
    COUNT("Count"),
    /** A length of time. */
    SECONDS("Seconds"),
    /** A short one. */
    MILLISECONDS("Milliseconds"),
    /** An amount of data. */
    BYTES("Bytes");

    private final String cloudWatchName;

    Unit(String cloudWatchName) {
      this.cloudWatchName = cloudWatchName;
    }

    /** The name that CloudWatch has for it. */
    public String cloudWatchName() {
      return cloudWatchName;
    }
  }

  /**
   * A figure.
   *
   * @param name {@code TasksStarted}
   * @param unit what it is in
   * @param value how much
   * @param dimensions what it is told apart by, besides being recorded without any
   */
  record Measurement(String name, Unit unit, double value, Map<String, String> dimensions) {
    /** Copies the map. */
    public Measurement {
      dimensions = Map.copyOf(dimensions);
    }
  }
}
