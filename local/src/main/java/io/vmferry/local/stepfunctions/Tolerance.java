package io.vmferry.local.stepfunctions;

import java.util.Optional;

/** How many children of a distributed Map may fail. */
final class Tolerance {
  private final Optional<Long> count;
  private final Optional<Double> percentage;
  private volatile long total = -1;

  private Tolerance(Optional<Long> count, Optional<Double> percentage) {
    this.count = count;
    this.percentage = percentage;
  }

  /** As a state says; without a word of it, none may. */
  static Tolerance of(State.MapItems map, Bindings bindings) {
    Optional<Double> percentage = map.toleratedPercentage().map(field -> field.evaluate(bindings));
    Optional<Long> count = map.toleratedCount().map(field -> (long) field.evaluate(bindings));
    return new Tolerance(
        count.isEmpty() && percentage.isEmpty() ? Optional.of(0L) : count, percentage);
  }

  /** Tells how many items there are, which a percentage is of. */
  void total(long items) {
    total = items;
  }

  /**
   * Checks the failures so far against both limits.
   *
   * @throws StateFailure {@code States.ExceedToleratedFailureThreshold}
   */
  void check(long failures) {
    boolean tooMany = count.isPresent() && failures > count.get();
    long items = total;
    if (percentage.isPresent() && items >= 0) {
      tooMany |= failures * 100.0 > percentage.get() * items;
    }
    if (tooMany) {
      throw new StateFailure(
          StateFailure.EXCEED_TOLERATED_FAILURES,
          "The specified tolerated failure threshold was exceeded");
    }
  }
}
