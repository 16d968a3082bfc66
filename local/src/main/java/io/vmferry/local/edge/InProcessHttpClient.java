package io.vmferry.local.edge;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.server.HttpChannel;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.ServerConnector;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.SdkHttpResponse;

/**
 * Brings requests of the AWS SDK's clients in this process to the edge's handlers without a socket.
 * They are the same requests, signed and serialized, and meet the same handlers, checks and
 * injected faults; only the bytes are not copied through the system's network. Safe for use by many
 * threads.
 */
final class InProcessHttpClient implements SdkHttpClient {
  private final ServerConnector connector;
  private final HttpConfiguration configuration;
  private final HttpChannel.Factory channels = new HttpChannel.DefaultFactory();
  private final AtomicLong ids = new AtomicLong();
  private final Set<InProcessExchange> open = ConcurrentHashMap.newKeySet();

  InProcessHttpClient(ServerConnector connector, HttpConfiguration configuration) {
    this.connector = connector;
    this.configuration = configuration;
  }

  @Override
  public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
    return new Call(request);
  }

  @Override
  public String clientName() {
    return "InProcess";
  }

  /** Nothing is kept for a client; other clients go on. */
  @Override
  public void close() {}

  /** Cuts what is under way, when the server stops. */
  void cutAll() {
    IOException cause = new IOException("the embedded AWS has stopped");
    open.forEach(exchange -> exchange.cut(cause));
  }

  private final class Call implements ExecutableHttpRequest {
    private final HttpExecuteRequest request;
    private final InProcessExchange exchange;

    Call(HttpExecuteRequest request) {
      this.request = request;
      InputStream body =
          request
              .contentStreamProvider()
              .map(provider -> provider.newStream())
              .orElseGet(InputStream::nullInputStream);
      this.exchange =
          new InProcessExchange(
              String.valueOf(ids.incrementAndGet()),
              connector.getByteBufferPool(),
              body,
              length(request));
    }

    @Override
    public HttpExecuteResponse call() throws IOException {
      // Before the check: what is not refused by it is cut by the stop it has not seen.
      open.add(exchange);
      boolean answered = false;
      try {
        if (!connector.isRunning()) {
          throw new IOException("the embedded AWS has stopped");
        }
        InProcessConnection connection =
            new InProcessConnection(
                exchange.getId(),
                connector,
                configuration,
                connector.getLocalPort(),
                exchange::cut);
        exchange.handle(channels.newHttpChannel(connection), metaData(request.httpRequest()));
        MetaData.Response head = exchange.awaitHead();
        answered = true;
        if (exchange.isOver()) {
          open.remove(exchange);
        }
        return HttpExecuteResponse.builder()
            .response(response(head))
            .responseBody(AbortableInputStream.create(new Body(exchange), this))
            .build();
      } finally {
        if (!answered) {
          abort();
        }
      }
    }

    @Override
    public void abort() {
      exchange.cut(new IOException("the client has aborted the request"));
      open.remove(exchange);
    }
  }

  /** A response's body; an exchange is open until it has been read, or is closed. */
  private final class Body extends FilterInputStream {
    private final InProcessExchange exchange;

    Body(InProcessExchange exchange) {
      super(exchange.responseBody());
      this.exchange = exchange;
    }

    @Override
    public int read() throws IOException {
      return noted(in.read());
    }

    @Override
    public int read(byte[] destination, int offset, int length) throws IOException {
      return noted(in.read(destination, offset, length));
    }

    private int noted(int result) {
      if (result < 0) {
        open.remove(exchange);
      }
      return result;
    }

    @Override
    public void close() throws IOException {
      in.close();
      open.remove(exchange);
    }
  }

  private static long length(HttpExecuteRequest request) {
    if (request.contentStreamProvider().isEmpty()) {
      return 0;
    }
    return request
        .httpRequest()
        .firstMatchingHeader("Content-Length")
        .map(Long::parseLong)
        .orElse(-1L);
  }

  private static MetaData.Request metaData(SdkHttpRequest request) {
    HttpFields.Mutable fields = HttpFields.build();
    request.forEachHeader((name, values) -> values.forEach(value -> fields.add(name, value)));
    String path = request.encodedPath().isEmpty() ? "/" : request.encodedPath();
    String query = request.encodedQueryParameters().map(encoded -> "?" + encoded).orElse("");
    if (!fields.contains(HttpHeader.HOST)) {
      fields.put(HttpHeader.HOST, request.host() + ":" + request.port());
    }
    return new MetaData.Request(
        request.method().name(),
        HttpURI.from("http", request.host(), request.port(), path + query),
        HttpVersion.HTTP_1_1,
        fields.asImmutable());
  }

  private static SdkHttpResponse response(MetaData.Response head) {
    Map<String, List<String>> headers = new LinkedHashMap<>();
    for (HttpField field : head.getHttpFields()) {
      headers
          .computeIfAbsent(field.getName(), ignored -> new ArrayList<>())
          .add(field.getValue() == null ? "" : field.getValue());
    }
    return SdkHttpResponse.builder().statusCode(head.getStatus()).headers(headers).build();
  }
}
