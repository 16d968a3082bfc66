package io.vmferry.cli.backend;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.api.ApiAction;
import io.vmferry.functions.api.ApiResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;

/**
 * An endpoint of EC2 on the loopback interface for a deployed vmferry. Imports and exports go to
 * the stack's function URL, everything else to EC2 itself, each signed anew with the credentials of
 * whoever runs this.
 *
 * <p>As it signs, it answers those only who hold the same credentials: the signature of each
 * request is checked. So neither a web page in the user's browser nor another user of the computer
 * can make it sign. A page whose name leads here is turned away by the Host header besides.
 */
public final class SigningEndpoint implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SigningEndpoint.class);
  private static final int MOST_BYTES = 2 << 20;
  private static final Pattern REGION_OF_URL =
      Pattern.compile("[a-z0-9]+\\.lambda-url\\.([a-z0-9-]+)\\.on\\.aws");
  private static final Pattern ACTION = Pattern.compile("(?:^|&)Action=([A-Za-z0-9]+)(?:&|$)");
  private static final List<String> METHODS = List.of("GET", "POST");
  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "localhost", "[::1]");

  private final HttpServer server;
  private final ExecutorService threads;
  private final AwsCredentialsProvider credentials;
  private final Upstream stack;
  private final Upstream ec2;
  private final Clock clock;

  /**
   * Where requests go.
   *
   * @param functionUrl the function URL of the stack's API
   * @param region the stack's Region; empty for that of the URL, else the user's default
   * @param ec2 EC2's endpoint; empty for the Region's own
   * @param port the port on 127.0.0.1; 0 for any that is free
   */
  public record Options(URI functionUrl, Optional<String> region, Optional<URI> ec2, int port) {}

  /**
   * Opens the endpoint.
   *
   * @throws VmferryException {@link ErrorCode#PARAMETER_INVALID} if the URL is none, or no Region
   *     or credentials are found; {@link ErrorCode#PORT_UNUSABLE}
   */
  public static SigningEndpoint open(Options options) {
    return open(options, DefaultCredentialsProvider.builder().build(), Clock.systemUTC());
  }

  static SigningEndpoint open(Options options, AwsCredentialsProvider credentials, Clock clock) {
    String region = region(options);
    checkUrl(options.functionUrl());
    URI ec2 = options.ec2().orElseGet(() -> ec2(region));
    checkUrl(ec2);
    try {
      credentials.resolveCredentials();
    } catch (SdkException e) {
      throw new VmferryException(
          ErrorCode.PARAMETER_INVALID, "no AWS credentials are found: " + e.getMessage(), e);
    }
    try {
      HttpServer server =
          HttpServer.create(
              new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), options.port()), 0);
      return new SigningEndpoint(
          server,
          credentials,
          new Upstream(options.functionUrl(), region, "lambda"),
          new Upstream(ec2, region, "ec2"),
          clock);
    } catch (IOException e) {
      throw new VmferryException(
          ErrorCode.PORT_UNUSABLE,
          "127.0.0.1:%d cannot be listened on: %s".formatted(options.port(), e.getMessage()),
          e);
    }
  }

  private SigningEndpoint(
      HttpServer server,
      AwsCredentialsProvider credentials,
      Upstream stack,
      Upstream ec2,
      Clock clock) {
    this.server = server;
    this.credentials = credentials;
    this.stack = stack;
    this.ec2 = ec2;
    this.clock = clock;
    this.threads = Executors.newVirtualThreadPerTaskExecutor();
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  private static String region(Options options) {
    Matcher ofUrl =
        REGION_OF_URL.matcher(Optional.ofNullable(options.functionUrl().getHost()).orElse(""));
    if (options.region().isPresent()) {
      return options.region().get();
    }
    if (ofUrl.matches()) {
      return ofUrl.group(1);
    }
    try {
      return DefaultAwsRegionProviderChain.builder().build().getRegion().id();
    } catch (SdkException e) {
      throw new VmferryException(
          ErrorCode.PARAMETER_INVALID,
          "the Region is not known: the URL does not tell it, and none is configured",
          e);
    }
  }

  private static URI ec2(String region) {
    String suffix = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
    return URI.create("https://ec2.%s.%s".formatted(region, suffix));
  }

  /** Signed requests can be sent again by who sees them: without TLS to this computer only. */
  private static void checkUrl(URI url) {
    String host = Optional.ofNullable(url.getHost()).orElse("");
    boolean local = "http".equals(url.getScheme()) && LOOPBACK.contains(host);
    if (host.isEmpty() || (!"https".equals(url.getScheme()) && !local)) {
      throw new VmferryException(
          ErrorCode.PARAMETER_INVALID, "'%s' is no https:// URL".formatted(url));
    }
  }

  /** Where it answers. */
  public URI uri() {
    try {
      return new URI("http", null, "127.0.0.1", server.getAddress().getPort(), null, null, null);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    String id = UUID.randomUUID().toString();
    try (exchange) {
      Upstream.Answer answer;
      try {
        answer = answerOf(exchange, id);
      } catch (IOException | SdkException e) {
        LOG.warn("a request cannot be forwarded", e);
        answer =
            error(503, "Unavailable", "The request cannot be forwarded: " + e.getMessage(), id);
      }
      exchange.getResponseHeaders().set("Content-Type", answer.contentType());
      exchange.getResponseHeaders().set("x-amzn-RequestId", answer.requestId().orElse(id));
      // An answer to HEAD has no body, whatever it says.
      byte[] content = "HEAD".equals(exchange.getRequestMethod()) ? new byte[0] : answer.body();
      exchange.sendResponseHeaders(answer.status(), content.length == 0 ? -1 : content.length);
      try (OutputStream body = exchange.getResponseBody()) {
        body.write(content);
      }
    }
  }

  private Upstream.Answer answerOf(HttpExchange exchange, String id) throws IOException {
    byte[] body = exchange.getRequestBody().readNBytes(MOST_BYTES + 1);
    if (body.length > MOST_BYTES) {
      return error(413, "RequestEntityTooLarge", "The request is too long", id);
    }
    String query = Optional.ofNullable(exchange.getRequestURI().getRawQuery()).orElse("");
    SignatureV4.Signed request =
        new SignatureV4.Signed(
            exchange.getRequestMethod(),
            query,
            SignatureV4.lowerCase(exchange.getRequestHeaders().entrySet().stream()),
            body);
    Optional<String> host = request.header("host").filter(this::isOwn);
    if (host.isEmpty() || request.header("origin").isPresent()) {
      return error(403, "AuthFailure", "The request is not meant for this endpoint", id);
    }
    if (!METHODS.contains(request.method())) {
      exchange.getResponseHeaders().set("Allow", String.join(", ", METHODS));
      return error(
          405,
          "MethodNotAllowed",
          "The Query API has no method %s, but %s"
              .formatted(request.method(), String.join(" and ", METHODS)),
          id);
    }
    if (!List.of("", "/").contains(exchange.getRequestURI().getRawPath())) {
      return error(404, "InvalidAction", "The Query API has no path but /", id);
    }
    AwsCredentials own = credentials.resolveCredentials();
    Optional<String> problem = problem(request, own);
    if (problem.isPresent()) {
      return error(
          401,
          "AuthFailure",
          "AWS was not able to validate the provided access credentials: %s"
              .formatted(problem.get()),
          id);
    }
    String action =
        action(query).or(() -> action(new String(body, StandardCharsets.UTF_8))).orElse("");
    boolean ours = ApiAction.of(action).isPresent();
    Upstream.Answer answer = (ours ? stack : ec2).send(request, own);
    return ours ? understood(answer, id) : answer;
  }

  private Optional<String> problem(SignatureV4.Signed request, AwsCredentials own) {
    try {
      return SignatureV4.problem(
          request, own.accessKeyId(), own.secretAccessKey(), clock.instant());
    } catch (IllegalArgumentException e) {
      return Optional.of("its query cannot be decoded");
    }
  }

  private boolean isOwn(String host) {
    int colon = host.lastIndexOf(':');
    return colon > 0
        && LOOPBACK.contains(host.substring(0, colon))
        && host.substring(colon + 1).equals(String.valueOf(server.getAddress().getPort()));
  }

  private static Optional<String> action(String parameters) {
    Matcher matcher = ACTION.matcher(parameters);
    return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  /** Lambda's own refusals in the form that clients of EC2 understand. */
  private static Upstream.Answer understood(Upstream.Answer answer, String id) {
    if (answer.contentType().contains("xml")) {
      return answer;
    }
    String requestId = answer.requestId().orElse(id);
    return switch (answer.status()) {
      case 401, 403 ->
          error(
              403,
              "UnauthorizedOperation",
              "You are not authorized to perform this operation: lambda:InvokeFunctionUrl on the stack's API is refused",
              requestId);
      case 429 -> error(503, "RequestLimitExceeded", "Request limit exceeded.", requestId);
      default ->
          error(
              503,
              "Unavailable",
              "The stack's API answers with status %d".formatted(answer.status()),
              requestId);
    };
  }

  private static Upstream.Answer error(int status, String code, String message, String id) {
    ApiResponse error = ApiResponse.error(status, code, message, id);
    return new Upstream.Answer(
        status,
        ApiResponse.CONTENT_TYPE,
        Optional.of(id),
        error.xml().getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
    stack.close();
    ec2.close();
  }
}
