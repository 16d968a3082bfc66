package io.vmferry.functions.handler;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.service.UploadArea;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * What the functions around tasks are told by their environment, besides {@link Config}.
 *
 * @param imports {@code VMFERRY_IMPORTS}: {@code bucket/prefix/} of the uploads that start imports;
 *     none by default
 * @param eventBus {@code VMFERRY_EVENT_BUS}: the name or ARN of the event bus that is told of
 *     tasks; {@code default} by default
 * @param topic {@code VMFERRY_TOPIC}: the ARN of the topic that is told of ended tasks; none by
 *     default
 * @param sweepAge {@code VMFERRY_SWEEP_AGE_HOURS}: how old leftovers must be, 1 to 8,760 hours; 24
 *     by default
 */
public record EventsConfig(
    Optional<UploadArea> imports, String eventBus, Optional<String> topic, Duration sweepAge) {
  private static final int DEFAULT_AGE = 24;
  private static final int MOST_AGE = 8760;

  /**
   * The configuration in an environment.
   *
   * @throws VmferryException {@link ErrorCode#PARAMETER_INVALID} naming what is wrong
   */
  public static EventsConfig from(Map<String, String> environment) {
    return new EventsConfig(
        Config.area(environment, "VMFERRY_IMPORTS"),
        given(environment, "VMFERRY_EVENT_BUS").orElse("default"),
        given(environment, "VMFERRY_TOPIC"),
        Duration.ofHours(
            Config.number(environment, "VMFERRY_SWEEP_AGE_HOURS", DEFAULT_AGE, 1, MOST_AGE)));
  }

  private static Optional<String> given(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
  }
}
