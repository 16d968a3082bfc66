package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.functions.json.Json;
import io.vmferry.local.deployment.FunctionSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every function of the template starts from the deployed zip in a JVM of its own, under AWS's
 * runtime interface client, with its memory, its variables and its role's credentials, and answers
 * an event.
 */
class IsolatedFunctionsIT {
  private static final String TASK =
      """
      {"taskId":"import-ami-00000000000000000","disk":0,"name":"1","error":"x","cause":"y",
       "kind":"IMPORT_IMAGE","containers":[]}""";

  private static final String UPLOAD =
      """
      {"detail":{"bucket":{"name":"elsewhere"},"object":{"key":"elsewhere/x.import.json"}}}""";

  private static final String EXECUTION =
      """
      {"detail":{"executionArn":"arn:aws:states:us-east-1:000000000000:execution:x:y",
       "name":"import-ami-00000000000000000","status":"FAILED","error":"x","cause":"y"}}""";

  /**
   * How long each took from its process's start to its answer, for scripts/benchmark-cold-start.
   */
  private static final Path TIMES =
      Fixtures.ROOT.resolve("integration-tests/target/cold-starts.tsv");

  @TempDir private static Path directory;
  private static EmbeddedTemplate system;

  @BeforeAll
  static void deploy() throws IOException {
    Files.deleteIfExists(TIMES);
    system = EmbeddedTemplate.isolated(directory.resolve("state"));
  }

  @AfterAll
  static void stop() {
    if (system != null) {
      system.close();
    }
  }

  @TestFactory
  Stream<DynamicTest> eachFunctionAnswersAnEvent() {
    List<FunctionSpec> functions = system.stack().deployment().functions();
    return functions.stream()
        .map(f -> DynamicTest.dynamicTest(f.handlerName(), () -> answersAnEvent(f)));
  }

  /** The task of the event is not there, which a function learns from the table only. */
  private static void answersAnEvent(FunctionSpec function) throws IOException {
    String event =
        switch (function.handlerName()) {
          case "UploadTriggerHandler" -> UPLOAD;
          case "CleanupEventHandler" -> EXECUTION;
          default -> TASK;
        };
    long begin = System.nanoTime();
    String answer = system.stack().answer(function.name(), event);
    long millis = (System.nanoTime() - begin) / 1_000_000;
    Files.writeString(
        TIMES,
        "%s\t%d\t%d\n"
            .formatted(function.handlerName(), function.settings().memoryMegabytes(), millis),
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
    JsonNode json = Json.read(answer, JsonNode.class);
    if (json.has("errorType")) {
      assertThat(json.path("errorType").asText())
          .as(answer)
          .startsWith("io.vmferry.functions.handler.")
          .isNotEqualTo("io.vmferry.functions.handler.InternalException");
      assertThat(json.path("errorMessage").asText()).doesNotContain("SERVICE_ACCESS_DENIED");
    } else {
      assertThat(json.isObject() || json.isNull()).as(answer).isTrue();
    }
  }
}
