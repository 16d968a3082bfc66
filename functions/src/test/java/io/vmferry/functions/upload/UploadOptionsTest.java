package io.vmferry.functions.upload;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.functions.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class UploadOptionsTest {
  private static final Path DOCS = Path.of("..", "docs");

  @Test
  void theSchemaHasExactlyTheOptionsThatAreFollowed() throws IOException {
    JsonNode schema =
        Json.mapper()
            .readTree(DOCS.resolve("schemas").resolve("import-options.schema.json").toFile());
    List<String> documented = new ArrayList<>();
    schema.path("properties").fieldNames().forEachRemaining(documented::add);

    assertThat(documented).containsExactlyInAnyOrderElementsOf(UploadOptions.names());
  }

  @Test
  void everyOptionIsInTheDocumentationUnderBothOfItsNames() throws IOException {
    String documentation = Files.readString(DOCS.resolve("events.md"));

    for (String option : UploadOptions.names()) {
      assertThat(documentation)
          .contains("| `%s` | `%s` |".formatted(option, UploadOptions.header(option)));
    }
  }
}
