package io.vmferry.local.lambda;

import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The functions of the embedded Lambda. Each invocation runs on a virtual thread of its own; one
 * handler instance serves all of them at once, so handlers must be safe for that (on AWS an
 * instance serves one invocation at a time).
 *
 * <p>At its timeout, or when the caller is interrupted, an invocation is interrupted and its caller
 * returns at once. Where AWS would freeze the function, a handler that ignores interrupts goes on
 * in the background.
 */
public final class LambdaRuntime implements AutoCloseable {
  /** The most bytes of a synchronous invocation's payload, either way: 6 MB. */
  public static final int MAX_PAYLOAD = 6 * 1024 * 1024;

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Duration CLOSE_GRACE = Duration.ofSeconds(10);
  private static final int MAX_CAUSES = 16;
  private static final int EVENT_ATTEMPTS = 3;
  private static final String LATEST = "$LATEST";
  private static final Pattern ARN =
      Pattern.compile("arn:aws:lambda:[^:]*:[^:]*:function:(?<name>[^:]+)(:(?<qualifier>[^:]+))?");
  private static final Logger LOG = LoggerFactory.getLogger(LambdaRuntime.class);

  private final String arnPrefix;
  private final Map<String, Function> functions = new ConcurrentSkipListMap<>();
  private final Set<Thread> running = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /** One registered function. */
  record Function(
      String name,
      String arn,
      String handlerClass,
      RequestStreamHandler handler,
      FunctionSettings settings,
      Set<String> qualifiers,
      Instant registered) {}

  /**
   * A runtime without functions.
   *
   * @param region the Region in the functions' ARNs
   * @param account the account in the functions' ARNs, 12 digits
   */
  public LambdaRuntime(String region, String account) {
    this.arnPrefix = "arn:aws:lambda:" + region + ":" + account + ":function:";
  }

  /**
   * Registers a function that reads and writes streams.
   *
   * @throws IllegalArgumentException if the name is not a function's or is taken
   */
  public void register(String name, RequestStreamHandler handler, FunctionSettings settings) {
    register(name, handler.getClass().getName(), handler, settings, Set.of());
  }

  /**
   * Registers a function with its versions and aliases.
   *
   * @param handlerClass what is told of its handler
   * @param qualifiers what its ARN may end with besides {@code $LATEST}
   * @throws IllegalArgumentException if the name is not a function's or is taken
   */
  public void register(
      String name,
      String handlerClass,
      RequestStreamHandler handler,
      FunctionSettings settings,
      Set<String> qualifiers) {
    if (!Pattern.matches("[a-zA-Z0-9-_]{1,64}", name)) {
      throw new IllegalArgumentException(
          "A function's name has 1 to 64 letters, digits, hyphens and underscores: '" + name + "'");
    }
    Function function =
        new Function(
            name,
            arnOf(name),
            handlerClass,
            handler,
            settings,
            Set.copyOf(qualifiers),
            Instant.now());
    if (functions.putIfAbsent(name, function) != null) {
      throw new IllegalArgumentException("The function " + name + " is registered twice");
    }
  }

  /**
   * Registers a function that takes and returns objects, mapped from and to JSON by Jackson.
   *
   * @throws IllegalArgumentException if the name is not a function's or is taken, or the handler's
   *     class does not name its input's type
   */
  public <I, O> void register(
      String name, RequestHandler<I, O> handler, FunctionSettings settings) {
    HandlerAdapter<I, O> adapter = new HandlerAdapter<>(handler);
    register(name, handler.getClass().getName(), adapter::handle, settings, Set.of());
  }

  /** The ARN a function of this name has; an ARN is its own. */
  public String arnOf(String nameOrArn) {
    return nameOrArn.startsWith("arn:") ? nameOrArn : arnPrefix + nameOrArn;
  }

  /** The names of all functions, sorted. */
  public List<String> functionNames() {
    return List.copyOf(functions.keySet());
  }

  /**
   * Invokes a function and waits for it.
   *
   * @param nameOrArn a name or an ARN, with or without a version or alias
   * @param payload JSON of at most {@link #MAX_PAYLOAD} bytes; none stands for an empty object
   * @throws FunctionNotFoundException if no such function is registered
   * @throws InterruptedException if the caller is interrupted, after passing that on to the
   *     function
   */
  public Invocation invoke(String nameOrArn, byte[] payload)
      throws FunctionNotFoundException, InterruptedException {
    Function function = find(nameOrArn);
    String requestId = UUID.randomUUID().toString();
    InvocationContext context =
        new InvocationContext(requestId, function.name(), function.arn(), function.settings());
    byte[] input = payload.length == 0 ? "{}".getBytes(StandardCharsets.UTF_8) : payload;
    FutureTask<byte[]> task = new FutureTask<>(() -> call(function, input, context));
    start("lambda " + function.name() + " " + requestId, task);
    try {
      byte[] answer = task.get(function.settings().timeout().toNanos(), TimeUnit.NANOSECONDS);
      if (answer.length > MAX_PAYLOAD) {
        return failed(responseTooLarge(answer.length), context);
      }
      return new Invocation(null, answer, context.logTail());
    } catch (TimeoutException e) {
      return failed(timedOut(requestId, function.settings().timeout()), context);
    } catch (ExecutionException e) {
      return failed(document(e.getCause() == null ? e : e.getCause()), context);
    } finally {
      if (!task.isDone()) {
        task.cancel(true);
      }
    }
  }

  /**
   * Starts an invocation nobody waits for. As on AWS, one that fails is tried twice more; unlike on
   * AWS, at once.
   *
   * @throws FunctionNotFoundException if no such function is registered
   */
  public void invokeEvent(String nameOrArn, byte[] payload) throws FunctionNotFoundException {
    Function function = find(nameOrArn);
    FutureTask<Boolean> task = new FutureTask<>(() -> deliver(function.name(), payload));
    start("lambda event " + function.name(), task);
  }

  private boolean deliver(String name, byte[] payload)
      throws FunctionNotFoundException, InterruptedException {
    for (int attempt = 0; attempt < EVENT_ATTEMPTS; attempt++) {
      Invocation invocation = invoke(name, payload);
      if (invocation.functionError().isEmpty()) {
        return true;
      }
      LOG.warn("Event for {} failed: {}", name, invocation.text());
    }
    return false;
  }

  private void start(String threadName, FutureTask<?> task) {
    Thread thread =
        Thread.ofVirtual()
            .name(threadName)
            .unstarted(
                () -> {
                  try {
                    task.run();
                  } finally {
                    running.remove(Thread.currentThread());
                  }
                });
    running.add(thread);
    if (closed) {
      running.remove(thread);
      throw new IllegalStateException("The Lambda runtime is closed");
    }
    thread.start();
  }

  private static byte[] call(Function function, byte[] input, InvocationContext context)
      throws Exception {
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    function.handler().handleRequest(new ByteArrayInputStream(input), output, context);
    return output.size() == 0 ? "null".getBytes(StandardCharsets.UTF_8) : output.toByteArray();
  }

  Function find(String nameOrArn) throws FunctionNotFoundException {
    String name = nameOrArn;
    String qualifier = LATEST;
    Matcher arn = ARN.matcher(nameOrArn);
    if (arn.matches()) {
      if (!nameOrArn.startsWith(arnPrefix)) {
        throw new FunctionNotFoundException(nameOrArn);
      }
      name = arn.group("name");
      qualifier = Optional.ofNullable(arn.group("qualifier")).orElse(LATEST);
    } else if (name.contains(":")) {
      int colon = name.indexOf(':');
      qualifier = name.substring(colon + 1);
      name = name.substring(0, colon);
    }
    Function function = functions.get(name);
    if (function == null) {
      throw new FunctionNotFoundException(arnOf(name));
    }
    if (!qualifier.equals(LATEST) && !function.qualifiers().contains(qualifier)) {
      throw new FunctionNotFoundException(arnOf(name) + ":" + qualifier);
    }
    return function;
  }

  private static Invocation failed(ObjectNode document, InvocationContext context) {
    byte[] payload = document.toString().getBytes(StandardCharsets.UTF_8);
    return new Invocation("Unhandled", payload, context.logTail());
  }

  private static ObjectNode timedOut(String requestId, Duration timeout) {
    String seconds = String.format(Locale.ROOT, "%.2f", timeout.toMillis() / 1000.0);
    return MAPPER
        .createObjectNode()
        .put("errorType", "Sandbox.Timedout")
        .put(
            "errorMessage",
            "RequestId: " + requestId + " Error: Task timed out after " + seconds + " seconds");
  }

  private static ObjectNode responseTooLarge(int length) {
    return MAPPER
        .createObjectNode()
        .put("errorType", "Function.ResponseSizeTooLarge")
        .put(
            "errorMessage",
            "Response payload size ("
                + length
                + " bytes) exceeded maximum allowed payload size ("
                + MAX_PAYLOAD
                + " bytes).");
  }

  private static ObjectNode document(Throwable thrown) {
    return thrown instanceof FunctionErrorException told
        ? told.document()
        : errorDocument(thrown, 0);
  }

  /** The document AWS's Java runtime makes of an exception. */
  private static ObjectNode errorDocument(Throwable thrown, int depth) {
    ObjectNode document =
        MAPPER
            .createObjectNode()
            .put("errorMessage", thrown.getMessage())
            .put("errorType", thrown.getClass().getName());
    ArrayNode trace = document.putArray("stackTrace");
    for (StackTraceElement frame : thrown.getStackTrace()) {
      trace.add(frame.toString());
    }
    Throwable cause = thrown.getCause();
    if (cause != null && depth < MAX_CAUSES) {
      document.set("cause", errorDocument(cause, depth + 1));
    }
    return document;
  }

  /** Interrupts all invocations and waits for them, at most 10 s. */
  @Override
  public void close() {
    closed = true;
    running.forEach(Thread::interrupt);
    long deadline = System.nanoTime() + CLOSE_GRACE.toNanos();
    try {
      for (Thread thread : running) {
        long left = deadline - System.nanoTime();
        if (left > 0 && thread.isAlive() && !thread.join(Duration.ofNanos(left))) {
          LOG.warn("{} ignores that it was interrupted", thread.getName());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
