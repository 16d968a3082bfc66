package io.vmferry.local.edge;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;

/** What stands between a request and its service: who asks is checked, and requests are counted. */
final class Gate {
  /** The largest request that says in its body what it is about: DynamoDB's. */
  private static final int MAX_BODY_BYTES = 16 * 1024 * 1024;

  private volatile Authorizer authorizer = Authorizer.EVERYBODY;
  private volatile CallObserver observer = (accessKeyId, service, operation) -> {};

  void authorizer(Authorizer other) {
    authorizer = other;
  }

  void observer(CallObserver other) {
    observer = other;
  }

  /**
   * A request that may pass, or why it may not.
   *
   * @param request the request with its whole body
   * @param denial why it is denied
   */
  record Passage(Request request, Optional<String> denial) {}

  /** Looks at a request whose body has not been read. */
  Passage pass(
      CredentialScope scope,
      Request request,
      Map<String, List<String>> parameters,
      String operation)
      throws IOException {
    observer.called(scope.accessKey(), scope.service(), operation);
    if (!authorizer.restricts(scope.accessKey())) {
      return new Passage(request, Optional.empty());
    }
    byte[] body = new byte[0];
    Request passing = request;
    if (tellsInBody(scope.service(), operation)) {
      body = Request.asInputStream(request).readNBytes(MAX_BODY_BYTES);
      passing = new Reread(request, body);
    }
    Map<String, String> headers = new HashMap<>();
    for (HttpField field : request.getHeaders()) {
      headers.putIfAbsent(
          field.getLowerCaseName(), field.getValue() == null ? "" : field.getValue());
    }
    String path = Optional.ofNullable(request.getHttpURI().getPath()).orElse("/");
    Optional<String> denial =
        authorizer.denial(
            new AuthorizedCall(
                scope.accessKey(),
                scope.service(),
                operation,
                request.getMethod(),
                path,
                parameters,
                headers,
                ByteBuffer.wrap(body)));
    return new Passage(passing, denial);
  }

  /** A request whose body has been read, with that body. */
  static Request withBody(Request request, byte[] body) {
    return new Reread(request, body);
  }

  /** Blocks and objects are not looked into. */
  private static boolean tellsInBody(String service, String operation) {
    return switch (service) {
      case "s3" -> operation.equals("DeleteObjects");
      case "ebs" -> operation.equals("StartSnapshot");
      case "lambda" -> false;
      default -> true;
    };
  }

  /** A request whose body was read and is there again. */
  private static final class Reread extends Request.Wrapper {
    private final Content.Source content;

    Reread(Request wrapped, byte[] body) {
      super(wrapped);
      this.content = Content.Source.from(ByteBuffer.wrap(body));
    }

    @Override
    public Content.Chunk read() {
      return content.read();
    }

    @Override
    public void demand(Runnable demandCallback) {
      content.demand(demandCallback);
    }

    @Override
    public long getLength() {
      return content.getLength();
    }

    @Override
    public void fail(Throwable failure) {
      content.fail(failure);
    }
  }
}
