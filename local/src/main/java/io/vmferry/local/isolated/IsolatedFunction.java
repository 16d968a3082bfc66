package io.vmferry.local.isolated;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.ByteBufferBackedInputStream;
import io.vmferry.local.ecs.DockerContainers;
import io.vmferry.local.lambda.FunctionErrorException;
import io.vmferry.local.lambda.FunctionSettings;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A function in processes of its own: a JVM with AWS's runtime interface client and what the
 * deployed zip holds, the heap that Lambda gives it, and no variable but its own and Lambda's. An
 * event goes to a process that has nothing to do, or starts one; a process that ends, or is still
 * busy when its time is over, is not used again.
 */
public final class IsolatedFunction implements RequestStreamHandler, AutoCloseable {
  /** How much of a function's memory is the heap's, as Lambda's managed runtime has it. */
  private static final double HEAP_SHARE = 0.85;

  private static final String CLIENT = "com.amazonaws.services.lambda.runtime.api.client.AWSLambda";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String name;
  private final List<String> command;
  private final Path root;
  private final Map<String, String> environment;
  private final ConcurrentLinkedDeque<Sandbox> idle = new ConcurrentLinkedDeque<>();
  private final Set<Sandbox> all = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /**
   * A function whose first process starts with its first event.
   *
   * @param name its name
   * @param handler its handler: a class, with or without a method
   * @param root the unpacked zip
   * @param settings its memory
   * @param environment its variables and those of its credentials
   */
  public IsolatedFunction(
      String name,
      String handler,
      Path root,
      FunctionSettings settings,
      Map<String, String> environment) {
    this(
        name,
        root,
        command(handler, settings),
        environment(name, handler, root, settings, environment));
  }

  private IsolatedFunction(
      String name, Path root, List<String> command, Map<String, String> environment) {
    this.name = name;
    this.root = root;
    this.command = command;
    this.environment = environment;
  }

  /**
   * A function in containers of an image, which holds the runtime interface client itself.
   *
   * @param name its name
   * @param handler its handler: a class
   * @param directory where Docker's command runs
   * @param image runs the containers
   * @param settings the containers' memory
   * @param environment its variables and those of its credentials
   */
  public static IsolatedFunction inImage(
      String name,
      String handler,
      Path directory,
      DockerContainers image,
      FunctionSettings settings,
      Map<String, String> environment) {
    Map<String, String> all =
        new HashMap<>(environment(name, handler, Path.of("/tmp"), settings, environment));
    // The image has its own.
    all.keySet().removeAll(Set.of("LANG", "PATH"));
    Set<String> variables = new TreeSet<>(all.keySet());
    variables.add("AWS_LAMBDA_RUNTIME_API");
    List<String> command = image.function(handler, variables, settings.memoryMegabytes());
    // That is for Docker's command, which is told which variables to hand on.
    all.put("PATH", Objects.requireNonNullElse(System.getenv("PATH"), "/usr/local/bin:/usr/bin"));
    return new IsolatedFunction(name, directory, command, Map.copyOf(all));
  }

  private static List<String> command(String handler, FunctionSettings settings) {
    long heapKib = (long) (settings.memoryMegabytes() * 1024L * HEAP_SHARE);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:MaxHeapSize=" + heapKib + "k",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xshare:auto",
            "-XX:+ExitOnOutOfMemoryError",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            RuntimeClient.classPath(),
            CLIENT,
            handler));
    return List.copyOf(command);
  }

  private static Map<String, String> environment(
      String name, String handler, Path root, FunctionSettings settings, Map<String, String> own) {
    Map<String, String> all = new HashMap<>(own);
    all.put("AWS_EXECUTION_ENV", "AWS_Lambda_java25");
    all.put("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", String.valueOf(settings.memoryMegabytes()));
    all.put("AWS_LAMBDA_FUNCTION_NAME", name);
    all.put("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
    all.put("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
    all.put("AWS_LAMBDA_LOG_FORMAT", "Text");
    all.put("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/" + name);
    all.put("AWS_LAMBDA_LOG_STREAM_NAME", "local");
    all.put("LAMBDA_RUNTIME_DIR", "/var/runtime");
    all.put("LAMBDA_TASK_ROOT", root.toString());
    all.put("LANG", "en_US.UTF-8");
    all.put("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin");
    all.put("TZ", ":UTC");
    all.put("_HANDLER", handler);
    return Map.copyOf(all);
  }

  @Override
  public void handleRequest(InputStream input, OutputStream output, Context context)
      throws IOException {
    RuntimeApi.Event event =
        new RuntimeApi.Event(
            context.getAwsRequestId(),
            context.getInvokedFunctionArn(),
            System.currentTimeMillis() + context.getRemainingTimeInMillis(),
            ByteBuffer.wrap(input.readAllBytes()),
            new CompletableFuture<>());
    Sandbox sandbox = take();
    boolean usable = false;
    try {
      Sandbox.Outcome outcome = sandbox.invoke(event, context.getLogger());
      usable = outcome instanceof Sandbox.Outcome.Answered;
      switch (outcome) {
        case Sandbox.Outcome.Answered(RuntimeApi.Answer answer) when !answer.failed() ->
            Channels.newChannel(output).write(answer.body());
        case Sandbox.Outcome.Answered(RuntimeApi.Answer answer) ->
            throw new FunctionErrorException(document(answer.body()));
        case Sandbox.Outcome.NotStarted(ByteBuffer error) ->
            throw new FunctionErrorException(document(error));
        case Sandbox.Outcome.Exited(int status) ->
            throw new FunctionErrorException(exited(event.requestId(), status));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("the function was interrupted");
    } finally {
      giveBack(sandbox, usable);
    }
  }

  private Sandbox take() throws IOException {
    for (Sandbox sandbox = idle.pollFirst(); sandbox != null; sandbox = idle.pollFirst()) {
      if (sandbox.isAlive()) {
        return sandbox;
      }
      giveBack(sandbox, false);
    }
    return start();
  }

  private Sandbox start() throws IOException {
    Sandbox sandbox = Sandbox.start(name, command, root, environment);
    all.add(sandbox);
    if (closed) {
      giveBack(sandbox, false);
      throw new IOException("the function " + name + " is closed");
    }
    return sandbox;
  }

  private void giveBack(Sandbox sandbox, boolean usable) {
    if (usable && !closed && sandbox.isAlive()) {
      idle.addFirst(sandbox);
    } else {
      all.remove(sandbox);
      sandbox.close();
    }
  }

  /**
   * Starts a process, and waits until it asks for an event.
   *
   * @return how long that took, in nanoseconds; the process is the next event's
   * @throws IOException if it does not start within a minute
   */
  public long warmUp() throws IOException {
    long begin = System.nanoTime();
    Sandbox sandbox = start();
    try {
      sandbox.started().get(1, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      giveBack(sandbox, false);
      throw new InterruptedIOException("interrupted while a function starts");
    } catch (ExecutionException | TimeoutException e) {
      giveBack(sandbox, false);
      throw new IOException("the function " + name + " does not start", e);
    }
    long took = System.nanoTime() - begin;
    giveBack(sandbox, true);
    return took;
  }

  private static ObjectNode document(ByteBuffer body) throws IOException {
    try {
      JsonNode document = JSON.readTree(new ByteBufferBackedInputStream(body.duplicate()));
      if (document instanceof ObjectNode object) {
        return object;
      }
    } catch (JsonProcessingException e) {
      throw new IOException("the runtime's error is no JSON", e);
    }
    throw new IOException("the runtime's error is " + StandardCharsets.UTF_8.decode(body));
  }

  private static ObjectNode exited(String requestId, int status) {
    // The JVM ends so when the heap is full.
    boolean killed = status == 3 || status == 137;
    String what =
        killed
            ? "Runtime exited with error: the memory limit is reached"
            : "Runtime exited with error: exit status " + status;
    return JSON.createObjectNode()
        .put("errorType", killed ? "Runtime.OutOfMemory" : "Runtime.ExitError")
        .put("errorMessage", "RequestId: " + requestId + " Error: " + what);
  }

  /** Kills its processes. */
  @Override
  public void close() {
    closed = true;
    all.forEach(Sandbox::close);
    all.clear();
    idle.clear();
  }
}
