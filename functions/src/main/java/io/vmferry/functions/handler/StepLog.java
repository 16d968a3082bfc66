package io.vmferry.functions.handler;

import com.amazonaws.services.lambda.runtime.Context;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.error.ErrorCode;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.log.EmfMetrics;
import io.vmferry.functions.log.Redaction;
import io.vmferry.functions.log.Throttles;
import io.vmferry.functions.port.Metrics;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.slf4j.event.Level;

/**
 * The log of one invocation: everything that is logged in it carries the task's id, the function,
 * the step and the request's id, and its end tells how long it took and how it went.
 */
final class StepLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StepLog.class);
  private static final Metrics METRICS = new EmfMetrics(Clock.systemUTC());

  private static final String SUFFIX = "Handler";
  private static final int LONGEST_ID = 64;

  private final List<MDC.MDCCloseable> context = new ArrayList<>();
  private final long start = System.nanoTime();

  private StepLog() {}

  /**
   * Begins an invocation.
   *
   * @param request what it is asked, JSON
   * @param lambda what the runtime tells of the invocation; null where there is no runtime
   */
  static StepLog open(Class<?> handler, String request, @Nullable Context lambda) {
    StepLog log = new StepLog();
    String name = handler.getSimpleName();
    log.put(
        "step", name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name);
    if (lambda != null) {
      log.put("function", lambda.getFunctionName());
      log.put("requestId", lambda.getAwsRequestId());
    }
    taskId(request).ifPresent(id -> log.put("taskId", id));
    LOG.debug("started");
    return log;
  }

  private void put(String key, @Nullable String value) {
    if (value != null) {
      context.add(MDC.putCloseable(key, value));
    }
  }

  /** The task a request is about: its own member, or an execution's name. */
  private static Optional<String> taskId(String request) {
    try {
      JsonNode json = Json.mapper().readTree(request);
      JsonNode id = json.path("taskId");
      JsonNode named = id.isMissingNode() ? json.path("detail").path("name") : id;
      return Optional.of(named)
          .filter(JsonNode::isTextual)
          .map(JsonNode::textValue)
          .filter(text -> text.length() <= LONGEST_ID);
    } catch (JsonProcessingException e) {
      // What is wrong with it, reading it says.
      return Optional.empty();
    }
  }

  /** The invocation was successful. */
  void done() {
    LOG.atInfo().addKeyValue("durationMs", milliseconds()).log("done");
  }

  private long milliseconds() {
    return (System.nanoTime() - start) / 1_000_000;
  }

  /**
   * The invocation has failed. What is thrown on goes to the runtime's own log and to the state
   * machine's history: it has no cause, for those of libraries may hold a URL with its credentials.
   *
   * @return what to throw
   */
  StepException failed(ErrorCode code, String message, Exception cause) {
    Level level =
        switch (code.category()) {
          case USER, EXTERNAL, CAPACITY -> Level.WARN;
          case INTERNAL -> Level.ERROR;
        };
    LOG.atLevel(level)
        .addKeyValue("durationMs", milliseconds())
        .addKeyValue("errorCode", code.name())
        .addKeyValue("category", code.category().name())
        .setCause(cause)
        .log(message);
    return StepException.of(code, Redaction.of(message));
  }

  @Override
  public void close() {
    Throttles.drainTo(METRICS);
    context.reversed().forEach(MDC.MDCCloseable::close);
  }
}
