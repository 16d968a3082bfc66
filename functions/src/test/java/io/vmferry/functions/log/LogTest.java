package io.vmferry.functions.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.port.Metrics;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.slf4j.helpers.BasicMDCAdapter;

class LogTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-24T10:00:00Z"), ZoneOffset.UTC);
  private static final String SECRET =
      "https://user:pa55word@host.example/disk.raw?X-Amz-Signature=5ecret&X-Amz-Credential=AKIA#f";

  private final List<String> lines = new ArrayList<>();
  private final BasicMDCAdapter mdc = new BasicMDCAdapter();
  private final Logger logger =
      new JsonLogger("io.vmferry.Test", new JsonLines(CLOCK, Level.INFO, lines::add), mdc);

  private JsonNode line() throws IOException {
    assertThat(lines).hasSize(1);
    assertThat(lines.getFirst()).endsWith("\n");
    assertThat(lines.getFirst().strip()).doesNotContain("\n");
    return Json.mapper().readTree(lines.getFirst());
  }

  @Test
  void aLineIsAJsonDocumentWithItsContextAndItsPairs() throws IOException {
    mdc.put("taskId", "import-ami-1");
    mdc.put("step", "Plan");

    logger.atWarn().addKeyValue("durationMs", 12).log("found \"{}\"\nand more", "it");

    JsonNode line = line();
    assertThat(line.path("timestamp").asText()).isEqualTo("2026-11-24T10:00:00Z");
    assertThat(line.path("level").asText()).isEqualTo("WARN");
    assertThat(line.path("message").asText()).isEqualTo("found \"it\"\nand more");
    assertThat(line.path("logger").asText()).isEqualTo("io.vmferry.Test");
    assertThat(line.path("taskId").asText()).isEqualTo("import-ami-1");
    assertThat(line.path("step").asText()).isEqualTo("Plan");
    assertThat(line.path("durationMs").asText()).isEqualTo("12");
  }

  @Test
  void anExceptionIsInItsLineWithItsCauses() throws IOException {
    logger.error("broken", new IOException("outer", new IllegalStateException("inner")));

    JsonNode error = line().path("error");
    assertThat(error.path("type").asText()).isEqualTo("java.io.IOException");
    assertThat(error.path("cause").path("message").asText()).isEqualTo("inner");
    assertThat(error.path("stackTrace").path(0).asText()).contains("LogTest");
  }

  @Test
  void whatIsBelowTheLevelIsNotWritten() {
    logger.debug("{}", "x");
    logger.trace("x");

    assertThat(lines).isEmpty();
    assertThat(logger.isDebugEnabled()).isFalse();
    assertThat(logger.isInfoEnabled()).isTrue();
  }

  @Test
  void noCredentialsOfAUrlAreInAnyPartOfALine() {
    mdc.put("taskId", SECRET);

    logger
        .atError()
        .addKeyValue("source", SECRET)
        .setCause(new IOException("GET " + SECRET, new IOException("moved to " + SECRET)))
        .log("cannot read {}", SECRET);

    assertThat(lines.getFirst())
        .contains("https://host.example/disk.raw")
        .doesNotContain("pa55word", "user:", "5ecret", "AKIA");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "no URL at all|no URL at all",
        "s3://bucket/a key|s3://bucket/a key",
        "https://host/a/b.raw|https://host/a/b.raw",
        "see https://u:p@host/a?b=c now|see https://host/a?… now",
        "https://host?token=abc|https://host?…",
        "(http://u@h/x#frag)|(http://h/x#…",
        "header Authorization: Bearer abc.def|header Authorization: [removed]",
        "X-Amz-Security-Token=abc&x=1|X-Amz-Security-Token=[removed]&x=1",
        "vmferry task 5 token#IMPORT|vmferry task 5 token#IMPORT",
      })
  void textsLoseTheirCredentialsAndNothingElse(String text, String expected) {
    assertThat(Redaction.of(text)).isEqualTo(expected);
    assertThat(Redaction.of(Redaction.of(text))).isEqualTo(expected);
  }

  @Test
  void aFigureIsALineThatCloudWatchUnderstands() throws IOException {
    new EmfMetrics(CLOCK, lines::add)
        .record(
            new Metrics.Measurement(
                "TasksFailed", Metrics.Unit.COUNT, 2, Map.of("ErrorCode", "X", "Category", "Y")));

    JsonNode line = Json.mapper().readTree(lines.getFirst());
    assertThat(line.path("_aws").path("Timestamp").asLong()).isEqualTo(CLOCK.millis());
    JsonNode directive = line.path("_aws").path("CloudWatchMetrics").path(0);
    assertThat(directive.path("Namespace").asText()).isEqualTo("vmferry");
    assertThat(directive.path("Dimensions").toString())
        .isEqualTo("[[],[\"Category\",\"ErrorCode\"]]");
    assertThat(directive.path("Metrics").toString())
        .isEqualTo("[{\"Name\":\"TasksFailed\",\"Unit\":\"Count\"}]");
    assertThat(line.path("TasksFailed").asDouble()).isEqualTo(2);
    assertThat(line.path("ErrorCode").asText()).isEqualTo("X");
  }

  @Test
  void aFigureIsWrittenAsItIs() {
    Logger metrics =
        new JsonLogger(EmfMetrics.LOGGER, new JsonLines(CLOCK, Level.INFO, lines::add), mdc);

    metrics.info("{}", "{\"_aws\":{}}");

    assertThat(lines).containsExactly("{\"_aws\":{}}\n");
  }

  @Test
  void throttlesAreCountedOnce() {
    List<Metrics.Measurement> figures = new ArrayList<>();
    Throttles.drainTo(Metrics.NONE);
    Throttles.count("EBS", 2);
    Throttles.count("EBS", 1);

    Throttles.drainTo(figures::add);
    Throttles.drainTo(figures::add);

    assertThat(figures)
        .containsExactly(
            new Metrics.Measurement("Throttles", Metrics.Unit.COUNT, 3, Map.of("Service", "EBS")));
  }

  @Test
  void theProviderMakesLoggersThatKeepTheContext() {
    JsonLogProvider provider = new JsonLogProvider();
    provider.initialize();

    assertThat(provider.getLoggerFactory().getLogger("a"))
        .isSameAs(provider.getLoggerFactory().getLogger("a"))
        .isInstanceOf(JsonLogger.class);
    assertThat(provider.getMDCAdapter()).isInstanceOf(BasicMDCAdapter.class);
    assertThat(provider.getMarkerFactory()).isNotNull();
    assertThat(provider.getRequestedApiVersion()).startsWith("2.0.");
  }
}
