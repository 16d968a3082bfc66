package io.vmferry.functions.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.error.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * The tables of {@code docs/api.md} are made of what the API knows, which {@link ApiModelTest}
 * compares with EC2's model. With {@code -Dgolden.update} they are written anew.
 */
class ApiDocumentationTest {
  private static final boolean UPDATE = System.getProperty("golden.update") != null;
  private static final Path PAGE = Path.of("../docs/api.md");
  private static final String HOW_TO_UPDATE =
      "run ./mvnw -pl functions -am test -Dtest=ApiDocumentationTest"
          + " -Dsurefire.failIfNoSpecifiedTests=false -Dgolden.update";

  @Test
  void listsEveryParameterOfEveryAction() throws IOException {
    assertSection("parameters", parameters());
  }

  @Test
  void listsEveryErrorCodeWithEc2sName() throws IOException {
    assertSection("errors", errors());
  }

  private static void assertSection(String name, String expected) throws IOException {
    String start = "<!-- Made by ApiDocumentationTest: " + name + " -->\n";
    String end = "<!-- End: " + name + " -->\n";
    String page = Files.readString(PAGE);
    int from = page.indexOf(start) + start.length();
    int to = page.indexOf(end);
    assertThat(to).as("the marks of " + name).isGreaterThanOrEqualTo(from);
    if (UPDATE) {
      page = page.substring(0, from) + expected + page.substring(to);
      Files.writeString(PAGE, page);
      to = page.indexOf(end);
    }
    assertThat(page.substring(from, to)).as(HOW_TO_UPDATE).isEqualTo(expected);
  }

  private static String parameters() {
    StringBuilder tables = new StringBuilder();
    for (ApiAction action : ApiAction.values()) {
      tables
          .append("\n### ")
          .append(action.actionName())
          .append("\n\n| Parameter | Support | |\n|---|---|---|\n");
      for (ApiParameter parameter : action.parameters()) {
        String support =
            switch (parameter.support()) {
              case WORKS -> "works";
              case NO_EFFECT -> "checked, no effect";
              case REFUSED -> "`UnsupportedOperation`";
            };
        tables.append(
            "| `%s` | %s | %s |\n".formatted(parameter.name(), support, parameter.note()));
      }
    }
    return tables.append('\n').toString();
  }

  private static String errors() {
    Map<String, List<ErrorCode>> byCode = new TreeMap<>();
    for (ErrorCode code : ErrorCode.values()) {
      byCode
          .computeIfAbsent(
              "`%s` | %d".formatted(Ec2Errors.code(code), Ec2Errors.status(code)),
              ignored -> new ArrayList<>())
          .add(code);
    }
    StringBuilder table = new StringBuilder("| EC2 | HTTP | vmferry |\n|---|---|---|\n");
    byCode.forEach(
        (code, ours) ->
            table.append(
                "| %s | %s |\n"
                    .formatted(
                        code, String.join(", ", ours.stream().map(o -> "`" + o + "`").toList()))));
    return table.toString();
  }
}
