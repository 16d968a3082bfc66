package io.vmferry.functions.aws;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** An HTTP server on this machine that answers as it is told; its last answer is repeated. */
final class ScriptedServer implements AutoCloseable {
  private static final int MOST_TEXT = 64 << 10;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Queue<Answer> answers = new ArrayDeque<>();
  private final List<Request> requests = new ArrayList<>();
  private Answer last =
      exchange -> {
        exchange.sendResponseHeaders(404, -1);
      };

  /** A way to answer; the exchange is closed afterwards. */
  interface Answer {
    void give(HttpExchange exchange) throws IOException;

    /** An answer with a body. */
    static Answer of(int status, Map<String, String> headers, byte[] body) {
      return exchange -> {
        headers.forEach(exchange.getResponseHeaders()::set);
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, head || body.length == 0 ? -1 : body.length);
        if (!head) {
          exchange.getResponseBody().write(body);
        }
      };
    }

    /** An answer with a text body. */
    static Answer of(int status, Map<String, String> headers, String body) {
      return of(status, headers, body.getBytes(StandardCharsets.UTF_8));
    }

    /** An answer whose connection is cut in the middle of its body. */
    static Answer cut(int status, Map<String, String> headers, byte[] body, int after) {
      return exchange -> {
        headers.forEach(exchange.getResponseHeaders()::set);
        exchange.sendResponseHeaders(status, body.length);
        OutputStream out = exchange.getResponseBody();
        out.write(body, 0, after);
        out.flush();
        throw new IOException("cut");
      };
    }
  }

  /**
   * A request that was received.
   *
   * @param text the body's start as text
   */
  record Request(
      String method,
      URI uri,
      Map<String, List<String>> headers,
      List<Byte> firstBytes,
      String text,
      long length) {
    Optional<String> header(String name) {
      return headers.entrySet().stream()
          .filter(header -> header.getKey().equalsIgnoreCase(name))
          .map(header -> header.getValue().getFirst())
          .findFirst();
    }
  }

  ScriptedServer() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  private void handle(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    List<Byte> start = new ArrayList<>();
    for (int i = 0; i < Math.min(16, body.length); i++) {
      start.add(body[i]);
    }
    Answer answer;
    synchronized (this) {
      requests.add(
          new Request(
              exchange.getRequestMethod(),
              exchange.getRequestURI(),
              Map.copyOf(exchange.getRequestHeaders()),
              start,
              new String(body, 0, Math.min(MOST_TEXT, body.length), StandardCharsets.UTF_8),
              body.length));
      Answer next = answers.poll();
      if (next != null) {
        last = next;
      }
      answer = last;
    }
    try (exchange) {
      answer.give(exchange);
    }
  }

  /** Adds answers, given in their order. */
  synchronized ScriptedServer answer(Answer... more) {
    answers.addAll(List.of(more));
    return this;
  }

  /** What was asked so far. */
  synchronized List<Request> requests() {
    return List.copyOf(requests);
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
