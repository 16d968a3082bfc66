package io.vmferry.it;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.disk.Tools;
import io.vmferry.functions.json.Json;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * The {@code aws} command line and Python's boto3 against an endpoint, without anything of the
 * user's own configuration.
 */
final class ForeignPrograms {
  private static final Duration TIMEOUT = Duration.ofMinutes(3);

  private final URI endpoint;
  private final Path directory;

  /**
   * Programs that work in a directory.
   *
   * @param directory an empty one
   */
  ForeignPrograms(URI endpoint, Path directory) {
    this.endpoint = endpoint;
    this.directory = directory;
  }

  /** How a program ended. */
  record Result(int exitCode, String out, String err) {
    Result successful() {
      if (exitCode != 0) {
        throw new AssertionError("it ended with %d: %s".formatted(exitCode, err));
      }
      return this;
    }

    JsonNode json() {
      return Json.read(out, JsonNode.class);
    }
  }

  /** Writes a file that commands name. */
  void file(String name, String content) throws IOException {
    Files.writeString(directory.resolve(name), content);
  }

  /** What {@code aws} ends with where the service refuses a request: by its documentation. */
  int refused() throws IOException {
    Tools.require("aws");
    Result version = run(List.of("aws", "--version")).successful();
    return (version.out() + version.err()).startsWith("aws-cli/1.") ? 255 : 254;
  }

  /**
   * Runs {@code aws ec2}.
   *
   * @param command as it is typed into a shell: words, and words in double quotes
   */
  Result ec2(String command) throws IOException {
    Tools.require("aws");
    List<String> words = new ArrayList<>(List.of("aws", "ec2"));
    words.addAll(words(command));
    words.addAll(List.of("--endpoint-url", endpoint.toString(), "--output", "json"));
    return run(words);
  }

  /** Runs a Python script of the tests' resources with the endpoint as its first argument. */
  Result python(String script, String... arguments) throws IOException {
    Tools.require("python3");
    if (run(List.of("python3", "-c", "import boto3")).exitCode() != 0) {
      if (System.getenv("CI") != null) {
        throw new AssertionError("boto3 is not installed, and CI must not skip this test");
      }
      Assumptions.abort("boto3 is not installed");
    }
    Path file = directory.resolve(script);
    try (var source = ForeignPrograms.class.getResourceAsStream(script)) {
      if (source == null) {
        throw new IOException("there is no " + script);
      }
      Files.write(file, source.readAllBytes());
    }
    List<String> words = new ArrayList<>(List.of("python3", script, endpoint.toString()));
    words.addAll(List.of(arguments));
    return run(words);
  }

  private static List<String> words(String command) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean quoted = false;
    for (char c : (command + " ").toCharArray()) {
      if (c == '"') {
        quoted = !quoted;
      } else if (!quoted && Character.isWhitespace(c)) {
        if (!word.isEmpty()) {
          words.add(word.toString());
          word.setLength(0);
        }
      } else {
        word.append(c);
      }
    }
    return words;
  }

  private Result run(List<String> command) throws IOException {
    Path out = Files.createTempFile(directory, "program", ".out");
    Path err = Files.createTempFile(directory, "program", ".err");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("AWS_"));
    builder
        .environment()
        .putAll(
            Map.of(
                "AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE",
                "AWS_SECRET_ACCESS_KEY", "secret",
                "AWS_DEFAULT_REGION", "us-east-1",
                "AWS_CONFIG_FILE", "/dev/null",
                "AWS_SHARED_CREDENTIALS_FILE", "/dev/null",
                "AWS_EC2_METADATA_DISABLED", "true",
                "AWS_PAGER", "",
                "AWS_MAX_ATTEMPTS", "1"));
    Process process = builder.start();
    try {
      if (!process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError("%s did not end in %s".formatted(command, TIMEOUT));
      }
      return new Result(
          process.exitValue(),
          Files.readString(out, StandardCharsets.UTF_8),
          Files.readString(err, StandardCharsets.UTF_8));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while running " + command, e);
    } finally {
      process.destroyForcibly();
    }
  }
}
