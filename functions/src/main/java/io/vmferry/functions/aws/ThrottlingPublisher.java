package io.vmferry.functions.aws;

import io.vmferry.functions.log.Throttles;
import software.amazon.awssdk.core.metrics.CoreMetric;
import software.amazon.awssdk.metrics.MetricCollection;
import software.amazon.awssdk.metrics.MetricPublisher;

/** Counts the attempts that a service has throttled, those too that succeeded when tried again. */
final class ThrottlingPublisher implements MetricPublisher {
  static final ThrottlingPublisher INSTANCE = new ThrottlingPublisher();

  private static final String THROTTLING = "Throttling";

  private ThrottlingPublisher() {}

  @Override
  public void publish(MetricCollection call) {
    long throttled =
        call.children().stream()
            .flatMap(attempt -> attempt.metricValues(CoreMetric.ERROR_TYPE).stream())
            .filter(THROTTLING::equals)
            .count();
    if (throttled > 0) {
      call.metricValues(CoreMetric.SERVICE_ID)
          .forEach(service -> Throttles.count(service, throttled));
    }
  }

  @Override
  public void close() {}
}
