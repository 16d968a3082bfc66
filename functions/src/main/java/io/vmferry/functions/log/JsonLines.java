package io.vmferry.functions.log;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmferry.functions.json.Json;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;
import org.slf4j.event.Level;

/** Makes a JSON line of what is logged, without credentials. */
final class JsonLines {
  private static final int MOST_FRAMES = 40;
  private static final int MOST_CAUSES = 5;
  private static final int LONGEST_TEXT = 32_000;

  /** A library's chatter: its warnings do. */
  private static final List<String> QUIET = List.of("software.amazon.", "org.apache.");

  private final Clock clock;
  private final Level least;
  private final Consumer<String> out;

  /**
   * Lines from a level on.
   *
   * @param out is given each line with its end
   */
  JsonLines(Clock clock, Level least, Consumer<String> out) {
    this.clock = clock;
    this.least = least;
    this.out = out;
  }

  boolean isEnabled(String logger, Level level) {
    boolean quiet = QUIET.stream().anyMatch(logger::startsWith);
    Level needed = quiet && least == Level.INFO ? Level.WARN : least;
    return level.toInt() >= needed.toInt();
  }

  /** What is logged. */
  record Entry(
      String logger,
      Level level,
      String message,
      Map<String, String> context,
      List<KeyValuePair> pairs,
      @Nullable Throwable thrown) {}

  void write(Entry entry) {
    if (entry.logger().equals(EmfMetrics.LOGGER)) {
      // A document already, which CloudWatch has to find at the top of its line.
      out.accept(entry.message() + "\n");
      return;
    }
    ObjectNode line = Json.mapper().createObjectNode();
    line.put("timestamp", Instant.now(clock).toString());
    line.put("level", entry.level().name());
    line.put("message", text(entry.message()));
    line.put("logger", entry.logger());
    entry.context().forEach((key, value) -> line.put(key, text(value)));
    entry.pairs().forEach(pair -> line.put(pair.key, text(String.valueOf(pair.value))));
    if (entry.thrown() != null) {
      describe(line.putObject("error"), entry.thrown(), 0);
    }
    out.accept(line + "\n");
  }

  private static void describe(ObjectNode into, Throwable thrown, int depth) {
    into.put("type", thrown.getClass().getName());
    into.put("message", text(String.valueOf(thrown.getMessage())));
    ArrayNode frames = into.putArray("stackTrace");
    StackTraceElement[] trace = thrown.getStackTrace();
    for (int i = 0; i < Math.min(trace.length, MOST_FRAMES); i++) {
      frames.add(trace[i].toString());
    }
    Throwable cause = thrown.getCause();
    if (cause != null && depth < MOST_CAUSES) {
      describe(into.putObject("cause"), cause, depth + 1);
    }
  }

  private static String text(String text) {
    String plain = Redaction.of(text);
    return plain.length() <= LONGEST_TEXT ? plain : plain.substring(0, LONGEST_TEXT) + "…";
  }
}
