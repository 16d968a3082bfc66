package io.vmferry.cli.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.Ec2Exception;
import software.amazon.awssdk.services.ec2.model.ImageDiskContainer;
import software.amazon.awssdk.services.ec2.model.ImportImageResponse;

/** Between clients of AWS's SDK and servers that check each signature. */
class SigningEndpointTest {
  private static final AwsCredentials OWN =
      AwsSessionCredentials.create("AKIDEXAMPLE", "own-secret", "own-token");
  private static final String IMPORTED =
      "<ImportImageResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r</requestId><importTaskId>import-ami-1</importTaskId></ImportImageResponse>";
  private static final String REGIONS =
      "<DescribeRegionsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r</requestId><regionInfo><item><regionName>eu-west-1</regionName></item></regionInfo></DescribeRegionsResponse>";

  private final Service stack = new Service("lambda", IMPORTED);
  private final Service ec2 = new Service("ec2", REGIONS);
  private SigningEndpoint endpoint;

  @BeforeEach
  void open() {
    endpoint = open(OWN, Clock.systemUTC());
  }

  private SigningEndpoint open(AwsCredentials credentials, Clock clock) {
    return open(StaticCredentialsProvider.create(credentials), clock);
  }

  private SigningEndpoint open(AwsCredentialsProvider credentials, Clock clock) {
    return SigningEndpoint.open(
        new SigningEndpoint.Options(
            stack.url(), Optional.of("eu-west-1"), Optional.of(ec2.url()), 0),
        credentials,
        clock);
  }

  @AfterEach
  void close() {
    endpoint.close();
    stack.close();
    ec2.close();
  }

  /** A service of AWS: refuses what is not signed for it. */
  private static final class Service implements AutoCloseable {
    private final HttpServer server;
    private final List<String> bodies = new CopyOnWriteArrayList<>();
    private final List<String> problems = new CopyOnWriteArrayList<>();
    private volatile int status = 200;
    private volatile String type = "text/xml;charset=UTF-8";
    private volatile String answer;

    Service(String name, String answer) {
      this.answer = answer;
      try {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      } catch (IOException e) {
        throw new AssertionError(e);
      }
      server.createContext(
          "/",
          exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            String query = Optional.ofNullable(exchange.getRequestURI().getRawQuery()).orElse("");
            Map<String, List<String>> headers =
                SignatureV4.lowerCase(exchange.getRequestHeaders().entrySet().stream());
            SignatureV4.Signed request =
                new SignatureV4.Signed(exchange.getRequestMethod(), query, headers, body);
            SignatureV4.problem(request, OWN.accessKeyId(), OWN.secretAccessKey(), Instant.now())
                .ifPresent(problems::add);
            String authorization = request.header("authorization").orElse("");
            if (!authorization.contains("/eu-west-1/" + name + "/aws4_request")) {
              problems.add("signed for another service: " + authorization);
            }
            if (!authorization.contains("x-amz-security-token")
                || !request.header("x-amz-security-token").orElse("").equals("own-token")) {
              problems.add("the session token is not signed");
            }
            bodies.add(query + new String(body, StandardCharsets.UTF_8));
            byte[] bytes = this.answer.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
          });
      server.start();
    }

    URI url() {
      return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }

  private Ec2Client client(AwsCredentials credentials) {
    return Ec2Client.builder()
        .endpointOverride(endpoint.uri())
        .region(Region.US_EAST_1)
        .credentialsProvider(StaticCredentialsProvider.create(credentials))
        .overrideConfiguration(c -> c.retryStrategy(r -> r.maxAttempts(1)))
        .build();
  }

  @Test
  void importsGoToTheStackSignedAnewForLambda() {
    try (Ec2Client client = client(OWN)) {
      ImportImageResponse response =
          client.importImage(
              r ->
                  r.description("a b+c&d=é*~")
                      .diskContainers(
                          ImageDiskContainer.builder().url("s3://bucket/key with spaces").build()));

      assertThat(response.importTaskId()).isEqualTo("import-ami-1");
    }
    assertThat(stack.problems).isEmpty();
    assertThat(stack.bodies).hasSize(1);
    assertThat(stack.bodies.getFirst())
        .contains("Action=ImportImage")
        .contains("Description=a+b%2Bc%26d%3D%C3%A9*%7E");
    assertThat(ec2.bodies).isEmpty();
  }

  @Test
  void everyOtherActionGoesToEc2() {
    try (Ec2Client client = client(OWN)) {
      assertThat(client.describeRegions().regions().getFirst().regionName()).isEqualTo("eu-west-1");
    }
    assertThat(ec2.problems).isEmpty();
    assertThat(ec2.bodies).hasSize(1);
    assertThat(stack.bodies).isEmpty();
  }

  @Test
  void whoDoesNotHoldTheSameCredentialsIsRefused() {
    for (AwsCredentials other :
        List.of(
            AwsBasicCredentials.create("AKIDEXAMPLE", "another-secret"),
            AwsBasicCredentials.create("AKIDOTHER", "own-secret"))) {
      try (Ec2Client client = client(other)) {
        assertThatThrownBy(client::describeRegions)
            .isInstanceOfSatisfying(
                Ec2Exception.class,
                e -> {
                  assertThat(e.awsErrorDetails().errorCode()).isEqualTo("AuthFailure");
                  assertThat(e.statusCode()).isEqualTo(401);
                });
      }
    }
    assertThat(ec2.bodies).isEmpty();
  }

  @Test
  void anUnsignedRequestIsRefused() throws IOException, InterruptedException {
    HttpResponse<String> response =
        send(
            HttpRequest.newBuilder(endpoint.uri())
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("Action=ImportImage"))
                .build());

    assertThat(response.statusCode()).isEqualTo(401);
    assertThat(response.body()).contains("<Code>AuthFailure</Code>");
    assertThat(stack.bodies).isEmpty();
  }

  private static HttpResponse<String> send(HttpRequest request)
      throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    }
  }

  /** What a client of AWS sends, as lines of HTTP. */
  private String signed(String host, String form, Map<String, String> further) {
    SdkHttpRequest request =
        AwsV4HttpSigner.create()
            .sign(
                r ->
                    r.identity(OWN)
                        .request(
                            SdkHttpRequest.builder()
                                .uri(URI.create("http://" + host))
                                .encodedPath("/")
                                .method(SdkHttpMethod.POST)
                                .putHeader("content-type", "application/x-www-form-urlencoded")
                                .build())
                        .payload(
                            () -> new ByteArrayInputStream(form.getBytes(StandardCharsets.UTF_8)))
                        .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "ec2")
                        .putProperty(AwsV4HttpSigner.REGION_NAME, "us-east-1"))
            .request();
    StringBuilder lines = new StringBuilder("POST / HTTP/1.1\r\nConnection: close\r\n");
    Set<String> replaced =
        Set.copyOf(further.keySet().stream().map(n -> n.toLowerCase(Locale.ROOT)).toList());
    request
        .headers()
        .forEach(
            (name, values) -> {
              if (!replaced.contains(name.toLowerCase(Locale.ROOT))) {
                lines.append(name).append(": ").append(values.getFirst()).append("\r\n");
              }
            });
    further.forEach((name, value) -> lines.append(name).append(": ").append(value).append("\r\n"));
    return lines + "Content-Length: " + form.length() + "\r\n\r\n" + form;
  }

  private String exchange(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), endpoint.uri().getPort())) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void aNameThatAPageHasMadeLeadHereIsRefused() throws IOException {
    String host = "evil.example:" + endpoint.uri().getPort();

    String answer = exchange(signed(host, "Action=DescribeRegions", Map.of()));

    assertThat(answer).startsWith("HTTP/1.1 403").contains("not meant for this endpoint");
    assertThat(ec2.bodies).isEmpty();
  }

  @Test
  void aPageInABrowserIsRefusedEvenIfItCouldSign() throws IOException {
    String host = "127.0.0.1:" + endpoint.uri().getPort();

    assertThat(exchange(signed(host, "Action=DescribeRegions", Map.of())))
        .startsWith("HTTP/1.1 200");
    assertThat(
            exchange(
                signed(host, "Action=DescribeRegions", Map.of("Origin", "https://evil.example"))))
        .startsWith("HTTP/1.1 403");
    assertThat(ec2.bodies).hasSize(1);
  }

  @Test
  void aRequestThatWasChangedOrIsOldIsRefused() throws IOException {
    String host = "127.0.0.1:" + endpoint.uri().getPort();
    String request = signed(host, "Action=DescribeRegions", Map.of());

    assertThat(exchange(request.replace("=DescribeRegions", "=DescribeRegionz")))
        .startsWith("HTTP/1.1 401");
    endpoint.close();
    endpoint = open(OWN, Clock.fixed(Instant.now().plus(Duration.ofMinutes(16)), ZoneOffset.UTC));
    String later = signed("127.0.0.1:" + endpoint.uri().getPort(), "Action=X", Map.of());
    assertThat(exchange(later)).startsWith("HTTP/1.1 401").contains("time stamp");
    assertThat(ec2.bodies).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "403, UnauthorizedOperation, 403",
    "429, RequestLimitExceeded, 503",
    "502, Unavailable, 503"
  })
  void lambdasOwnRefusalsBecomeEc2s(int status, String code, int expected) {
    stack.status = status;
    stack.type = "application/json";
    stack.answer = "{\"Message\":\"Forbidden\"}";
    try (Ec2Client client = client(OWN)) {
      assertThatThrownBy(() -> client.importImage(r -> {}))
          .isInstanceOfSatisfying(
              Ec2Exception.class,
              e -> {
                assertThat(e.awsErrorDetails().errorCode()).isEqualTo(code);
                assertThat(e.statusCode()).isEqualTo(expected);
              });
    }
  }

  @Test
  void aStackThatIsNotThereIsSaidToBeUnavailable() {
    stack.close();
    try (Ec2Client client = client(OWN)) {
      assertThatThrownBy(() -> client.importImage(r -> {}))
          .isInstanceOfSatisfying(
              Ec2Exception.class,
              e -> assertThat(e.awsErrorDetails().errorCode()).isEqualTo("Unavailable"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"PUT", "DELETE", "OPTIONS", "HEAD", "PROPFIND"})
  void aMethodThatTheApiDoesNotHaveIsRefused(String method) throws IOException {
    String answer =
        exchange(
            "%s / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n"
                .formatted(method, endpoint.uri().getPort()));

    assertThat(answer).startsWith("HTTP/1.1 405").contains("Allow: GET, POST");
    assertThat(answer.contains("<Code>MethodNotAllowed</Code>")).isEqualTo(!method.equals("HEAD"));
  }

  @Test
  void credentialsThatCannotBeHadAnyMoreAreSaidToBeUnavailable() throws IOException {
    AtomicBoolean expired = new AtomicBoolean();
    endpoint.close();
    endpoint =
        open(
            () -> {
              if (expired.get()) {
                throw refusal();
              }
              return OWN;
            },
            Clock.systemUTC());
    expired.set(true);

    assertThat(
            exchange(
                signed(
                    "127.0.0.1:" + endpoint.uri().getPort(), "Action=DescribeRegions", Map.of())))
        .startsWith("HTTP/1.1 503")
        .contains("<Code>Unavailable</Code>", "The role is not there");
  }

  @Test
  void credentialsThatAServiceRefusesAreNone() {
    AwsCredentialsProvider refused =
        () -> {
          throw refusal();
        };

    assertThatThrownBy(() -> open(refused, Clock.systemUTC()))
        .isInstanceOfSatisfying(
            VmferryException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.PARAMETER_INVALID));
  }

  /** As STS refuses: no failure of the client. */
  private static SdkException refusal() {
    return AwsServiceException.builder().message("The role is not there").statusCode(403).build();
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://example.com/", "ftp://example.com/", "nothing", "https:///x"})
  void aUrlThatWouldSendSignaturesInTheClearIsRefused(String url) {
    assertThatThrownBy(
            () ->
                SigningEndpoint.open(
                    new SigningEndpoint.Options(
                        URI.create(url), Optional.of("eu-west-1"), Optional.empty(), 0),
                    StaticCredentialsProvider.create(OWN),
                    Clock.systemUTC()))
        .isInstanceOfSatisfying(
            VmferryException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.PARAMETER_INVALID));
  }
}
