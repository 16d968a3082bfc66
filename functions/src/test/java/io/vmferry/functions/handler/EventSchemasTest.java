package io.vmferry.functions.handler;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.vmferry.error.ErrorCode;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.port.EventPublisher;
import io.vmferry.functions.port.TaskChanges;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskError;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is sent and written is what the documented schemas say. */
class EventSchemasTest {
  private static final Path DOCS = Path.of("..", "docs");
  private static final Pattern EXAMPLE =
      Pattern.compile("```json ([a-z-]+)\\n(.*?)\\n```", Pattern.DOTALL);

  private final EventsFixture fixture = new EventsFixture();

  @Test
  void everyEventAndResultOfAnImportIsValid() throws IOException {
    byte[] disk = new byte[1 << 20];
    disk[5] = 1;
    fixture.upload("imports/web.raw", disk, Map.of("vmferry-modify-os", "false"));
    String id = fixture.created("imports/web.raw").path("taskId").asText();
    Task accepted = fixture.pipeline.tasks.find(id).orElseThrow();
    Task completed = fixture.pipeline.run(id);
    change(null, accepted);
    change(accepted, completed);
    fixture.announce();

    List<JsonNode> details = details();
    assertThat(details).isNotEmpty();
    details.forEach(detail -> assertValid("task-state-change", detail));
    assertThat(details.getLast().path("snapshots")).isNotEmpty();
    assertValid("import-result", fixture.result("imports/web.raw").orElseThrow());
  }

  @Test
  void refusalsAndWaitingAreValid() throws IOException {
    fixture.upload("imports/web.ova.import.json", "{\"colour\": 1}");
    fixture.upload("imports/web.ova", "x");
    fixture.created("imports/web.ova");
    fixture.upload("imports/web/web-disk1.vmdk", "x");
    fixture.created("imports/web/web-disk1.vmdk");

    assertValid("import-refused", details().getFirst());
    assertValid("import-result", fixture.result("imports/web.ova").orElseThrow());
    assertValid("import-result", fixture.result("imports/web/web-disk1.vmdk").orElseThrow());
  }

  @Test
  void failuresAndCancellationsAreValid() throws IOException {
    for (ErrorCode code : List.of(ErrorCode.OVF_INVALID, ErrorCode.TASK_CANCELLED)) {
      Task task =
          Task.accepted(
              code == ErrorCode.OVF_INVALID
                  ? "import-ami-0123456789abcdef0"
                  : "import-ami-0123456789abcdef1",
              Pipeline.request(TaskKind.IMPORT_IMAGE, null, "s3://images/imports/" + code + ".ova"),
              Instant.now());
      change(
          task,
          task.withError(new TaskError(code, "bad"))
              .advanced(TaskStatus.DELETED, "bad")
              .nextVersion(Instant.now()));
      fixture.announce();
      assertValid("task-state-change", details().getLast());
      assertValid("import-result", fixture.result("imports/" + code + ".ova").orElseThrow());
    }
  }

  @Test
  void theExamplesOfTheDocumentationAreValid() throws IOException {
    List<String> found = new ArrayList<>();
    Matcher example = EXAMPLE.matcher(Files.readString(DOCS.resolve("events.md")));
    while (example.find()) {
      String name = example.group(1).equals("result") ? "import-result" : example.group(1);
      assertValid(name, Json.mapper().readTree(example.group(2)));
      found.add(name);
    }
    assertThat(found)
        .containsExactlyInAnyOrder("import-result", "task-state-change", "import-refused");
  }

  @Test
  void theSchemasRefuseWhatTheyDoNotKnow() throws IOException {
    for (String name :
        List.of("import-result", "task-state-change", "import-refused", "import-options")) {
      ObjectNode other = Json.mapper().createObjectNode().put("colour", "red");
      assertThat(schema(name).validate(other)).as(name).isNotEmpty();
    }
  }

  private void change(@Nullable Task before, Task after) {
    fixture.changes.add(
        new TaskChanges.TaskChange(
            String.valueOf(fixture.changes.size()),
            Instant.now(),
            Optional.ofNullable(before),
            after));
  }

  private List<JsonNode> details() {
    return fixture.publisher.events().stream()
        .map(EventPublisher.Event::detail)
        .map(detail -> Json.read(detail, JsonNode.class))
        .toList();
  }

  private static void assertValid(String schema, JsonNode document) {
    try {
      assertThat(schema(schema).validate(document)).as("%s: %s", schema, document).isEmpty();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Schema schema(String name) throws IOException {
    return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
        .getSchema(Files.readString(DOCS.resolve("schemas").resolve(name + ".schema.json")));
  }
}
