package io.vmferry.local.edge;

import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Makes calls to the embedded AWS fail as they do in the field. What fails is drawn from a seeded
 * generator, so that a run with one caller can be repeated. Safe for use by many threads.
 */
public final class FaultInjector {

  /** A way to fail. */
  public enum Fault {
    /** The account's quota is used up: {@code ThrottlingException} or what the service calls it. */
    THROTTLE,
    /**
     * The resource's quota is used up: EBS's {@code RequestThrottledException}, DynamoDB's {@code
     * ProvisionedThroughputExceededException}; elsewhere as {@link #THROTTLE}.
     */
    RESOURCE_THROTTLE,
    /** The service answers 500. */
    SERVER_ERROR,
    /**
     * The resource is not visible yet, as EBS answers for up to two minutes after StartSnapshot;
     * elsewhere as {@link #SERVER_ERROR}.
     */
    NOT_VISIBLE_YET,
    /** The connection is cut before the service has seen the call. */
    CUT_BEFORE,
    /** The service does what the call asks, and the connection is cut before the answer. */
    CUT_AFTER
  }

  /** The faults that any call may meet at any time, and that a client must get over by itself. */
  public static final Set<Fault> PASSING =
      Collections.unmodifiableSet(EnumSet.complementOf(EnumSet.of(Fault.NOT_VISIBLE_YET)));

  /**
   * When to fail.
   *
   * @param service the service's signing name, or {@code *} for each
   * @param operation the operation's name, such as {@code PutSnapshotBlock}, or {@code *} for each
   * @param fault the way to fail
   * @param probability of a matching call to fail, 0 to 1
   * @param times how often at most
   */
  public record Rule(
      String service, String operation, Fault fault, double probability, long times) {
    /** Checks the probability. */
    public Rule {
      if (!(probability >= 0 && probability <= 1)) {
        throw new IllegalArgumentException("probability " + probability + " is not within 0 to 1");
      }
    }

    /** A rule without an upper limit. */
    public static Rule of(String service, String operation, Fault fault, double probability) {
      return new Rule(service, operation, fault, probability, Long.MAX_VALUE);
    }

    boolean matches(String calledService, String calledOperation) {
      return (service.equals("*") || service.equals(calledService))
          && (operation.equals("*") || operation.equals(calledOperation));
    }
  }

  private static final class Armed {
    final Rule rule;
    long left;

    Armed(Rule rule) {
      this.rule = rule;
      this.left = rule.times();
    }
  }

  private final SplittableRandom random;
  private final List<Armed> rules = new CopyOnWriteArrayList<>();
  private final Map<Fault, Long> injected = new EnumMap<>(Fault.class);

  /** An injector without rules, whose draws follow from the seed. */
  public FaultInjector(long seed) {
    random = new SplittableRandom(seed);
  }

  /** Adds a rule; the first rule that decides for a fault wins. */
  public FaultInjector add(Rule rule) {
    rules.add(new Armed(rule));
    return this;
  }

  /** Removes all rules. */
  public void clear() {
    rules.clear();
  }

  /** How many calls have been made to fail in this way. */
  public synchronized long injected(Fault fault) {
    return injected.getOrDefault(fault, 0L);
  }

  /** Draws whether and how this call fails. */
  Optional<Fault> draw(String service, String operation) {
    if (rules.isEmpty()) {
      return Optional.empty();
    }
    synchronized (this) {
      for (Armed armed : rules) {
        if (armed.left > 0
            && armed.rule.matches(service, operation)
            && random.nextDouble() < armed.rule.probability()) {
          armed.left--;
          injected.merge(armed.rule.fault(), 1L, Long::sum);
          return Optional.of(armed.rule.fault());
        }
      }
    }
    return Optional.empty();
  }
}
