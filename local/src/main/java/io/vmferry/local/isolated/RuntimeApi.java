package io.vmferry.local.isolated;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lambda's Runtime API (version 2018-06-01) for one process: {@code next}, {@code response}, {@code
 * error} and {@code init/error}. An event is given out once, and answered once.
 */
final class RuntimeApi implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RuntimeApi.class);
  private static final String PREFIX = "/2018-06-01/runtime/";
  private static final Pattern ANSWER = Pattern.compile("invocation/([^/]+)/(response|error)");

  /** More than a function may answer, to tell that it was too much. */
  private static final int MAX_BODY = 6 * 1024 * 1024 + 1;

  /**
   * What a process is to do.
   *
   * @param requestId the invocation's id
   * @param functionArn the function as it was called
   * @param deadlineMillis when its time is over, in milliseconds since 1970
   * @param payload the event
   * @param answer takes what comes of it
   */
  record Event(
      String requestId,
      String functionArn,
      long deadlineMillis,
      ByteBuffer payload,
      CompletableFuture<Answer> answer) {}

  /**
   * What came of an event.
   *
   * @param failed whether the body is an error document
   * @param body the answer
   */
  record Answer(boolean failed, ByteBuffer body) {}

  private final HttpServer server;
  private final SynchronousQueue<Event> events = new SynchronousQueue<>();
  private final AtomicReference<@Nullable Event> current = new AtomicReference<>();
  private final CompletableFuture<ByteBuffer> initError = new CompletableFuture<>();
  private final CompletableFuture<Void> ready = new CompletableFuture<>();

  /** Opens a port on the loopback interface. */
  RuntimeApi() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
  }

  /** What {@code AWS_LAMBDA_RUNTIME_API} is to be. */
  String address() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  /** Is done once the process has asked for its first event: it has started. */
  CompletableFuture<Void> ready() {
    return ready;
  }

  /** Why the process could not start, as it tells. */
  CompletableFuture<ByteBuffer> initError() {
    return initError;
  }

  /** Gives an event to the process as soon as it asks for one. */
  void put(Event event) throws InterruptedException {
    events.put(event);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      String operation = path.startsWith(PREFIX) ? path.substring(PREFIX.length()) : "";
      boolean posts = exchange.getRequestMethod().equals("POST");
      Matcher answer = ANSWER.matcher(operation);
      if (operation.equals("invocation/next") && !posts) {
        next(exchange);
      } else if (answer.matches() && posts) {
        ended(exchange, answer.group(1), answer.group(2).equals("error"));
      } else if (operation.equals("init/error") && posts) {
        initError.complete(ByteBuffer.wrap(exchange.getRequestBody().readNBytes(MAX_BODY)));
        reply(exchange, 202, "{\"status\":\"OK\"}");
      } else {
        reply(exchange, 404, "{\"errorMessage\":\"no such operation\",\"errorType\":\"NotFound\"}");
      }
    }
  }

  private void next(HttpExchange exchange) throws IOException {
    ready.complete(null);
    Event event;
    try {
      event = events.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      reply(exchange, 500, "{\"errorMessage\":\"closed\",\"errorType\":\"Closed\"}");
      return;
    }
    current.set(event);
    var headers = exchange.getResponseHeaders();
    headers.add("Content-Type", "application/json");
    headers.add("Lambda-Runtime-Aws-Request-Id", event.requestId());
    headers.add("Lambda-Runtime-Deadline-Ms", String.valueOf(event.deadlineMillis()));
    headers.add("Lambda-Runtime-Invoked-Function-Arn", event.functionArn());
    headers.add("Lambda-Runtime-Trace-Id", traceId(event));
    exchange.sendResponseHeaders(200, event.payload().remaining());
    Channels.newChannel(exchange.getResponseBody()).write(event.payload().duplicate());
  }

  /** In X-Ray's form: a time and 96 bits; nothing is sampled. */
  private static String traceId(Event event) {
    String hex = event.requestId().replace("-", "").toLowerCase(Locale.ROOT);
    return "Root=1-%08x-%s;Sampled=0"
        .formatted(event.deadlineMillis() / 1000, (hex + "0".repeat(24)).substring(0, 24));
  }

  private void ended(HttpExchange exchange, String requestId, boolean failed) throws IOException {
    byte[] body = exchange.getRequestBody().readNBytes(MAX_BODY);
    Event event = current.get();
    if (event == null || !event.requestId().equals(requestId)) {
      reply(exchange, 400, "{\"errorMessage\":\"unknown id\",\"errorType\":\"InvalidRequestID\"}");
      return;
    }
    current.set(null);
    // First the reply: the next event may come as soon as the answer is known.
    reply(exchange, 202, "{\"status\":\"OK\"}");
    event.answer().complete(new Answer(failed, ByteBuffer.wrap(body)));
  }

  private static void reply(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public void close() {
    server.stop(0);
    LOG.debug("The runtime API at {} is closed", server.getAddress());
  }
}
