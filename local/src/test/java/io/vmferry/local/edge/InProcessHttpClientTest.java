package io.vmferry.local.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.local.edge.FaultInjector.Fault;
import io.vmferry.local.edge.FaultInjector.Rule;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Blocker;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpFullRequest;
import software.amazon.awssdk.http.SdkHttpMethod;

@Timeout(60)
class InProcessHttpClientTest {
  private static final int MIB = 1 << 20;

  private final FaultInjector faults = new FaultInjector(1);
  private final EdgeServer edge = new EdgeServer(0, faults);
  private final AtomicLong written = new AtomicLong();
  private final CountDownLatch waiting = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);

  /** Sends back what it is sent; waits, or answers without reading, if the path says so. */
  private final class Echo implements AwsService {
    @Override
    public String signingName() {
      return "echo";
    }

    @Override
    public ServiceResponse handle(ServiceRequest request) throws IOException {
      if (request.path().equals("/wait")) {
        waiting.countDown();
        try {
          go.await();
        } catch (InterruptedException e) {
          throw new IOException(e);
        }
      }
      byte[] body = request.path().equals("/unread") ? new byte[0] : request.body().readAllBytes();
      return new ServiceResponse(
          200,
          Map.of("X-Seen", request.method() + " " + request.path() + " " + request.query()),
          ByteBuffer.wrap(body));
    }
  }

  /** Answers with a gigabyte, a megabyte a time. */
  private final class Stream extends Handler.Abstract implements StreamingService {
    @Override
    public String signingName() {
      return "stream";
    }

    @Override
    public Handler handler() {
      return this;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
      ByteBuffer buffer = ByteBuffer.allocate(MIB);
      for (int i = 0; i < 1024; i++) {
        try (Blocker.Callback blocker = Blocker.callback()) {
          response.write(false, buffer.clear(), blocker);
          blocker.block();
        } catch (IOException e) {
          waiting.countDown();
          callback.failed(e);
          return true;
        }
        written.addAndGet(MIB);
      }
      Content.Sink.write(response, true, ByteBuffer.allocate(0));
      callback.succeeded();
      return true;
    }
  }

  @BeforeEach
  void start() throws IOException {
    edge.register(new Echo());
    edge.register("stream", CompletableFuture.completedFuture(new Stream()));
    edge.start();
  }

  @AfterEach
  void stop() {
    go.countDown();
    edge.close();
  }

  private static SdkHttpFullRequest.Builder request(String service, SdkHttpMethod method) {
    return SdkHttpFullRequest.builder()
        .method(method)
        .protocol("http")
        .host("127.0.0.1")
        .port(4566)
        .putHeader(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/"
                + service
                + "/aws4_request, SignedHeaders=host, Signature=00");
  }

  private HttpExecuteResponse send(SdkHttpFullRequest request, byte[] body) throws IOException {
    return edge.httpClient().prepareRequest(executable(request, body)).call();
  }

  private static HttpExecuteRequest executable(SdkHttpFullRequest request, byte[] body) {
    HttpExecuteRequest.Builder builder = HttpExecuteRequest.builder().request(request);
    if (body.length > 0) {
      builder.contentStreamProvider(() -> new ByteArrayInputStream(body));
    }
    return builder.build();
  }

  private static byte[] read(HttpExecuteResponse response) throws IOException {
    try (InputStream body = response.responseBody().orElseThrow()) {
      return body.readAllBytes();
    }
  }

  @Test
  void carriesBodiesBothWays() throws IOException {
    for (int size : new int[] {0, 1, 16 << 10, (16 << 10) + 1, 256 << 10, 3 * MIB + 5}) {
      byte[] body = new byte[size];
      new Random(size).nextBytes(body);
      HttpExecuteResponse response =
          send(
              request("echo", SdkHttpMethod.PUT)
                  .encodedPath("/a%2Fb//c")
                  .appendRawQueryParameter("x", "1 2")
                  .putHeader("Content-Length", String.valueOf(size))
                  .build(),
              body);

      assertThat(response.httpResponse().statusCode()).isEqualTo(200);
      assertThat(response.httpResponse().firstMatchingHeader("x-seen"))
          .hasValue("PUT /a%2Fb//c {x=[1 2]}");
      assertThat(response.httpResponse().firstMatchingHeader("x-amzn-requestid")).isPresent();
      assertThat(response.httpResponse().firstMatchingHeader("content-length"))
          .hasValue(String.valueOf(size));
      assertThat(read(response)).isEqualTo(body);
    }
  }

  @Test
  void carriesBodiesOfUnknownLength() throws IOException {
    byte[] body = new byte[MIB + 17];
    new Random(1).nextBytes(body);

    assertThat(read(send(request("echo", SdkHttpMethod.POST).build(), body))).isEqualTo(body);
  }

  @Test
  void answersHeadWithoutABody() throws IOException {
    HttpExecuteResponse response =
        send(
            request("echo", SdkHttpMethod.HEAD).putHeader("Content-Length", "3").build(),
            "abc".getBytes(StandardCharsets.UTF_8));

    assertThat(response.httpResponse().firstMatchingHeader("content-length")).hasValue("3");
    assertThat(read(response)).isEmpty();
  }

  @Test
  void meetsTheSameRefusalsAsOverThePort() throws IOException {
    HttpExecuteResponse unsigned =
        send(
            request("echo", SdkHttpMethod.POST).removeHeader("Authorization").build(), new byte[0]);
    assertThat(unsigned.httpResponse().statusCode()).isEqualTo(403);
    HttpExecuteResponse unknown = send(request("sqs", SdkHttpMethod.POST).build(), new byte[0]);
    assertThat(unknown.httpResponse().firstMatchingHeader("x-amzn-errortype"))
        .hasValue("UnknownService");
  }

  @Test
  void failsWhereTheBodyIsShorterThanItsLength() throws IOException {
    HttpExecuteResponse response =
        send(
            request("echo", SdkHttpMethod.PUT).putHeader("Content-Length", "10").build(),
            new byte[7]);

    assertThat(response.httpResponse().statusCode()).isEqualTo(500);
  }

  @Test
  void answersThoughTheBodyIsNotRead() throws IOException {
    HttpExecuteResponse response =
        send(
            request("echo", SdkHttpMethod.PUT)
                .encodedPath("/unread")
                .putHeader("Content-Length", String.valueOf(20 * MIB))
                .build(),
            new byte[20 * MIB]);

    assertThat(response.httpResponse().statusCode()).isEqualTo(200);
  }

  @Test
  void letsTheHandlerBeOnlyOneBufferAhead() throws Exception {
    HttpExecuteResponse response = send(request("stream", SdkHttpMethod.GET).build(), new byte[0]);

    try (InputStream body = response.responseBody().orElseThrow()) {
      body.skipNBytes(10L * MIB);
      Thread.sleep(100);
      assertThat(written).hasValueLessThanOrEqualTo(11L * MIB);
      body.skipNBytes(1014L * MIB);
      assertThat(body.read()).isEqualTo(-1);
    }
    assertThat(written).hasValue(1024L * MIB);
  }

  @Test
  void tellsTheHandlerThatTheClientIsGone() throws Exception {
    HttpExecuteResponse response = send(request("stream", SdkHttpMethod.GET).build(), new byte[0]);
    InputStream body = response.responseBody().orElseThrow();
    body.skipNBytes(2L * MIB);

    body.close();

    assertThat(waiting.await(10, TimeUnit.SECONDS)).isTrue();
    assertThatThrownBy(body::read).isInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {"CUT_BEFORE", "CUT_AFTER"})
  void isCutByFaults(Fault fault) throws IOException {
    for (String service : new String[] {"echo", "stream"}) {
      faults.clear();
      faults.add(new Rule(service, "*", fault, 1, 1));
      assertThatThrownBy(() -> send(request(service, SdkHttpMethod.GET).build(), new byte[0]))
          .as("%s of %s", fault, service)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("injected fault");
    }
    assertThat(faults.injected(fault)).isEqualTo(2);
    assertThat(read(send(request("echo", SdkHttpMethod.PUT).build(), new byte[5]))).hasSize(5);
  }

  @Test
  void answersWithInjectedErrors() throws IOException {
    faults.add(new Rule("echo", "*", Fault.SERVER_ERROR, 1, 1));

    assertThat(
            send(request("echo", SdkHttpMethod.GET).build(), new byte[0])
                .httpResponse()
                .statusCode())
        .isEqualTo(500);
  }

  @Test
  void endsWhatIsUnderWayWhenTheServerStops() throws Exception {
    SdkHttpFullRequest request = request("echo", SdkHttpMethod.GET).encodedPath("/wait").build();
    CompletableFuture<HttpExecuteResponse> call =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return send(request, new byte[0]);
              } catch (IOException e) {
                throw new IllegalStateException(e.getMessage(), e);
              }
            });
    assertThat(waiting.await(10, TimeUnit.SECONDS)).isTrue();

    edge.close();

    assertThatThrownBy(() -> call.get(10, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining("has stopped");
    assertThatThrownBy(() -> send(request, new byte[0]))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("has stopped");
  }

  @Test
  void canBeInterruptedWhileItWaits() throws Exception {
    CompletableFuture<Throwable> failure = new CompletableFuture<>();
    Thread caller =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    send(
                        request("echo", SdkHttpMethod.GET).encodedPath("/wait").build(),
                        new byte[0]);
                  } catch (IOException e) {
                    failure.complete(e);
                  }
                });
    assertThat(waiting.await(10, TimeUnit.SECONDS)).isTrue();

    caller.interrupt();

    assertThat(failure.get(10, TimeUnit.SECONDS)).hasMessageContaining("interrupted");
    assertThat(caller.join(Duration.ofSeconds(10))).isTrue();
  }
}
