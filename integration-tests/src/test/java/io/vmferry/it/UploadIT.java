package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.functions.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.ec2.model.Image;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;

/** An upload to {@code vmferry local} becomes an AMI, without a command of vmferry's. */
class UploadIT {
  private static final Duration LONG = Duration.ofMinutes(5);

  @TempDir private static Path directory;

  private static LocalAws aws;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    aws = LocalAws.start(directory.resolve("state"));
  }

  @AfterAll
  static void stop() {
    aws.close();
  }

  @Test
  void anUploadInPartsBecomesAnImageAndItsOutcomeIsToldInEveryWay()
      throws IOException, InterruptedException {
    ImageFixture fixture = ImageFixture.VMDK_STREAM_OPTIMIZED;
    String key = "imports/web/" + fixture.image().getFileName();
    put(
        key + ".import.json",
        "{\"name\": \"from an upload\", \"modifyOs\": false, \"tags\": {\"by\": \"upload\"}}");
    uploadInParts(fixture.image(), key);

    JsonNode result = await(key);

    assertThat(result.path("status").asText()).as(result.toString()).isEqualTo("completed");
    Image image =
        aws.account().images().stream()
            .filter(i -> i.name().equals("from an upload"))
            .findFirst()
            .orElseThrow();
    assertThat(image.imageId()).isEqualTo(result.path("imageId").asText());
    assertThat(image.tags())
        .anyMatch(tag -> tag.key().equals("by") && tag.value().equals("upload"));
    String snapshotId = result.path("snapshots").path(0).path("snapshotId").asText();
    assertThat(image.blockDeviceMappings().getFirst().ebs().snapshotId()).isEqualTo(snapshotId);
    Path content = directory.resolve("content.raw");
    aws.account().read(snapshotId, content);
    Contents.assertEqualsPadded(content, fixture.expected());
    String taskId = result.path("taskId").asText();
    List<String> told = new ArrayList<>();
    for (JsonNode event : look("events")) {
      if (event.path("detail").path("taskId").asText().equals(taskId)) {
        told.add(event.path("detail").path("status").asText());
      }
    }
    assertThat(told)
        .containsExactly(
            "active", "validating", "validated", "converting", "updating", "completed");
    assertThat(messageOf(taskId).path("attributes").path("status").asText()).isEqualTo("completed");
    // The upload is its owner's, and stays.
    assertThat(aws.account().objects(Account.IMAGES)).contains(key);
    assertThat(aws.account().objects(Account.WORK)).isEmpty();
  }

  @Test
  void aRefusedUploadTellsWhyAndMakesNothing() throws IOException {
    put("imports/bad.ova.import.json", "{\"bootmode\": \"uefi\"}");
    put("imports/bad.ova", "anything");

    JsonNode result = await("imports/bad.ova");

    assertThat(result.path("status").asText()).isEqualTo("refused");
    assertThat(result.path("error").path("message").asText())
        .contains("unknown option 'bootmode'", "bootMode");
    assertThat(result.has("taskId")).isFalse();
  }

  /** As {@code aws s3 cp} does it with what is large. */
  private static void uploadInParts(Path file, String key) {
    var s3 = aws.account().clients().s3();
    String id =
        s3.createMultipartUpload(create -> create.bucket(Account.IMAGES).key(key)).uploadId();
    String eTag =
        s3.uploadPart(
                part -> part.bucket(Account.IMAGES).key(key).uploadId(id).partNumber(1),
                RequestBody.fromFile(file))
            .eTag();
    s3.completeMultipartUpload(
        complete ->
            complete
                .bucket(Account.IMAGES)
                .key(key)
                .uploadId(id)
                .multipartUpload(
                    parts ->
                        parts.parts(CompletedPart.builder().partNumber(1).eTag(eTag).build())));
  }

  private static void put(String key, String content) {
    aws.account()
        .clients()
        .s3()
        .putObject(
            put -> put.bucket(Account.IMAGES).key(key).metadata(Map.of()),
            RequestBody.fromString(content));
  }

  private static JsonNode await(String key) throws IOException {
    long deadline = System.nanoTime() + LONG.toNanos();
    while (true) {
      Optional<JsonNode> result = result(key);
      if (result.isPresent()) {
        return result.get();
      }
      assertThat(System.nanoTime()).as("no result of " + key).isLessThan(deadline);
      LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
    }
  }

  private static Optional<JsonNode> result(String key) throws IOException {
    try {
      byte[] bytes =
          aws.account()
              .clients()
              .s3()
              .getObjectAsBytes(get -> get.bucket(Account.IMAGES).key(key + ".result.json"))
              .asByteArray();
      return Optional.of(Json.mapper().readTree(bytes));
    } catch (NoSuchKeyException e) {
      return Optional.empty();
    }
  }

  private static JsonNode messageOf(String taskId) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + LONG.toNanos();
    while (true) {
      for (JsonNode message : look("messages")) {
        if (message.path("message").asText().contains(taskId)) {
          return message;
        }
      }
      assertThat(System.nanoTime()).as("no message of " + taskId).isLessThan(deadline);
      LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
    }
  }

  private static JsonNode look(String what) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      URI address = aws.endpoint().resolve("/_vmferry/" + what);
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(200);
      return Json.mapper().readTree(answer.body());
    }
  }
}
