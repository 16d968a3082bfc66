package io.vmferry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program {@code vmferry} as a process of its own. */
final class LauncherIT {
  private static final Path LAUNCHER = Path.of("..", "vmferry").toAbsolutePath().normalize();

  @TempDir private Path folder = Path.of("");
  private Path errors = Path.of("");

  @Test
  void worksThroughLinksFromAnyDirectory() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("absolute"), LAUNCHER);
    Path second = Files.createSymbolicLink(folder.resolve("relative"), link.getFileName());

    Process process = start(second.toString(), "--version");

    assertThat(process.inputReader().readLine()).startsWith("vmferry ");
    assertThat(ended(process)).isZero();
  }

  @Test
  void helpDoesNotLoadTheAwsSdk() throws Exception {
    assertThat(loadedClasses("import", "--help"))
        .anyMatch(name -> name.equals("io.vmferry.cli.ImportCommand"))
        .noneMatch(name -> name.startsWith("software.amazon"));
    assertThat(loadedClasses("import", "--no-such-option"))
        .anyMatch(name -> name.equals("io.vmferry.cli.ImportCommand"))
        .noneMatch(name -> name.startsWith("software.amazon"));
  }

  @Test
  void startsFromACacheThatItMakesOnceAfterABuild() throws Exception {
    List<String> command =
        List.of(LAUNCHER.toString(), "tasks", "--state", folder.resolve("state").toString());
    ProcessBuilder first = builder(command);
    first.environment().remove("VMFERRY_AOT");
    Process making = first.start();
    assertThat(making.waitFor(10, TimeUnit.MINUTES)).isTrue();
    assertThat(making.exitValue()).isZero();

    ProcessBuilder second = builder(command);
    second.environment().remove("VMFERRY_AOT");
    second.environment().put("VMFERRY_JAVA_OPTS", "-Xlog:class+load:stdout");
    Process process = second.start();
    List<String> loaded = process.inputReader().lines().toList();

    assertThat(ended(process)).isZero();
    assertThat(errors).content().doesNotContain("preparing", "aot");
    assertThat(loaded)
        .anyMatch(line -> line.contains("io.vmferry.cli.TasksCommand source: shared objects file"));
  }

  @Test
  void doesWithoutACacheThatDoesNotFit() throws Exception {
    ProcessBuilder builder =
        builder(
            List.of(LAUNCHER.toString(), "tasks", "--state", folder.resolve("state").toString()));
    builder.environment().remove("VMFERRY_AOT");
    // Another collector, with which no heap is mapped that was made by this one.
    builder.environment().put("VMFERRY_JAVA_OPTS", "-XX:-UseSerialGC -XX:+UseParallelGC");
    Process process = builder.start();
    List<String> out = process.inputReader().lines().toList();

    assertThat(process.waitFor(10, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).isZero();
    assertThat(out).noneMatch(line -> line.contains("[aot]") || line.contains("[cds]"));
  }

  @Test
  void localServesUntilItIsTerminatedAndLeavesTheStateFree() throws Exception {
    Path state = folder.resolve("state");
    Process process =
        start(LAUNCHER.toString(), "local", "--port", "0", "--state", state.toString());
    List<String> environment = new ArrayList<>();
    BufferedReader out = process.inputReader();
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      environment.add(line);
      if (line.startsWith("export AWS_REGION=")) {
        break;
      }
    }
    assertThat(environment)
        .anyMatch(line -> line.startsWith("export AWS_ENDPOINT_URL=http://127.0.0.1:"))
        .anyMatch(line -> line.startsWith("export AWS_ACCESS_KEY_ID="))
        .anyMatch(line -> line.startsWith("export AWS_SECRET_ACCESS_KEY="));
    URI endpoint =
        URI.create(environment.getFirst().substring("export AWS_ENDPOINT_URL=".length()));
    assertThat(answers(endpoint)).isPositive();
    assertThat(Files.readString(state.resolve("endpoint")))
        .isEqualToIgnoringNewLines(endpoint.toString());

    process.destroy();

    assertThat(ended(process)).isEqualTo(143);
    assertThat(state.resolve("endpoint")).doesNotExist();
    assertThat(errors).content().contains("running on").doesNotContain("Exception", "WARN");
  }

  private static int answers(URI endpoint) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(HttpRequest.newBuilder(endpoint).build(), HttpResponse.BodyHandlers.discarding())
          .statusCode();
    }
  }

  private List<String> loadedClasses(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(LAUNCHER.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = builder(command);
    builder.environment().put("VMFERRY_JAVA_OPTS", "-Xlog:class+load:stdout");
    Process process = builder.start();
    List<String> classes =
        process
            .inputReader()
            .lines()
            .filter(line -> line.contains(" source: "))
            .map(line -> line.replaceFirst("^.*\\] (\\S+) source: .*", "$1"))
            .toList();
    ended(process);
    return classes;
  }

  private Process start(String... command) throws IOException {
    return builder(List.of(command)).start();
  }

  private ProcessBuilder builder(List<String> command) {
    errors = folder.resolve("errors");
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(folder.toFile()).redirectError(errors.toFile());
    builder.environment().remove("VMFERRY_JAVA_OPTS");
    // What a test sees must not hang on whether there is a cache, except where it is about that.
    builder.environment().put("VMFERRY_AOT", "off");
    return builder;
  }

  private static int ended(Process process) throws InterruptedException {
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    return process.exitValue();
  }
}
