package io.vmferry.local.stepfunctions;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** An engine with tasks and objects that tests define. */
final class Workbench implements AutoCloseable {
  static final Duration LONG = Duration.ofSeconds(60);

  /** What a task of the resource {@code arn:aws:states:::test:run} does. */
  interface Work {
    JsonNode run(JsonNode payload) throws TaskFailedException, InterruptedException;
  }

  final JumpingTime time;
  final StepFunctions engine;
  final Map<String, String> objects = new ConcurrentHashMap<>();
  private final Map<String, Work> works = new ConcurrentHashMap<>();

  Workbench(Path directory) {
    this(directory, new JumpingTime(), 16);
  }

  Workbench(Path directory, JumpingTime time, int mapConcurrency) {
    this.time = time;
    this.engine =
        new StepFunctions(
            new StepFunctionsOptions(directory, "us-east-1", "000000000000", mapConcurrency, time),
            List.of(new TestTasks()),
            (bucket, key) -> {
              String content = objects.get(bucket + "/" + key);
              if (content == null) {
                throw new FileNotFoundException("no object " + bucket + "/" + key);
              }
              return new ByteArrayInputStream(content.getBytes(StandardCharsets.UTF_8));
            });
  }

  private final class TestTasks implements TaskIntegration {
    @Override
    public String resource() {
      return "arn:aws:states:::test:run";
    }

    @Override
    public Set<String> arguments() {
      return Set.of("Work", "Payload");
    }

    @Override
    public Set<String> requiredArguments() {
      return Set.of("Work");
    }

    @Override
    public JsonNode run(JsonNode arguments) throws TaskFailedException, InterruptedException {
      Work work = works.get(arguments.path("Work").asText());
      if (work == null) {
        throw new TaskFailedException("NoSuchWork", arguments.toString());
      }
      return work.run(arguments.path("Payload"));
    }
  }

  Workbench task(String name, Work work) {
    works.put(name, work);
    return this;
  }

  /** A definition from JSON with single quotes for double ones; {% %} keep theirs doubled. */
  static String json(String text) {
    return text.replace('\'', '"').replace('`', '\'');
  }

  static String machine(String startAt, String states) {
    return json(
        "{'QueryLanguage':'JSONata','StartAt':'" + startAt + "','States':{" + states + "}}");
  }

  static JsonNode parse(String text) {
    try {
      return JsonValues.parse(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  static ObjectNode object() {
    return JsonValues.MAPPER.createObjectNode();
  }

  String create(String name, String definition) throws InvalidDefinitionException {
    return engine.create(name, definition, "arn:aws:iam::000000000000:role/r", Map.of()).arn();
  }

  /** Runs a definition's first execution to its end. */
  Execution run(String definition, String input) throws InvalidDefinitionException {
    String machine = create("machine" + engine.machines().size(), definition);
    Execution started = engine.start(machine, null, input);
    return engine.await(started.arn(), LONG);
  }

  /** The output of a definition that succeeds. */
  JsonNode output(String definition, String input) throws InvalidDefinitionException {
    Execution ended = run(definition, input);
    assertThat(ended.status())
        .as("%s: %s", ended.error(), ended.cause())
        .isEqualTo(ExecutionStatus.SUCCEEDED);
    return parse(ended.output().orElseThrow());
  }

  List<String> events(String executionArn) throws IOException {
    return History.read(engine.history(executionArn), 1, 30_000).stream()
        .map(event -> event.path("type").asText())
        .toList();
  }

  @Override
  public void close() {
    engine.close();
  }
}
