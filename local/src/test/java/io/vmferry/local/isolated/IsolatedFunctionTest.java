package io.vmferry.local.isolated;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.local.lambda.FunctionSettings;
import io.vmferry.local.lambda.Invocation;
import io.vmferry.local.lambda.LambdaRuntime;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Under AWS's own client: each test starts one process or two. */
class IsolatedFunctionTest {
  @TempDir private Path directory;
  private final LambdaRuntime lambda = new LambdaRuntime("us-east-1", "000000000000");
  private final Map<String, IsolatedFunction> functions = new HashMap<>();

  @BeforeEach
  void unpack() throws IOException {
    for (String name : List.of("Odd.class", "Odd$OddException.class")) {
      Path file = directory.resolve("io/vmferry/local/isolated").resolve(name);
      Files.createDirectories(Objects.requireNonNull(file.getParent()));
      try (var in = Objects.requireNonNull(Odd.class.getResourceAsStream(name))) {
        Files.write(file, in.readAllBytes());
      }
    }
  }

  @AfterEach
  void end() {
    lambda.close();
    functions.values().forEach(IsolatedFunction::close);
  }

  private void register(String name, String handler, Duration timeout, Map<String, String> env) {
    FunctionSettings settings = new FunctionSettings(timeout, 128);
    IsolatedFunction function = new IsolatedFunction(name, handler, directory, settings, env);
    functions.put(name, function);
    lambda.register(name, handler, function, settings, Set.of("live"));
  }

  private Invocation invoke(String name, String wish) throws Exception {
    return lambda.invoke(name, ('"' + wish + '"').getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void anEventReachesAProcessThatHasItsOwnVariablesHeapAndContext() throws Exception {
    register("odd", Odd.class.getName(), Duration.ofSeconds(60), Map.of("MINE", "1"));

    assertThat(invoke("odd", "hello").text()).isEqualTo("\"hello\"");
    String instance = invoke("odd", "instance").text();
    assertThat(invoke("odd", "instance").text()).as("the process is kept").isEqualTo(instance);
    assertThat(invoke("odd", "environment").text().replace("\"", "").split(" ", -1))
        .contains("MINE", "AWS_LAMBDA_FUNCTION_NAME", "_HANDLER", "AWS_LAMBDA_RUNTIME_API")
        .doesNotContain("HOME", "USER", "JAVA_HOME", "MAVEN_OPTS", "PWD");
    assertThat(Integer.parseInt(invoke("odd", "heap").text().replace("\"", "")))
        .as("85 %% of 128 MB, less a survivor space")
        .isBetween(100, 109);
    assertThat(invoke("odd", "context").text())
        .matches("\"odd 128 (59|60) arn:aws:lambda:us-east-1:000000000000:function:odd\"");
    Invocation logged = invoke("odd", "log");
    assertThat(logged.text()).isEqualTo("\"logged\"");
    assertThat(invoke("arn:aws:lambda:us-east-1:000000000000:function:odd:live", "x").text())
        .isEqualTo("\"x\"");
  }

  @Test
  void anExceptionIsToldByItsClassAndTheProcessGoesOn() throws Exception {
    register("odd", Odd.class.getName() + "::handleRequest", Duration.ofSeconds(60), Map.of());

    Invocation failed = invoke("odd", "fail");

    assertThat(failed.functionError()).hasValue("Unhandled");
    assertThat(failed.text())
        .contains("\"errorMessage\":\"as you wish\"")
        .contains("\"errorType\":\"io.vmferry.local.isolated.Odd$OddException\"")
        .contains("stackTrace");
    assertThat(invoke("odd", "on").text()).isEqualTo("\"on\"");
  }

  @Test
  void aProcessThatEndsFailsItsEventAndTheNextStartsAnother() throws Exception {
    register("odd", Odd.class.getName(), Duration.ofSeconds(60), Map.of());

    assertThat(invoke("odd", "exit").text())
        .contains("\"errorType\":\"Runtime.ExitError\"")
        .contains("exit status 7");
    assertThat(invoke("odd", "on").text()).isEqualTo("\"on\"");
  }

  @Test
  void aHeapThatIsFullEndsTheProcess() throws Exception {
    register("odd", Odd.class.getName(), Duration.ofSeconds(60), Map.of());

    assertThat(invoke("odd", "memory").text()).contains("Runtime.OutOfMemory");
  }

  @Test
  void aProcessThatIsBusyWhenItsTimeIsOverIsKilled() throws Exception {
    register("odd", Odd.class.getName(), Duration.ofSeconds(30), Map.of());
    register("brief", Odd.class.getName(), Duration.ofSeconds(6), Map.of());
    Objects.requireNonNull(functions.get("brief")).warmUp();
    long before = children();

    Invocation hung = invoke("brief", "hang");

    assertThat(hung.text()).contains("Sandbox.Timedout");
    awaitChildren(before - 1);
  }

  private static long children() {
    return ProcessHandle.current().children().filter(ProcessHandle::isAlive).count();
  }

  private static void awaitChildren(long count) {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (children() > count) {
      assertThat(System.nanoTime()).as("the process lives on").isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  @Test
  void aHandlerThatCannotBeMadeFailsTheFirstEventWithItsReason() throws Exception {
    register("odd", Odd.class.getName(), Duration.ofSeconds(60), Map.of("ODD_CONSTRUCTOR", "x"));
    register("gone", "io.vmferry.Nowhere", Duration.ofSeconds(60), Map.of());

    assertThat(invoke("odd", "x").text()).contains("not today");
    assertThat(invoke("gone", "x").text())
        .contains("java.lang.ClassNotFoundException")
        .contains("io.vmferry.Nowhere");
  }
}
