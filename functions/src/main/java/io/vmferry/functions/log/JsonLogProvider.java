package io.vmferry.functions.log;

import com.amazonaws.services.lambda.runtime.LambdaRuntime;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.slf4j.helpers.BasicMDCAdapter;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/**
 * Logs of the functions as JSON lines, through the logger that Lambda's runtime has; outside of
 * Lambda that writes to the standard output. The least level is {@code VMFERRY_LOG_LEVEL}, {@code
 * INFO} unless set.
 *
 * <p>It is not registered in this module, whose users on the command line log in their own way: the
 * functions' zip registers it, and the container by {@code -Dslf4j.provider}.
 */
public final class JsonLogProvider implements SLF4JServiceProvider {
  private static final String API = "2.0.99";

  private final IMarkerFactory markers = new BasicMarkerFactory();
  private final MDCAdapter mdc = new BasicMDCAdapter();
  private final Map<String, Logger> loggers = new ConcurrentHashMap<>();
  private final JsonLines lines =
      new JsonLines(
          Clock.systemUTC(),
          level(System.getenv().getOrDefault("VMFERRY_LOG_LEVEL", "")),
          line -> LambdaRuntime.getLogger().log(line));

  /** For slf4j. */
  public JsonLogProvider() {}

  private static Level level(String name) {
    for (Level level : Level.values()) {
      if (level.name().equalsIgnoreCase(name)) {
        return level;
      }
    }
    return Level.INFO;
  }

  @Override
  public ILoggerFactory getLoggerFactory() {
    return name -> loggers.computeIfAbsent(name, n -> new JsonLogger(n, lines, mdc));
  }

  @Override
  public IMarkerFactory getMarkerFactory() {
    return markers;
  }

  @Override
  public MDCAdapter getMDCAdapter() {
    return mdc;
  }

  @Override
  public String getRequestedApiVersion() {
    return API;
  }

  @Override
  public void initialize() {}
}
