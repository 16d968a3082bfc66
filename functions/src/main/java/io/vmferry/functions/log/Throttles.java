package io.vmferry.functions.log;

import io.vmferry.functions.port.Metrics;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How often services have throttled this process since it was last asked. Clients count below every
 * port, so the count is the process's and not a port's.
 */
public final class Throttles {
  private static final ConcurrentHashMap<String, Long> COUNTS = new ConcurrentHashMap<>();

  private Throttles() {}

  /** Counts attempts that a service has throttled. */
  public static void count(String service, long attempts) {
    COUNTS.merge(service, attempts, Long::sum);
  }

  /** Records what was counted, and counts from zero on. */
  public static void drainTo(Metrics metrics) {
    for (String service : COUNTS.keySet()) {
      Long count = COUNTS.remove(service);
      if (count != null) {
        metrics.count("Throttles", count, Map.of("Service", service));
      }
    }
  }
}
