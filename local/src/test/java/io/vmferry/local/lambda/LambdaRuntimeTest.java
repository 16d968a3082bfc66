package io.vmferry.local.lambda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vmferry.local.edge.ServiceRequest;
import io.vmferry.local.edge.ServiceResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LambdaRuntimeTest {
  private static final FunctionSettings SETTINGS = FunctionSettings.defaults();

  private final LambdaRuntime runtime = new LambdaRuntime("us-east-1", "000000000000");
  private final LambdaService service = new LambdaService(runtime);

  @AfterEach
  void close() {
    runtime.close();
  }

  /** What the test functions take. */
  record Request(String name, List<Integer> numbers, @Nullable String missing) {}

  /** What the test functions return. */
  record Answer(String greeting, int sum) {}

  private abstract static class Base<T> implements RequestHandler<T, Answer> {}

  private static final class Greeter extends Base<Request> {
    @Override
    public Answer handleRequest(Request request, Context context) {
      context.getLogger().log("greeting " + request.name());
      int sum = request.numbers().stream().mapToInt(Integer::intValue).sum();
      return new Answer("Hello " + request.name() + request.missing(), sum);
    }
  }

  private static final class Failing implements RequestHandler<Map<String, Object>, String> {
    @Override
    public String handleRequest(Map<String, Object> request, Context context) {
      throw new IllegalStateException("broken", new IOException("because"));
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static JsonNode parse(String text) throws IOException {
    return new ObjectMapper().readTree(text);
  }

  @Test
  void mapsObjectsFromAndToJsonByTheHandlersGenerics() throws Exception {
    runtime.register("greet", new Greeter(), SETTINGS);
    Invocation invocation =
        runtime.invoke(
            "greet", bytes("{\"name\":\"X\",\"numbers\":[1,2,3],\"unknown\":{\"ignored\":1}}"));
    assertThat(invocation.functionError()).isEmpty();
    assertThat(parse(invocation.text()))
        .isEqualTo(parse("{\"greeting\":\"Hello Xnull\",\"sum\":6}"));
    assertThat(invocation.logTail()).isEqualTo("greeting X\n");
  }

  @Test
  void refusesALambdaExpressionWhoseInputTypeCannotBeKnown() {
    RequestHandler<Request, String> lambda = (request, context) -> request.name();
    assertThatThrownBy(() -> runtime.register("lambda", lambda, SETTINGS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("does not name the type of its input");
  }

  @Test
  void anExceptionBecomesTheDocumentAwsMakesOfIt() throws Exception {
    runtime.register("fail", new Failing(), SETTINGS);
    Invocation invocation = runtime.invoke("fail", bytes("{}"));
    assertThat(invocation.functionError()).contains("Unhandled");
    JsonNode error = parse(invocation.text());
    assertThat(error.path("errorType").asText()).isEqualTo("java.lang.IllegalStateException");
    assertThat(error.path("errorMessage").asText()).isEqualTo("broken");
    assertThat(error.path("stackTrace").get(0).asText()).contains("Failing.handleRequest");
    assertThat(error.path("cause").path("errorType").asText()).isEqualTo("java.io.IOException");
  }

  @Test
  void anInputThatDoesNotFitTheTypeIsAFunctionError() throws Exception {
    runtime.register("greet", new Greeter(), SETTINGS);
    Invocation invocation = runtime.invoke("greet", bytes("{\"numbers\":\"none\"}"));
    assertThat(invocation.functionError()).contains("Unhandled");
  }

  @Test
  void contextTellsTheFunctionAboutItself() throws Exception {
    AtomicReference<String> seen = new AtomicReference<>("");
    runtime.register(
        "context",
        (input, output, context) -> {
          seen.set(
              context.getFunctionName()
                  + " "
                  + context.getInvokedFunctionArn()
                  + " "
                  + context.getMemoryLimitInMB()
                  + " "
                  + (context.getRemainingTimeInMillis() > 0
                      && context.getRemainingTimeInMillis() <= 5000)
                  + " "
                  + context.getAwsRequestId().length());
          output.write(input.readAllBytes());
        },
        new FunctionSettings(Duration.ofSeconds(5), 512));
    assertThat(runtime.invoke("context", bytes("[1]")).text()).isEqualTo("[1]");
    assertThat(seen.get())
        .isEqualTo("context arn:aws:lambda:us-east-1:000000000000:function:context 512 true 36");
  }

  @Test
  void aFunctionBeyondItsTimeoutIsInterruptedAndReportedAsAwsDoes() throws Exception {
    CountDownLatch interrupted = new CountDownLatch(1);
    runtime.register(
        "slow",
        (input, output, context) -> hang(interrupted),
        new FunctionSettings(Duration.ofSeconds(1), 128));
    Invocation invocation = runtime.invoke("slow", bytes("{}"));
    JsonNode error = parse(invocation.text());
    assertThat(error.path("errorType").asText()).isEqualTo("Sandbox.Timedout");
    assertThat(error.path("errorMessage").asText()).endsWith("Task timed out after 1.00 seconds");
    interrupted.await();
  }

  private static void hang(CountDownLatch interrupted) {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      interrupted.countDown();
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void interruptingTheCallerInterruptsTheFunction() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    runtime.register(
        "slow",
        (input, output, context) -> {
          running.countDown();
          hang(interrupted);
        },
        SETTINGS);
    AtomicReference<Class<?>> thrown = new AtomicReference<>(Object.class);
    Thread caller =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    runtime.invoke("slow", bytes("{}"));
                  } catch (InterruptedException | FunctionNotFoundException e) {
                    thrown.set(e.getClass());
                  }
                });
    running.await();
    caller.interrupt();
    interrupted.await();
    caller.join();
    assertThat(thrown.get()).isEqualTo(InterruptedException.class);
  }

  @Test
  void anAnswerBeyondSixMegabytesIsAFunctionError() throws Exception {
    runtime.register(
        "large",
        (input, output, context) -> output.write(new byte[LambdaRuntime.MAX_PAYLOAD + 1]),
        SETTINGS);
    Invocation invocation = runtime.invoke("large", bytes("{}"));
    assertThat(parse(invocation.text()).path("errorType").asText())
        .isEqualTo("Function.ResponseSizeTooLarge");
  }

  private ServiceResponse call(String method, String path, Map<String, String> headers, byte[] body)
      throws IOException {
    return service.handle(
        new ServiceRequest(method, path, Map.of(), headers, new ByteArrayInputStream(body), "id"));
  }

  private static String text(ServiceResponse response) {
    return StandardCharsets.UTF_8.decode(response.body().duplicate()).toString();
  }

  private static final String GREET = "/2015-03-31/functions/greet/invocations";

  @Test
  void invokeAnswersWithThePayloadAndTheLogIfAsked() throws Exception {
    runtime.register("greet", new Greeter(), SETTINGS);
    ServiceResponse response =
        call(
            "POST",
            GREET,
            Map.of("x-amz-log-type", "Tail"),
            bytes("{\"name\":\"X\",\"numbers\":[]}"));
    assertThat(response.status()).isEqualTo(200);
    assertThat(response.headers()).doesNotContainKey("X-Amz-Function-Error");
    assertThat(parse(text(response)).path("greeting").asText()).isEqualTo("Hello Xnull");
    byte[] log = Base64.getDecoder().decode(response.headers().get("X-Amz-Log-Result"));
    assertThat(new String(log, StandardCharsets.UTF_8)).isEqualTo("greeting X\n");
  }

  @Test
  void invokeTakesAnArnAndTellsFunctionErrorsByHeader() throws Exception {
    runtime.register("fail", new Failing(), SETTINGS);
    ServiceResponse response =
        call(
            "POST",
            "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Afail"
                + "/invocations",
            Map.of(),
            bytes("{}"));
    assertThat(response.status()).isEqualTo(200);
    assertThat(response.headers()).containsEntry("X-Amz-Function-Error", "Unhandled");
  }

  @Test
  void eventInvocationsAreAnsweredAtOnceAndTriedThreeTimes() throws Exception {
    CountDownLatch calls = new CountDownLatch(3);
    AtomicInteger count = new AtomicInteger();
    runtime.register(
        "event",
        (input, output, context) -> {
          count.incrementAndGet();
          calls.countDown();
          throw new IOException("again");
        },
        SETTINGS);
    ServiceResponse response =
        call(
            "POST",
            "/2015-03-31/functions/event/invocations",
            Map.of("x-amz-invocation-type", "Event"),
            bytes("{}"));
    assertThat(response.status()).isEqualTo(202);
    calls.await();
    runtime.close();
    assertThat(count).hasValue(3);
  }

  @Test
  void refusesWithTheNamesAwsHas() throws Exception {
    runtime.register("greet", new Greeter(), SETTINGS);
    refused(404, "ResourceNotFoundException", "/2015-03-31/functions/no/invocations", Map.of());
    refused(400, "InvalidParameterValueException", GREET, Map.of("x-amz-invocation-type", "Later"));
    refused(400, "InvalidParameterValueException", GREET, Map.of("x-amz-log-type", "All"));
    refused(400, "InvalidParameterValueException", GREET, Map.of("x-amz-client-context", "e30="));
    refused(404, "UnknownOperationException", "/2015-03-31/layers", Map.of());
    assertThat(call("POST", GREET, Map.of(), bytes("{")).headers())
        .containsEntry("X-Amzn-Errortype", "InvalidRequestContentException");
    ServiceResponse large = call("POST", GREET, Map.of(), new byte[LambdaRuntime.MAX_PAYLOAD + 1]);
    assertThat(large.status()).isEqualTo(413);
    assertThat(large.headers()).containsEntry("X-Amzn-Errortype", "RequestTooLargeException");
  }

  private void refused(int status, String code, String path, Map<String, String> headers)
      throws IOException {
    ServiceResponse response = call("POST", path, headers, bytes("{}"));
    assertThat(response.status()).isEqualTo(status);
    assertThat(response.headers()).containsEntry("X-Amzn-Errortype", code);
  }

  @Test
  void listsAndDescribesFunctionsAndTriesInvocationsDry() throws Exception {
    runtime.register("greet", new Greeter(), SETTINGS);
    JsonNode functions = parse(text(call("GET", "/2015-03-31/functions", Map.of(), new byte[0])));
    assertThat(functions.path("Functions").get(0).path("FunctionName").asText()).isEqualTo("greet");
    JsonNode function =
        parse(text(call("GET", "/2015-03-31/functions/greet", Map.of(), new byte[0])));
    assertThat(function.path("Configuration").path("Timeout").asInt()).isEqualTo(900);
    assertThat(call("GET", "/2015-03-31/functions/no", Map.of(), new byte[0]).status())
        .isEqualTo(404);
    assertThat(call("POST", GREET, Map.of("x-amz-invocation-type", "DryRun"), bytes("{}")).status())
        .isEqualTo(204);
  }

  @Test
  void checksNamesAndSettings() {
    assertThatThrownBy(() -> runtime.register("a b", new Greeter(), SETTINGS))
        .isInstanceOf(IllegalArgumentException.class);
    runtime.register("a", new Greeter(), SETTINGS);
    assertThatThrownBy(() -> runtime.register("a", new Greeter(), SETTINGS))
        .hasMessageContaining("twice");
    assertThatThrownBy(() -> new FunctionSettings(Duration.ofSeconds(901), 128))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new FunctionSettings(Duration.ofSeconds(1), 64))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
