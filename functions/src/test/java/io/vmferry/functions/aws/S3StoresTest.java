package io.vmferry.functions.aws;

import static io.vmferry.functions.aws.TestClients.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.functions.aws.ScriptedServer.Answer;
import io.vmferry.functions.aws.ScriptedServer.Request;
import io.vmferry.functions.task.ObjectVersion;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.s3.S3Client;

final class S3StoresTest {
  private static final ObjectVersion OBJECT = new ObjectVersion("bucket", "key", "\"e1\"", 1000);

  private final ScriptedServer server = new ScriptedServer();
  private final S3Client s3 = TestClients.s3(server.endpoint());
  private final S3ObjectStore objects = new S3ObjectStore(() -> s3);
  private final S3UploadStore uploads = new S3UploadStore(() -> s3);

  @AfterEach
  void close() {
    server.close();
  }

  private static Answer error(int status, String code, Map<String, String> headers) {
    Map<String, String> all = new HashMap<>(headers);
    all.put("Content-Type", "application/xml");
    return Answer.of(
        status,
        all,
        "<Error><Code>%s</Code><Message>as told</Message><StringToSign>%s</StringToSign></Error>"
            .formatted(code, TestClients.SECRET));
  }

  private static Answer error(int status, String code) {
    return error(status, code, Map.of());
  }

  private static byte[] content(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  private void readRange() throws IOException {
    try (ByteSource source = objects.open(OBJECT)) {
      source.readFully(100, ByteBuffer.allocate(200));
    }
  }

  @ParameterizedTest
  @CsvSource({"301, PermanentRedirect", "400, AuthorizationHeaderMalformed"})
  void namesBothRegionsWhereABucketIsInAnother(int status, String code) {
    server.answer(error(status, code, Map.of("x-amz-bucket-region", "us-east-2")));

    assertFails(ErrorCode.SOURCE_REGION_MISMATCH, () -> objects.head("bucket", "key"))
        .hasMessageContaining("s3://bucket/key is in us-east-2, the stack in eu-west-1");
    assertFails(ErrorCode.SOURCE_REGION_MISMATCH, () -> objects.read("bucket", "key"))
        .hasMessageContaining("us-east-2");
    assertFails(ErrorCode.SOURCE_REGION_MISMATCH, this::readRange);
  }

  @ParameterizedTest
  @CsvSource({
    "404, NoSuchKey, SOURCE_NOT_FOUND, SOURCE_CHANGED",
    "404, NoSuchBucket, SOURCE_NOT_FOUND, SOURCE_CHANGED",
    "403, AccessDenied, SOURCE_ACCESS_DENIED, SOURCE_ACCESS_DENIED",
    "403, InvalidObjectState, SOURCE_ACCESS_DENIED, SOURCE_ACCESS_DENIED",
    "412, PreconditionFailed, SOURCE_CHANGED, SOURCE_CHANGED",
    "416, InvalidRange, INTERNAL, SOURCE_CHANGED",
    "503, SlowDown, SERVICE_THROTTLED, SERVICE_THROTTLED",
    "500, InternalError, SERVICE_UNAVAILABLE, SERVICE_UNAVAILABLE",
  })
  void tellsWhatAFailureOfASourceMeans(
      int status, String code, ErrorCode firstSeen, ErrorCode pinned) {
    server.answer(error(status, code));

    assertFails(firstSeen, () -> objects.read("bucket", "key"))
        .hasMessageContaining("s3://bucket/key");
    assertFails(pinned, this::readRange).hasMessageContaining("s3://bucket/key");
  }

  @Test
  void aPinnedReadDemandsTheETagOfItsVersion() throws IOException {
    server.answer(Answer.of(206, Map.of("ETag", "\"e1\""), content(200)));

    readRange();

    Request request = server.requests().getFirst();
    assertThat(request.header("If-Match")).contains("\"e1\"");
    assertThat(request.header("Range")).contains("bytes=100-299");
    assertThat(request.header("x-amz-checksum-mode")).isEmpty();
  }

  @Test
  void aBodyThatBreaksOffIsReadAgainFromItsStart() throws IOException {
    byte[] content = content(200);
    server.answer(Answer.cut(206, Map.of(), new byte[200], 150), Answer.of(206, Map.of(), content));
    ByteBuffer destination = ByteBuffer.allocate(210).position(10);

    try (ByteSource source = objects.open(OBJECT)) {
      source.readFully(100, destination);
    }

    assertThat(destination.flip().position(10)).isEqualTo(ByteBuffer.wrap(content));
    assertThat(server.requests()).hasSize(2);
  }

  @Test
  void aBodyThatAlwaysBreaksOffIsAServiceThatFails() {
    server.answer(Answer.cut(206, Map.of(), content(200), 150));

    assertFails(ErrorCode.SERVICE_UNAVAILABLE, this::readRange)
        .hasMessageContaining("broke off after");
    assertThat(server.requests()).hasSize(3);
  }

  @Test
  void anAnswerLongerThanTheRangeIsNotTaken() {
    server.answer(Answer.of(206, Map.of(), content(201)));

    assertFails(ErrorCode.SERVICE_UNAVAILABLE, this::readRange);
  }

  @Test
  void aPutCarriesItsMd5AndNoTrailer() {
    server.answer(Answer.of(200, Map.of("ETag", "\"e\""), ""));
    byte[] content = content(3000);

    objects.put("bucket", "key", content);

    Request request = server.requests().getFirst();
    assertThat(request.header("Content-MD5")).contains(Digests.md5(content));
    assertThat(request.header("x-amz-trailer")).isEmpty();
  }

  @Test
  void anObjectThatMayNotBeDeletedEndsTheDeletingOfItsPrefix() {
    server.answer(
        Answer.of(
            200,
            Map.of(),
            "<ListBucketResult><Contents><Key>a/b</Key></Contents></ListBucketResult>"),
        Answer.of(
            200,
            Map.of(),
            "<DeleteResult><Error><Key>a/b</Key><Code>AccessDenied</Code><Message>as told</Message></Error></DeleteResult>"));

    assertFails(ErrorCode.SERVICE_ACCESS_DENIED, () -> objects.delete("bucket", "a/"))
        .hasMessageContaining("s3:DeleteObject on s3://bucket/a/b");
  }

  @Test
  void aPartOfAnUploadThatIsGoneSaysSo() {
    server.answer(error(404, "NoSuchUpload"));

    assertFails(
            ErrorCode.TASK_STATE_CONFLICT,
            () -> uploads.uploadPart("bucket", "key", "id", 1, InputStream.nullInputStream(), 0))
        .hasMessageContaining("upload id of s3://bucket/key");
  }

  @Test
  void anUploadThatIsGoneWithAnObjectOfAnotherOriginIsNotTakenForCompleted() {
    server.answer(
        error(404, "NoSuchUpload"),
        Answer.of(200, Map.of("ETag", "\"0123456789abcdef\"", "Content-Length", "5"), ""));

    assertFails(ErrorCode.TASK_STATE_CONFLICT, () -> uploads.complete("bucket", "key", "id"));
  }

  @Test
  void anUploadThatIsGoneWithItsObjectThereWasCompletedBefore() {
    server.answer(
        error(404, "NoSuchUpload"), Answer.of(200, Map.of("ETag", "\"0123456789abcdef-2\""), ""));

    uploads.complete("bucket", "key", "id");

    assertThat(server.requests()).extracting(Request::method).containsExactly("GET", "HEAD");
  }

  @Test
  void aPartInMemoryIsSentAgainWithItsMd5() {
    server.answer(error(500, "InternalError"), Answer.of(200, Map.of("ETag", "\"p\""), ""));
    byte[] content = content(100_000);

    String eTag =
        uploads.uploadPart(
            "bucket", "key", "id", 3, new ByteArrayInputStream(content), content.length);

    assertThat(eTag).isEqualTo("\"p\"");
    assertThat(server.requests()).hasSize(2);
    assertThat(server.requests().getLast().header("Content-MD5")).contains(Digests.md5(content));
  }

  /** Zeros, read as they are asked for; fails or not after some. */
  private static InputStream zeros(long length, boolean fails) {
    return new InputStream() {
      private long left = length;

      @Override
      public int read() throws IOException {
        return read(new byte[1], 0, 1) < 0 ? -1 : 0;
      }

      @Override
      public int read(byte[] destination, int offset, int count) throws IOException {
        if (left == 0) {
          if (fails) {
            throw new IOException("the source broke");
          }
          return -1;
        }
        int given = (int) Math.min(left, count);
        left -= given;
        return given;
      }
    };
  }

  @Test
  void aLargePartIsSentAsItIsRead() {
    server.answer(Answer.of(200, Map.of("ETag", "\"p\""), ""));
    long length = S3UploadStore.BUFFERED_PART + 1L;

    assertThat(uploads.uploadPart("bucket", "key", "id", 1, zeros(length, false), length))
        .isEqualTo("\"p\"");

    assertThat(server.requests().getFirst().length()).isGreaterThanOrEqualTo(length);
  }

  @Test
  void aLargePartWhoseSourceFailsFailsAsTheSource() {
    server.answer(Answer.of(200, Map.of("ETag", "\"p\""), ""));
    long length = S3UploadStore.BUFFERED_PART + 1L;

    assertThatThrownBy(
            () -> uploads.uploadPart("bucket", "key", "id", 1, zeros(5000, true), length))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("the source broke");
  }

  @Test
  void aLargePartThatFailsIsNotSentWithWhatIsLeftOfIt() {
    server.answer(error(500, "InternalError"));
    long length = S3UploadStore.BUFFERED_PART + 1L;

    assertFails(
        ErrorCode.SERVICE_UNAVAILABLE,
        () -> uploads.uploadPart("bucket", "key", "id", 1, zeros(length, false), length));
    assertThat(server.requests()).hasSize(1);
  }
}
