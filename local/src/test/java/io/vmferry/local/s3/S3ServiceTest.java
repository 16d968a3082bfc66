package io.vmferry.local.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.local.Clients;
import io.vmferry.local.EmbeddedAws;
import io.vmferry.local.MovableClock;
import io.vmferry.local.RawHttp;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.Delete;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class S3ServiceTest {
  private static final String BUCKET = "bucket";
  private static final int PART_BYTES = 5 * 1024 * 1024;

  private final MovableClock clock = new MovableClock(Instant.now());
  private EmbeddedAws aws;
  private S3Client s3;

  @BeforeAll
  void start(@TempDir Path state) {
    aws = EmbeddedAws.start(EmbeddedAws.Options.of(state).withClock(clock));
    s3 = Clients.s3(aws.endpoint());
    s3.createBucket(request -> request.bucket(BUCKET));
  }

  @AfterAll
  void stop() {
    s3.close();
    aws.close();
  }

  private static byte[] random(int seed, int length) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private PutObjectResponse put(String key, byte[] bytes) {
    return s3.putObject(r -> r.bucket(BUCKET).key(key), RequestBody.fromBytes(bytes));
  }

  private byte[] get(String key) {
    return s3.getObjectAsBytes(r -> r.bucket(BUCKET).key(key)).asByteArray();
  }

  @Test
  void objectComesBackWithItsDigestAsETag() throws Exception {
    byte[] bytes = random(1, 3_000_000);

    PutObjectResponse put = put("dir/an object+with=signs", bytes);

    String md5 = HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes));
    assertThat(put.eTag()).isEqualTo('"' + md5 + '"');
    assertThat(get("dir/an object+with=signs")).isEqualTo(bytes);
    HeadObjectResponse head = s3.headObject(r -> r.bucket(BUCKET).key("dir/an object+with=signs"));
    assertThat(head.eTag()).isEqualTo(put.eTag());
    assertThat(head.contentLength()).isEqualTo(bytes.length);
  }

  @Test
  void placedFileIsAnObjectLikeOthers(@TempDir Path folder) throws Exception {
    byte[] bytes = random(21, 3_000_000);
    Path file = Files.write(folder.resolve("file"), bytes);
    AtomicLong copied = new AtomicLong();

    aws.placeObject(BUCKET, "placed/one", file, copied::addAndGet);
    HeadObjectResponse first = s3.headObject(r -> r.bucket(BUCKET).key("placed/one"));
    aws.placeObject(BUCKET, "placed/one", file, copied::addAndGet);
    HeadObjectResponse second = s3.headObject(r -> r.bucket(BUCKET).key("placed/one"));

    assertThat(copied).hasValue(6_000_000);
    assertThat(get("placed/one")).isEqualTo(bytes);
    assertThat(second.contentLength()).isEqualTo(bytes.length);
    assertThat(second.eTag()).matches("\"[0-9a-f]{32}-1\"").isNotEqualTo(first.eTag());
    assertThat(
            s3.getObjectAsBytes(
                    r ->
                        r.bucket(BUCKET)
                            .key("placed/one")
                            .ifMatch(second.eTag())
                            .range("bytes=1000-1999"))
                .asByteArray())
        .isEqualTo(Arrays.copyOfRange(bytes, 1000, 2000));
    assertThatThrownBy(
            () ->
                s3.getObjectAsBytes(r -> r.bucket(BUCKET).key("placed/one").ifMatch(first.eTag())))
        .isInstanceOfSatisfying(S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(412));
    assertThat(s3.listObjectsV2(r -> r.bucket(BUCKET).prefix("placed/")).contents())
        .singleElement()
        .satisfies(object -> assertThat(object.eTag()).isEqualTo(second.eTag()));
    // The file is the owner's: what he does to it later is not the object's business.
    Files.write(file, new byte[10]);
    assertThat(get("placed/one")).isEqualTo(bytes);
    s3.deleteObject(r -> r.bucket(BUCKET).key("placed/one"));
    assertThat(file).exists();
  }

  @Test
  void filesArePlacedInBucketsOnly(@TempDir Path folder) throws Exception {
    Path file = Files.write(folder.resolve("file"), new byte[10]);
    for (String key : List.of("", "a/", "../outside", "a/../../outside", ".")) {
      assertThatThrownBy(() -> aws.placeObject(BUCKET, key, file, copied -> {}))
          .as(key)
          .isInstanceOf(IllegalArgumentException.class);
    }
    for (String bucket : List.of("..", "a/b", ".")) {
      assertThatThrownBy(() -> aws.placeObject(bucket, "key", file, copied -> {}))
          .as(bucket)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> aws.placeObject("no-such-bucket", "key", file, copied -> {}))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(
            () -> aws.placeObject(BUCKET, "missing/key", folder.resolve("none"), copied -> {}))
        .isInstanceOf(NoSuchFileException.class);
    assertThat(s3.listObjectsV2(r -> r.bucket(BUCKET).prefix("missing/")).contents()).isEmpty();
  }

  @Test
  void wrongChecksumIsRefused() {
    assertThatThrownBy(
            () ->
                s3.putObject(
                    r -> r.bucket(BUCKET).key("unchecked").checksumCRC32("AAAAAA=="),
                    RequestBody.fromBytes(random(2, 100_000))))
        .isInstanceOfSatisfying(S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(400));
    assertThatThrownBy(() -> get("unchecked")).isInstanceOf(NoSuchKeyException.class);
  }

  @Test
  void rangesAreReadWithinTheObjectOnly() {
    byte[] bytes = random(3, 1_000_000);
    put("ranged", bytes);

    assertThat(range("ranged", "bytes=500000-500009"))
        .isEqualTo(Arrays.copyOfRange(bytes, 500_000, 500_010));
    assertThat(range("ranged", "bytes=999990-2000000"))
        .isEqualTo(Arrays.copyOfRange(bytes, 999_990, 1_000_000));
    assertThat(range("ranged", "bytes=-5"))
        .isEqualTo(Arrays.copyOfRange(bytes, 999_995, 1_000_000));
    assertThatThrownBy(() -> range("ranged", "bytes=1000000-1000001"))
        .isInstanceOfSatisfying(S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(416));
  }

  private byte[] range(String key, String range) {
    return s3.getObjectAsBytes(r -> r.bucket(BUCKET).key(key).range(range)).asByteArray();
  }

  @Test
  void ifMatchRefusesAChangedObject() {
    String eTag = put("changing", random(4, 1000)).eTag();
    assertThat(
            s3.getObjectAsBytes(
                    r -> r.bucket(BUCKET).key("changing").ifMatch(eTag).range("bytes=0-9"))
                .asByteArray())
        .hasSize(10);

    put("changing", random(5, 1000));

    assertThatThrownBy(
            () ->
                s3.getObjectAsBytes(
                    r -> r.bucket(BUCKET).key("changing").ifMatch(eTag).range("bytes=0-9")))
        .isInstanceOfSatisfying(
            S3Exception.class,
            e -> {
              assertThat(e.statusCode()).isEqualTo(412);
              assertThat(e.awsErrorDetails().errorCode()).isEqualTo("PreconditionFailed");
            });
    assertThatThrownBy(() -> s3.headObject(r -> r.bucket(BUCKET).key("changing").ifMatch(eTag)))
        .isInstanceOfSatisfying(S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(412));
  }

  @Test
  void missingObjectsAndBucketsHaveTheirErrors() {
    assertThatThrownBy(() -> get("nothing")).isInstanceOf(NoSuchKeyException.class);
    assertThatThrownBy(() -> s3.headObject(r -> r.bucket(BUCKET).key("nothing")))
        .isInstanceOfSatisfying(S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(404));
    assertThatThrownBy(() -> s3.listObjectsV2(r -> r.bucket("no-such-bucket")))
        .isInstanceOfSatisfying(
            S3Exception.class,
            e -> assertThat(e.awsErrorDetails().errorCode()).isEqualTo("NoSuchBucket"));
  }

  @Test
  void multipartUploadsTakePartsInAnyOrderAtOnce() throws Exception {
    byte[] bytes = random(6, 3 * PART_BYTES + 17);
    String upload = s3.createMultipartUpload(r -> r.bucket(BUCKET).key("parts")).uploadId();
    List<Future<CompletedPart>> sent = new ArrayList<>();
    try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int number = 4; number >= 1; number--) {
        int part = number;
        sent.addFirst(pool.submit(() -> uploadPart("parts", upload, part, bytes)));
      }
    }
    assertThat(
            s3.listMultipartUploads(r -> r.bucket(BUCKET)).uploads().stream()
                .filter(open -> open.key().equals("parts")))
        .hasSize(1);
    List<CompletedPart> parts = new ArrayList<>();
    for (Future<CompletedPart> part : sent) {
      parts.add(part.get());
    }

    String eTag =
        s3.completeMultipartUpload(
                r ->
                    r.bucket(BUCKET)
                        .key("parts")
                        .uploadId(upload)
                        .multipartUpload(completed -> completed.parts(parts)))
            .eTag();

    assertThat(eTag).matches("\"[0-9a-f]{32}-4\"");
    assertThat(get("parts")).isEqualTo(bytes);
    assertThat(s3.headObject(r -> r.bucket(BUCKET).key("parts")).eTag()).isEqualTo(eTag);
    assertThat(
            s3.listMultipartUploads(r -> r.bucket(BUCKET)).uploads().stream()
                .filter(open -> open.key().equals("parts")))
        .isEmpty();
  }

  private CompletedPart uploadPart(String key, String upload, int number, byte[] all) {
    byte[] part =
        Arrays.copyOfRange(
            all, (number - 1) * PART_BYTES, Math.min(all.length, number * PART_BYTES));
    String eTag =
        s3.uploadPart(
                r -> r.bucket(BUCKET).key(key).uploadId(upload).partNumber(number),
                RequestBody.fromBytes(part))
            .eTag();
    return CompletedPart.builder().partNumber(number).eTag(eTag).build();
  }

  @Test
  void abortedUploadsLeaveNothing() {
    String upload = s3.createMultipartUpload(r -> r.bucket(BUCKET).key("aborted")).uploadId();
    uploadPart("aborted", upload, 1, random(7, 1000));

    s3.abortMultipartUpload(r -> r.bucket(BUCKET).key("aborted").uploadId(upload));

    assertThat(s3.listMultipartUploads(r -> r.bucket(BUCKET)).uploads())
        .noneMatch(open -> open.key().equals("aborted"));
    assertThatThrownBy(() -> get("aborted")).isInstanceOf(NoSuchKeyException.class);
  }

  @Test
  void completionRefusesPartsThatWereNotSent() {
    String upload = s3.createMultipartUpload(r -> r.bucket(BUCKET).key("missing-part")).uploadId();
    CompletedPart sent = uploadPart("missing-part", upload, 1, random(7, PART_BYTES));
    CompletedPart missing = sent.toBuilder().partNumber(2).build();

    assertThatThrownBy(
            () ->
                s3.completeMultipartUpload(
                    r ->
                        r.bucket(BUCKET)
                            .key("missing-part")
                            .uploadId(upload)
                            .multipartUpload(completed -> completed.parts(sent, missing))))
        .isInstanceOfSatisfying(
            S3Exception.class,
            e -> assertThat(e.awsErrorDetails().errorCode()).isEqualTo("InvalidPart"));
  }

  @Test
  void listingsGoPageByPageBelowAPrefix() {
    for (int i = 0; i < 7; i++) {
      put("list/" + i, new byte[i]);
    }
    put("list/sub/8", new byte[1]);
    List<String> keys = new ArrayList<>();
    String token = null;
    do {
      String next = token;
      ListObjectsV2Response page =
          s3.listObjectsV2(
              r -> r.bucket(BUCKET).prefix("list/").maxKeys(3).continuationToken(next));
      assertThat(page.contents()).hasSizeLessThanOrEqualTo(3);
      page.contents().stream().map(S3Object::key).forEach(keys::add);
      token = page.nextContinuationToken();
    } while (token != null);

    assertThat(keys)
        .containsExactly(
            "list/0", "list/1", "list/2", "list/3", "list/4", "list/5", "list/6", "list/sub/8");
    assertThat(
            s3.listObjectsV2(r -> r.bucket(BUCKET).prefix("list/").delimiter("/")).commonPrefixes())
        .extracting(prefix -> prefix.prefix())
        .containsExactly("list/sub/");
  }

  @Test
  void severalObjectsAreDeletedAtOnce() {
    put("gone/1", new byte[1]);
    put("gone/2", new byte[1]);
    put("gone/3", new byte[1]);
    Delete delete =
        Delete.builder()
            .objects(
                ObjectIdentifier.builder().key("gone/1").build(),
                ObjectIdentifier.builder().key("gone/3").build())
            .build();

    s3.deleteObjects(r -> r.bucket(BUCKET).delete(delete));
    s3.deleteObject(r -> r.bucket(BUCKET).key("gone/2"));
    s3.deleteObject(r -> r.bucket(BUCKET).key("gone/2"));

    assertThat(s3.listObjectsV2(r -> r.bucket(BUCKET).prefix("gone/")).contents()).isEmpty();
  }

  @Test
  void putIfNoneMatchMakesAnObjectOnce() {
    s3.putObject(
        r -> r.bucket(BUCKET).key("once").ifNoneMatch("*"), RequestBody.fromString("first"));

    assertThatThrownBy(
            () ->
                s3.putObject(
                    r -> r.bucket(BUCKET).key("once").ifNoneMatch("*"),
                    RequestBody.fromString("second")))
        .isInstanceOfSatisfying(S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(412));
    assertThat(get("once")).isEqualTo("first".getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  @Test
  void presignedUrlIsGoodForItsTime() throws Exception {
    put("presigned", random(8, 1000));
    URI url = presign("presigned", Duration.ofMinutes(5));

    assertThat(fetch(url).body()).isEqualTo(random(8, 1000));
    clock.advance(Duration.ofMinutes(6));
    HttpResponse<byte[]> late = fetch(url);
    assertThat(late.statusCode()).isEqualTo(403);
    assertThat(new String(late.body(), java.nio.charset.StandardCharsets.UTF_8))
        .contains("<Code>AccessDenied</Code>")
        .contains("Request has expired");
  }

  private URI presign(String key, Duration life) throws Exception {
    try (S3Presigner presigner =
        S3Presigner.builder()
            .endpointOverride(aws.endpoint())
            .region(Region.US_EAST_1)
            .credentialsProvider(Clients.CREDENTIALS)
            .serviceConfiguration(S3Configuration.builder().pathStyleAccessEnabled(true).build())
            .build()) {
      return presigner
          .presignGetObject(
              r -> r.signatureDuration(life).getObjectRequest(get -> get.bucket(BUCKET).key(key)))
          .url()
          .toURI();
    }
  }

  private static HttpResponse<byte[]> fetch(URI url) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(HttpRequest.newBuilder(url).build(), BodyHandlers.ofByteArray());
    }
  }

  @Test
  void unsignedReadsAreRefused() throws Exception {
    put("private", new byte[1]);
    try (RawHttp http = new RawHttp(aws.endpoint())) {
      HttpResponse<String> answer = http.sendUnsigned("GET", "/bucket/private");

      assertThat(answer.statusCode()).isEqualTo(403);
      assertThat(answer.body()).contains("<Code>AccessDenied</Code>");
    }
  }
}
