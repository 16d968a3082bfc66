package io.vmferry.local.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.local.RawHttp;
import io.vmferry.local.edge.FaultInjector.Fault;
import io.vmferry.local.edge.FaultInjector.Rule;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EdgeServerTest {
  private final FaultInjector faults = new FaultInjector(1);
  private final EdgeServer edge = new EdgeServer(0, faults);
  private final AtomicInteger calls = new AtomicInteger();
  private RawHttp http;

  /** Answers with what it was asked. */
  private final class Echo implements AwsService {
    @Override
    public String signingName() {
      return "echo";
    }

    @Override
    public ServiceResponse handle(ServiceRequest request) throws IOException {
      calls.incrementAndGet();
      if (request.path().equals("/fail")) {
        throw new IllegalStateException("as asked");
      }
      String body = new String(request.body().readAllBytes(), StandardCharsets.UTF_8);
      return ServiceResponse.of(
          200,
          "text/plain",
          request.method() + " " + request.path() + " " + request.query() + " " + body);
    }
  }

  @BeforeEach
  void start() throws IOException {
    edge.register(new Echo());
    edge.start();
    http = new RawHttp(edge.endpoint().orElseThrow());
  }

  @AfterEach
  void stop() {
    http.close();
    edge.close();
  }

  @Test
  void carriesRequestsToTheServiceTheyAreSignedFor() throws Exception {
    HttpResponse<String> answer =
        http.send(
            "echo", "POST", "/a%2Fb//c?x=1&x=%202&y", "body".getBytes(StandardCharsets.UTF_8));

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("POST /a%2Fb//c {x=[1,  2], y=[]} body");
    assertThat(answer.headers().firstValue("x-amzn-RequestId")).isPresent();
  }

  @Test
  void carriesPresignedRequests() throws Exception {
    HttpResponse<String> answer =
        http.sendUnsigned(
            "GET", "/p?X-Amz-Credential=test%2F20260101%2Fus-east-1%2Fecho%2Faws4_request");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).startsWith("GET /p ");
  }

  @Test
  void refusesRequestsWithoutSignature() throws Exception {
    HttpResponse<String> post = http.sendUnsigned("POST", "/x");
    assertThat(post.statusCode()).isEqualTo(403);
    assertThat(post.body()).contains("MissingAuthenticationTokenException");

    HttpResponse<String> get = http.sendUnsigned("GET", "/bucket/key");
    assertThat(get.statusCode()).isEqualTo(403);
    assertThat(get.body()).contains("<Code>AccessDenied</Code>");
    assertThat(calls).hasValue(0);
  }

  @Test
  void refusesServicesThatDoNotRun() throws Exception {
    HttpResponse<String> answer = http.send("sqs", "POST", "/", new byte[0]);

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.headers().firstValue("x-amzn-ErrorType")).hasValue("UnknownService");
  }

  @Test
  void answersHealthWithoutSignature() throws Exception {
    HttpResponse<String> answer = http.sendUnsigned("GET", "/_vmferry/health");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("{\"status\":\"running\",\"services\":[\"echo\"]}");
  }

  @Test
  void answersFailuresOfServicesAsErrors() throws Exception {
    HttpResponse<String> answer = http.send("echo", "GET", "/fail", new byte[0]);

    assertThat(answer.statusCode()).isEqualTo(500);
    assertThat(answer.headers().firstValue("x-amzn-ErrorType")).hasValue("InternalServerException");
  }

  @Test
  void refusesQueriesThatCannotBeDecoded() throws Exception {
    assertThat(exchange("GET /x?a=%zz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 400 ");
  }

  @Test
  void refusesWhatIsNotHttp() throws Exception {
    assertThat(exchange("nonsense\r\n\r\n")).startsWith("HTTP/1.1 400 ").doesNotContain("<html");
  }

  @Test
  void asksForTheBodyWhenTheClientWaits() throws Exception {
    String head =
        "POST /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: "
            + RawHttp.authorization("echo")
            + "\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
    try (Socket socket = connect()) {
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      byte[] interim = socket.getInputStream().readNBytes("HTTP/1.1 100 ".length());
      assertThat(new String(interim, StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 100 ");
      socket.getOutputStream().write("body".getBytes(StandardCharsets.US_ASCII));
      String rest = read(socket.getInputStream());
      assertThat(rest).contains("HTTP/1.1 200 ").endsWith("body");
    }
  }

  private Socket connect() throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), edge.endpoint().orElseThrow().getPort());
  }

  private String exchange(String request) throws IOException {
    try (Socket socket = connect()) {
      OutputStream out = socket.getOutputStream();
      out.write(request.getBytes(StandardCharsets.US_ASCII));
      return read(socket.getInputStream());
    }
  }

  private static String read(InputStream in) throws IOException {
    return new String(in.readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void injectsFaultsOnlyWhereTheyAreAimedAndAsOftenAsAllowed() throws Exception {
    faults.add(new Rule("echo", "Do", Fault.THROTTLE, 1, 2));

    for (int status : List.of(400, 400, 200)) {
      assertThat(post("Do").statusCode()).isEqualTo(status);
    }
    assertThat(post("Other").statusCode()).isEqualTo(200);
    assertThat(faults.injected(Fault.THROTTLE)).isEqualTo(2);
    assertThat(calls).hasValue(2);
  }

  private HttpResponse<String> post(String operation) throws Exception {
    return http.send("echo", "POST", "/", new byte[0], "X-Amz-Target", "Echo_1." + operation);
  }

  @Test
  void cutsConnectionsBeforeOrAfterTheCall() throws Exception {
    faults.add(new Rule("*", "*", Fault.CUT_BEFORE, 1, 1));
    assertThatThrownBy(() -> post("Do")).isInstanceOf(IOException.class);
    assertThat(calls).hasValue(0);

    faults.add(new Rule("*", "*", Fault.CUT_AFTER, 1, 1));
    assertThatThrownBy(() -> post("Do")).isInstanceOf(IOException.class);
    assertThat(calls).hasValue(1);
  }

  @Test
  void injectedServerErrorsDoNotReachTheService() throws Exception {
    faults.add(Rule.of("echo", "*", Fault.SERVER_ERROR, 1));

    assertThat(post("Do").statusCode()).isEqualTo(500);
    assertThat(calls).hasValue(0);
    faults.clear();
    assertThat(post("Do").statusCode()).isEqualTo(200);
  }

  @Test
  void sameSeedDrawsTheSameFaults() {
    for (int i = 0; i < 3; i++) {
      FaultInjector one = new FaultInjector(42).add(Rule.of("*", "*", Fault.THROTTLE, 0.3));
      FaultInjector other = new FaultInjector(42).add(Rule.of("*", "*", Fault.THROTTLE, 0.3));
      for (int n = 0; n < 200; n++) {
        assertThat(one.draw("s", "o")).isEqualTo(other.draw("s", "o"));
      }
      assertThat(one.injected(Fault.THROTTLE)).isBetween(30L, 90L);
    }
  }
}
