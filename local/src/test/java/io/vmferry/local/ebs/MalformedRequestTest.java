package io.vmferry.local.ebs;

import static io.vmferry.local.ebs.EbsFixture.base64;
import static io.vmferry.local.ebs.EbsFixture.block;
import static io.vmferry.local.ebs.EbsFixture.sha256;
import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.local.RawHttp;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the EBS direct APIs answer to requests that no SDK sends. */
class MalformedRequestTest {
  @TempDir Path state;
  private EbsFixture fixture;
  private RawHttp http;

  @BeforeEach
  void open() {
    fixture = new EbsFixture(state);
    http = new RawHttp(fixture.aws.endpoint());
  }

  @AfterEach
  void close() {
    http.close();
    fixture.close();
  }

  private HttpResponse<String> start(String body) throws Exception {
    return http.send("ebs", "POST", "/snapshots", body.getBytes(StandardCharsets.UTF_8));
  }

  private static void assertError(HttpResponse<String> answer, int status, String code) {
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.headers().firstValue("x-amzn-ErrorType")).hasValue(code);
    assertThat(answer.headers().firstValue("x-amzn-RequestId")).isPresent();
  }

  private static void assertInvalid(HttpResponse<String> answer, String inMessage) {
    assertError(answer, 400, "ValidationException");
    assertThat(answer.body())
        .contains("\"Reason\":\"INVALID_PARAMETER_VALUE\"")
        .contains(inMessage);
  }

  @Test
  void refusesUnknownBodyMembers() throws Exception {
    assertInvalid(start("{\"VolumeSize\":1,\"Colour\":\"red\"}"), "Unknown member 'Colour'");
    assertInvalid(
        start("{\"VolumeSize\":1,\"Tags\":[{\"Key\":\"k\",\"Val\":\"v\"}]}"),
        "Unknown member 'Val'");
  }

  @Test
  void refusesBodiesThatAreNoObjectOfTheRightTypes() throws Exception {
    for (String body :
        List.of(
            "",
            "null",
            "[]",
            "{",
            "{\"VolumeSize\":\"1\"}",
            "{\"VolumeSize\":1.5}",
            "{\"VolumeSize\":1e400}",
            "{\"VolumeSize\":99999999999999999999}",
            "{\"VolumeSize\":1} x",
            "{\"VolumeSize\":1,\"VolumeSize\":2}",
            "{\"VolumeSize\":1,\"Description\":7}",
            "{\"VolumeSize\":1,\"Encrypted\":\"yes\"}")) {
      assertError(start(body), 400, "ValidationException");
    }
    assertThat(fixture.aws.snapshots().all()).isEmpty();
  }

  @Test
  void refusesUnknownAndRepeatedQueryParameters() throws Exception {
    String id = fixture.completed(0);

    assertInvalid(
        http.send("ebs", "GET", "/snapshots/" + id + "/blocks?maxResult=100", new byte[0]),
        "Unknown query parameter 'maxResult'");
    assertInvalid(
        http.send(
            "ebs",
            "GET",
            "/snapshots/" + id + "/blocks?maxResults=100&maxResults=200",
            new byte[0]),
        "given twice");
    assertInvalid(
        http.send("ebs", "GET", "/snapshots/" + id + "/blocks?maxResults=many", new byte[0]),
        "not an integer");
  }

  @Test
  void refusesUnknownHeaders() throws Exception {
    String id = fixture.start(1);

    assertInvalid(
        http.send(
            "ebs",
            "POST",
            "/snapshots/completion/" + id,
            new byte[0],
            "x-amz-ChangedBlocksCount",
            "0",
            "x-amz-Progress",
            "100"),
        "Unknown header 'x-amz-progress'");
    assertThat(fixture.status(id)).isEqualTo("pending");
  }

  @Test
  void refusesHeadersThatAreNoNumbers() throws Exception {
    String id = fixture.start(1);

    assertInvalid(
        http.send(
            "ebs",
            "POST",
            "/snapshots/completion/" + id,
            new byte[0],
            "x-amz-ChangedBlocksCount",
            "99999999999"),
        "not an integer");
  }

  @Test
  void refusesContentEncodings() throws Exception {
    String id = fixture.start(1);

    HttpResponse<String> answer =
        http.send(
            "ebs",
            "PUT",
            "/snapshots/" + id + "/blocks/0",
            block(0),
            "x-amz-Data-Length",
            "524288",
            "x-amz-Checksum",
            base64(sha256(block(0))),
            "x-amz-Checksum-Algorithm",
            "SHA256",
            "Content-Encoding",
            "gzip");

    assertError(answer, 400, "ValidationException");
    assertThat(answer.body()).contains("INVALID_CONTENT_ENCODING");
  }

  @Test
  void refusesBlockIndexesThatAreNoNumbers() throws Exception {
    String id = fixture.start(1);

    assertError(
        http.send("ebs", "PUT", "/snapshots/" + id + "/blocks/first", block(0)),
        400,
        "ValidationException");
    assertError(
        http.send("ebs", "PUT", "/snapshots/" + id + "/blocks/4294967296", block(0)),
        400,
        "ValidationException");
  }

  @Test
  void knowsNoOtherOperations() throws Exception {
    for (String path : List.of("/", "/snapshots/x", "/volumes", "/snapshots/x/blocks/0/data")) {
      assertError(http.send("ebs", "GET", path, new byte[0]), 404, "UnknownOperationException");
    }
    assertError(
        http.send("ebs", "DELETE", "/snapshots/x/blocks", new byte[0]),
        404,
        "UnknownOperationException");
  }

  @Test
  void refusesPathsInPlaceOfIds() throws Exception {
    HttpResponse<String> answer =
        http.send("ebs", "GET", "/snapshots/..%2f..%2fetc/blocks", new byte[0]);

    assertError(answer, 400, "ValidationException");
    assertThat(answer.body()).contains("INVALID_SNAPSHOT_ID");
  }
}
