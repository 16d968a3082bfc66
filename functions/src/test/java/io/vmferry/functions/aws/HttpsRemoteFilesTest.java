package io.vmferry.functions.aws;

import static io.vmferry.functions.aws.TestClients.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.functions.aws.ScriptedServer.Answer;
import io.vmferry.functions.aws.ScriptedServer.Request;
import io.vmferry.functions.port.RemoteFiles.RemoteFile;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HttpsRemoteFilesTest {
  private static final byte[] CONTENT = new byte[100_000];
  private static final String VERSION = "\"v1\"";

  static {
    new Random(3).nextBytes(CONTENT);
  }

  private final ScriptedServer server = new ScriptedServer();
  private final List<Duration> pauses = new ArrayList<>();
  private final HttpsRemoteFiles files = files(address -> true);

  @AfterEach
  void close() {
    files.close();
    server.close();
  }

  private HttpsRemoteFiles files(AddressPolicy addresses) {
    return new HttpsRemoteFiles(addresses, Set.of("http"), Duration.ofSeconds(2), pauses::add);
  }

  private URI url() {
    return URI.create(server.endpoint() + "/a%20b/disk.vmdk?signature=" + TestClients.SECRET);
  }

  /** Serves ranges of a file as web servers do. */
  private static Answer ranges(byte[] content, String eTag) {
    return exchange -> serveRange(exchange, content, eTag, content.length);
  }

  /** The same, but each connection is cut after some bytes. */
  private static Answer rangesCut(byte[] content, String eTag, int after) {
    return exchange -> serveRange(exchange, content, eTag, after);
  }

  private static void serveRange(HttpExchange exchange, byte[] content, String eTag, int after)
      throws IOException {
    Matcher range =
        Pattern.compile("bytes=(\\d+)-(\\d+)")
            .matcher(exchange.getRequestHeaders().getFirst("Range"));
    assertThat(range.matches()).isTrue();
    int first = Integer.parseInt(range.group(1));
    int last = Math.min(Integer.parseInt(range.group(2)), content.length - 1);
    exchange.getResponseHeaders().set("ETag", eTag);
    exchange
        .getResponseHeaders()
        .set("Content-Range", "bytes %d-%d/%d".formatted(first, last, content.length));
    exchange.sendResponseHeaders(206, last - first + 1);
    exchange.getResponseBody().write(content, first, Math.min(after, last - first + 1));
    exchange.getResponseBody().flush();
  }

  private static Answer status(int status) {
    return Answer.of(status, Map.of(), "");
  }

  private static Answer redirect(String location) {
    return Answer.of(302, Map.of("Location", location), "moved");
  }

  private RemoteFile file() {
    return new RemoteFile(url(), CONTENT.length, Optional.of(VERSION), true);
  }

  private byte[] read(RemoteFile file, long offset, long length) throws IOException {
    try (InputStream in = files.read(file, offset, length)) {
      return in.readAllBytes();
    }
  }

  @Test
  void looksWithAGetForTheFirstByteAndAsksForNoCompression() {
    server.answer(ranges(CONTENT, VERSION));

    assertThat(files.look(url())).isEqualTo(file());

    Request request = server.requests().getFirst();
    assertThat(request.method()).isEqualTo("GET");
    assertThat(request.header("Range")).contains("bytes=0-0");
    assertThat(request.header("Accept-Encoding")).contains("identity");
    assertThat(request.uri().getRawPath()).isEqualTo("/a%20b/disk.vmdk");
    assertThat(request.uri().getRawQuery()).isEqualTo("signature=" + TestClients.SECRET);
  }

  @Test
  void aServerWithoutRangesServesTheWholeFile() throws IOException {
    server.answer(Answer.of(200, Map.of("Last-Modified", "Sun, 01 Mar 2026"), CONTENT));

    RemoteFile file = files.look(url());

    assertThat(file)
        .isEqualTo(new RemoteFile(url(), CONTENT.length, Optional.of("Sun, 01 Mar 2026"), false));
    assertThat(read(file, 0, CONTENT.length)).isEqualTo(CONTENT);
    assertThat(server.requests().getLast().header("Range")).isEmpty();
    assertThatThrownBy(() -> files.open(file)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> files.read(file, 1, 10)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aWeakETagIsNoVersionButADateIs() {
    server.answer(
        Answer.of(200, Map.of("ETag", "W/\"a\"", "Last-Modified", "Sun, 01 Mar 2026"), CONTENT),
        Answer.of(200, Map.of("ETag", "W/\"a\""), CONTENT));

    assertThat(files.look(url()).version()).contains("Sun, 01 Mar 2026");
    assertThat(files.look(url()).version()).isEmpty();
  }

  @Test
  void anEmptyFileHasNoFirstByte() {
    server.answer(
        Answer.of(416, Map.of("Content-Range", "bytes */0"), ""),
        Answer.of(200, Map.of("Content-Length", "0"), ""));

    assertThat(files.look(url()).size()).isZero();
    assertThat(files.look(url()).size()).isZero();
  }

  @Test
  void aFileOfUnknownSizeIsRefused() {
    server.answer(
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write(CONTENT);
        },
        Answer.of(206, Map.of("Content-Range", "bytes 0-0/*"), "x"),
        Answer.of(200, Map.of("Content-Encoding", "gzip"), "x"));

    assertFails(ErrorCode.SOURCE_SIZE_UNKNOWN, () -> files.look(url()));
    assertFails(ErrorCode.SOURCE_SIZE_UNKNOWN, () -> files.look(url()));
    assertFails(ErrorCode.SOURCE_SIZE_UNKNOWN, () -> files.look(url()))
        .hasMessageContaining("gzip");
  }

  @ParameterizedTest
  @CsvSource({
    "404, SOURCE_NOT_FOUND",
    "410, SOURCE_NOT_FOUND",
    "401, SOURCE_ACCESS_DENIED",
    "403, SOURCE_ACCESS_DENIED",
    "400, SOURCE_ACCESS_DENIED",
    "204, SOURCE_UNREACHABLE",
  })
  void refusalsAreNotTriedAgain(int status, ErrorCode expected) {
    server.answer(status(status));

    assertFails(expected, () -> files.look(url())).hasMessageContaining("/a%20b/disk.vmdk: ");
    assertThat(server.requests()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {408, 425, 429, 500, 502, 503})
  void failuresThatMayPassAreTriedAgain(int status) {
    server.answer(status(status), status(status), ranges(CONTENT, VERSION));

    assertThat(files.look(url()).size()).isEqualTo(CONTENT.length);
    assertThat(pauses).hasSize(2);
  }

  @Test
  void failuresThatDoNotPassEndAfterAFewAttempts() {
    server.answer(status(503));

    assertFails(ErrorCode.SOURCE_UNREACHABLE, () -> files.look(url()))
        .hasMessageContaining("503")
        .hasMessageContaining("after 4 attempts");
    assertThat(server.requests()).hasSize(4);
  }

  @Test
  void saysWhyS3RefusesAndKeepsTheRestOfItsAnswerToItself() {
    server.answer(
        Answer.of(
            403,
            Map.of(),
            "<Error><Code>AccessDenied</Code><Message>Request has expired</Message><StringToSign>%s</StringToSign></Error>"
                .formatted(TestClients.SECRET)));

    assertFails(ErrorCode.SOURCE_ACCESS_DENIED, () -> files.look(url()))
        .hasMessageContaining("403 Forbidden, 'Request has expired'");
  }

  @Test
  void anAddressThatIsNotAllowedIsRefusedBeforeAnyConnection() {
    try (HttpsRemoteFiles strict = files(AddressPolicy.PUBLIC)) {
      assertFails(ErrorCode.SOURCE_ADDRESS_REFUSED, () -> strict.look(url()))
          .hasMessageContaining("127.0.0.1");
      URI byName = URI.create(url().toString().replace("127.0.0.1", "localhost"));
      assertFails(ErrorCode.SOURCE_ADDRESS_REFUSED, () -> strict.look(byName));
      URI asNumber = URI.create(url().toString().replace("127.0.0.1", "2130706433"));
      assertFails(ErrorCode.SOURCE_ADDRESS_REFUSED, () -> strict.look(asNumber));
      URI mapped = URI.create(url().toString().replace("127.0.0.1", "[::ffff:127.0.0.1]"));
      assertFails(ErrorCode.SOURCE_ADDRESS_REFUSED, () -> strict.look(mapped));
    }

    assertThat(server.requests()).isEmpty();
  }

  @Test
  void aRedirectToAnAddressThatIsNotAllowedIsRefused() {
    InetAddress allowed = InetAddress.ofLiteral("127.0.0.1");
    server.answer(redirect("http://127.0.0.9:1/metadata?token=" + TestClients.SECRET));
    try (HttpsRemoteFiles strict = files(allowed::equals)) {
      assertFails(ErrorCode.SOURCE_ADDRESS_REFUSED, () -> strict.look(url()))
          .hasMessageContaining("redirects to http://127.0.0.9:1/metadata");
    }
  }

  @Test
  void redirectsAreFollowedWithTheRange() {
    server.answer(redirect("/other?x=1"), redirect(server.endpoint() + "/third"));
    server.answer(ranges(CONTENT, VERSION));

    assertThat(files.look(url())).isEqualTo(file());

    assertThat(server.requests())
        .extracting(request -> request.uri().toString())
        .endsWith("/other?x=1", "/third");
    assertThat(server.requests().getLast().header("Range")).contains("bytes=0-0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"https://example.com/a", "ftp://example.com/a", "file:///etc/passwd"})
  void aRedirectToAnotherSchemeIsRefused(String location) {
    server.answer(redirect(location));

    assertFails(ErrorCode.SOURCE_LOCATION_INVALID, () -> files.look(url()))
        .hasMessageContaining("redirects to");
  }

  @Test
  void redirectsWithoutEndOrLocationAreRefused() {
    server.answer(redirect("/again"));
    assertFails(ErrorCode.SOURCE_UNREACHABLE, () -> files.look(url()))
        .hasMessageContaining("more than 5 times");
    assertThat(server.requests()).hasSize(6);

    server.answer(status(302));
    assertFails(ErrorCode.SOURCE_UNREACHABLE, () -> files.look(url()))
        .hasMessageContaining("not to a valid location");
  }

  @Test
  void onlyHttpsIsAllowedUnlessToldOtherwise() {
    try (HttpsRemoteFiles https = new HttpsRemoteFiles()) {
      assertFails(ErrorCode.SOURCE_LOCATION_INVALID, () -> https.look(url()));
      assertFails(
          ErrorCode.SOURCE_LOCATION_INVALID,
          () -> https.look(URI.create("https:opaque?" + TestClients.SECRET)));
      assertFails(
          ErrorCode.SOURCE_ADDRESS_REFUSED,
          () -> https.look(URI.create("https://127.0.0.1/?" + TestClients.SECRET)));
    }
    assertThat(server.requests()).isEmpty();
  }

  @Test
  void userInformationIsSentToItsOwnServerOnly() {
    URI withUser =
        URI.create(url().toString().replace("http://", "http://user:" + TestClients.SECRET + "@"));
    try (ScriptedServer other = new ScriptedServer()) {
      server.answer(redirect("/same"), redirect(other.endpoint() + "/else"));
      other.answer(status(404));

      assertFails(ErrorCode.SOURCE_NOT_FOUND, () -> files.look(withUser));

      assertThat(server.requests())
          .allMatch(request -> request.header("Authorization").orElse("").startsWith("Basic "));
      assertThat(other.requests().getFirst().header("Authorization")).isEmpty();
    }
  }

  @Test
  void readsRanges() throws IOException {
    server.answer(ranges(CONTENT, VERSION));

    assertThat(read(file(), 500, 30_000)).isEqualTo(Arrays.copyOfRange(CONTENT, 500, 30_500));
    assertThat(read(file(), CONTENT.length, 0)).isEmpty();
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void readsAtRandomIntoAnyBuffer() throws IOException {
    server.answer(ranges(CONTENT, VERSION));
    try (ByteSource source = files.open(file())) {
      assertThat(source.size()).isEqualTo(CONTENT.length);
      assertThat(source.name()).isEqualTo(server.endpoint() + "/a%20b/disk.vmdk");
      for (ByteBuffer destination :
          List.of(
              ByteBuffer.allocate(70_000),
              ByteBuffer.allocateDirect(70_000),
              ByteBuffer.allocate(70_007).position(7).slice())) {
        source.readFully(1234, destination);
        assertThat(destination.flip()).isEqualTo(ByteBuffer.wrap(CONTENT, 1234, 70_000));
      }
      assertThatThrownBy(() -> source.readFully(CONTENT.length, ByteBuffer.allocate(1)))
          .isInstanceOf(EOFException.class);
    }
  }

  @Test
  void aConnectionThatBreaksOffIsContinuedWhereItBroke() throws IOException {
    server.answer(
        rangesCut(CONTENT, VERSION, 10_000),
        status(503),
        rangesCut(CONTENT, VERSION, 20_000),
        ranges(CONTENT, VERSION));

    assertThat(read(file(), 5, 90_000)).isEqualTo(Arrays.copyOfRange(CONTENT, 5, 90_005));

    assertThat(server.requests())
        .extracting(request -> request.header("Range").orElse(""))
        .containsExactly(
            "bytes=5-90004", "bytes=10005-90004", "bytes=10005-90004", "bytes=30005-90004");
  }

  @Test
  void aServerThatBreaksOffAgainAndAgainIsGivenUp() {
    server.answer(rangesCut(CONTENT, VERSION, 1));

    assertFails(ErrorCode.SOURCE_UNREACHABLE, () -> read(file(), 0, 90_000))
        .hasMessageContaining("at offset 5")
        .hasMessageContaining("after 5 attempts");
    assertThat(server.requests()).hasSize(5);
  }

  @Test
  void aWholeFileThatBreaksOffCannotBeContinued() {
    server.answer(Answer.cut(200, Map.of(), CONTENT, 10_000));
    RemoteFile whole = new RemoteFile(url(), CONTENT.length, Optional.empty(), false);

    assertFails(ErrorCode.SOURCE_UNREACHABLE, () -> read(whole, 0, CONTENT.length));
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void aFileOfAnotherVersionSizeOrGoneHasChanged() {
    byte[] shorter = Arrays.copyOf(CONTENT, 50_000);
    server.answer(
        ranges(CONTENT, "\"v2\""),
        ranges(shorter, VERSION),
        status(404),
        status(416),
        Answer.of(200, Map.of("ETag", "\"v2\""), CONTENT),
        Answer.of(200, Map.of("ETag", VERSION), shorter));

    for (int i = 0; i < 6; i++) {
      assertFails(ErrorCode.SOURCE_CHANGED, () -> read(file(), 10, 100));
    }
    assertThat(server.requests()).hasSize(6);
  }

  @Test
  void aFileThatChangesWhileItIsReadFailsTheRest() {
    server.answer(rangesCut(CONTENT, VERSION, 10_000), ranges(CONTENT, "\"v2\""));

    assertFails(ErrorCode.SOURCE_CHANGED, () -> read(file(), 0, 90_000));
  }

  @Test
  void anAnswerWithAnotherRangeIsNotTaken() {
    server.answer(
        Answer.of(
            206,
            Map.of("Content-Range", "bytes 0-99/" + CONTENT.length, "ETag", VERSION),
            Arrays.copyOf(CONTENT, 100)));

    assertFails(ErrorCode.SOURCE_UNREACHABLE, () -> read(file(), 10, 100))
        .hasMessageContaining("bytes 0 to 99 instead of 10 to 109");
  }

  @Test
  void aServerThatIsSilentIsGivenUp() {
    server.answer(
        exchange -> {
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });

    assertFails(ErrorCode.SOURCE_UNREACHABLE, () -> files.look(url()))
        .hasMessageContaining("timed out");
  }

  @Test
  void closingEarlyDoesNotReadTheRest() throws IOException {
    server.answer(ranges(CONTENT, VERSION));
    try (InputStream in = files.read(file(), 0, CONTENT.length)) {
      assertThat(in.read()).isEqualTo(CONTENT[0] & 0xff);
    }

    assertThat(files.look(url()).size()).isEqualTo(CONTENT.length);
  }
}
