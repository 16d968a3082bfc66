package io.vmferry.local.stepfunctions;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.Closeable;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The events of an execution, one JSON text per line of a file. Child executions of a distributed
 * Map only count theirs.
 */
final class History implements Closeable {
  private final TimeSource time;
  // Not a channel: those close when the writing thread is interrupted.
  private final @Nullable OutputStream file;
  private long events;

  private History(TimeSource time, @Nullable OutputStream file, long events) {
    this.time = time;
    this.file = file;
    this.events = events;
  }

  static History counting(TimeSource time) {
    return new History(time, null, 0);
  }

  /** Opens a history to continue it; what a crash left of a last line is cut off. */
  static History open(Path path, TimeSource time) throws IOException {
    long events = 0;
    if (Files.exists(path)) {
      byte[] content = Files.readAllBytes(path);
      int end = 0;
      for (int i = 0; i < content.length; i++) {
        if (content[i] == '\n') {
          events++;
          end = i + 1;
        }
      }
      if (end < content.length) {
        try (RandomAccessFile whole = new RandomAccessFile(path.toFile(), "rw")) {
          whole.setLength(end);
        }
      }
    }
    return new History(time, new FileOutputStream(path.toFile(), true), events);
  }

  /** How many events there are. */
  static long count(Path path) throws IOException {
    if (!Files.exists(path)) {
      return 0;
    }
    try (Stream<String> lines = Files.lines(path)) {
      return lines.count();
    }
  }

  /** The events from an id on, oldest first, at most so many. */
  static List<JsonNode> read(Path path, long firstId, int most) throws IOException {
    List<JsonNode> events = new ArrayList<>();
    if (!Files.exists(path)) {
      return events;
    }
    try (var reader = Files.newBufferedReader(path)) {
      String line = reader.readLine();
      for (long id = 1; line != null && events.size() < most; id++) {
        if (id >= firstId) {
          try {
            events.add(JsonValues.parse(line));
          } catch (JsonProcessingException e) {
            return events; // The line is being written.
          }
        }
        line = reader.readLine();
      }
    }
    return events;
  }

  /**
   * Adds an event.
   *
   * @param details the member with the type's details, or null
   * @return its id
   * @throws StateFailure {@code States.Runtime} if the execution has as many events as it may have
   */
  synchronized long add(
      String type, long previous, String detailsName, @Nullable JsonNode details) {
    if (events >= Limits.HISTORY_EVENTS - 1 && !type.startsWith("Execution")) {
      throw new StateFailure(
          StateFailure.RUNTIME,
          "The execution reached the maximum number of history events ("
              + Limits.HISTORY_EVENTS
              + ").");
    }
    events++;
    if (file != null) {
      Instant now = time.now();
      ObjectNode event =
          JsonValues.MAPPER
              .createObjectNode()
              .put("timestamp", BigDecimal.valueOf(now.toEpochMilli(), 3))
              .put("type", type)
              .put("id", events)
              .put("previousEventId", previous);
      if (details != null) {
        event.set(detailsName, details);
      }
      try {
        file.write((event + "\n").getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return events;
  }

  /** The id of the last event; 0 if there is none. */
  synchronized long last() {
    return events;
  }

  @Override
  public synchronized void close() throws IOException {
    if (file != null) {
      file.close();
    }
  }
}
