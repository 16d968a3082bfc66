package io.vmferry.functions.log;

import java.io.Serial;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.event.KeyValuePair;
import org.slf4j.event.Level;
import org.slf4j.event.LoggingEvent;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.spi.LoggingEventAware;
import org.slf4j.spi.MDCAdapter;

/** A logger that writes {@link JsonLines}. */
final class JsonLogger extends LegacyAbstractLogger implements LoggingEventAware {
  @Serial private static final long serialVersionUID = 1L;

  private final transient JsonLines lines;
  private final transient MDCAdapter mdc;

  JsonLogger(String name, JsonLines lines, MDCAdapter mdc) {
    this.name = name;
    this.lines = lines;
    this.mdc = mdc;
  }

  @Override
  public boolean isTraceEnabled() {
    return lines.isEnabled(name, Level.TRACE);
  }

  @Override
  public boolean isDebugEnabled() {
    return lines.isEnabled(name, Level.DEBUG);
  }

  @Override
  public boolean isInfoEnabled() {
    return lines.isEnabled(name, Level.INFO);
  }

  @Override
  public boolean isWarnEnabled() {
    return lines.isEnabled(name, Level.WARN);
  }

  @Override
  public boolean isErrorEnabled() {
    return lines.isEnabled(name, Level.ERROR);
  }

  @Override
  protected @Nullable String getFullyQualifiedCallerName() {
    return null;
  }

  @Override
  protected void handleNormalizedLoggingCall(
      Level level,
      @Nullable Marker marker,
      String pattern,
      Object @Nullable [] arguments,
      @Nullable Throwable thrown) {
    write(level, pattern, arguments, thrown, List.of());
  }

  @Override
  public void log(LoggingEvent event) {
    List<KeyValuePair> pairs = event.getKeyValuePairs();
    write(
        event.getLevel(),
        event.getMessage(),
        event.getArgumentArray(),
        event.getThrowable(),
        pairs == null ? List.of() : pairs);
  }

  private void write(
      Level level,
      @Nullable String pattern,
      Object @Nullable [] arguments,
      @Nullable Throwable thrown,
      List<KeyValuePair> pairs) {
    Map<String, String> context = mdc.getCopyOfContextMap();
    String message = MessageFormatter.basicArrayFormat(pattern, arguments);
    lines.write(
        new JsonLines.Entry(
            name,
            level,
            Objects.requireNonNullElse(message, ""),
            context == null ? Map.of() : context,
            pairs,
            thrown));
  }
}
