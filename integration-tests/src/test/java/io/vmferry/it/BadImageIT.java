package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What cannot be imported is refused with a code, and leaves nothing behind. */
class BadImageIT {
  @TempDir private static Path directory;

  private static LocalAws aws;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    aws = LocalAws.start(directory.resolve("state"));
  }

  @AfterAll
  static void stop() {
    aws.close();
  }

  @ParameterizedTest
  @EnumSource
  void anImageInS3IsRefusedByItsTask(BadImage bad) throws IOException {
    Path image = bad.make(Files.createTempDirectory(directory, "bad"));
    String prefix = bad.name() + "/";
    try (Stream<Path> files = Files.list(image.resolveSibling("."))) {
      for (Path file : files.toList()) {
        aws.account().upload(file, prefix + file.getFileName());
      }
    }
    List<String> sources = aws.account().objects(Account.IMAGES);

    Vmferry.Result result =
        importing(bad, "s3://" + Account.IMAGES + "/" + prefix + image.getFileName());

    JsonNode task = result.json();
    assertThat(task.get("status").asText()).isEqualTo("deleted");
    assertRefused(result, task.get("error"), bad);
    aws.account().assertIsEmpty();
    assertThat(aws.account().objects(Account.IMAGES)).isEqualTo(sources);
    sources.forEach(
        key -> aws.account().clients().s3().deleteObject(d -> d.bucket(Account.IMAGES).key(key)));
  }

  /** Before it is uploaded, where its headers tell. */
  @ParameterizedTest
  @EnumSource
  void anImageInAFileIsRefusedByTheCommand(BadImage bad) throws IOException {
    Path image = bad.make(Files.createTempDirectory(directory, "bad"));

    Vmferry.Result result = importing(bad, image.toString());

    JsonNode printed = result.json();
    assertThat(printed.has("taskId")).isEqualTo(!bad.isFoundInHeaders());
    assertRefused(result, printed.get("error"), bad);
    aws.account().assertIsEmpty();
    assertThat(aws.account().objects(Account.IMAGES)).isEmpty();
  }

  private static Vmferry.Result importing(BadImage bad, String source) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("import", "--no-modify-os", "--json"));
    bad.declaredFormat().ifPresent(format -> arguments.addAll(List.of("--format", format)));
    arguments.add(source);
    return aws.vmferry().run(arguments.toArray(String[]::new));
  }

  private static void assertRefused(Vmferry.Result result, JsonNode error, BadImage bad) {
    assertThat(result.exitCode()).as(result.err()).isEqualTo(Vmferry.USER);
    assertThat(error.get("code").asText()).isEqualTo(bad.code().name());
    assertThat(error.get("category").asText()).isEqualTo("USER");
    assertThat(error.get("message").asText()).contains(bad.message()).contains(bad.code().remedy());
    assertThat(result.err())
        .contains("vmferry: " + bad.code().name() + ": ")
        .doesNotContain("\tat ");
  }
}
