package io.vmferry.cli.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.aws.AwsClients;
import io.vmferry.local.EmbeddedAws;
import io.vmferry.local.edge.FaultInjector;
import io.vmferry.local.edge.FaultInjector.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class S3UploadsIT {
  private static final String BUCKET = "images";
  private static final int MIB = 1 << 20;

  private final FaultInjector faults = new FaultInjector(42);
  private final EmbeddedAws aws;
  private final AwsClients clients;
  private final S3Client s3;

  S3UploadsIT(@TempDir Path state) {
    aws = EmbeddedAws.start(EmbeddedAws.Options.of(state).withFaults(faults));
    clients = AwsClients.forEndpoint(aws.endpoint(), "us-east-1", "test", "test");
    s3 = clients.s3();
  }

  @BeforeAll
  void makeBucket() {
    s3.createBucket(r -> r.bucket(BUCKET));
  }

  @AfterEach
  void stopFaults() {
    faults.clear();
  }

  @AfterAll
  void stop() {
    clients.close();
    aws.close();
  }

  @Test
  void storesAFileUnderItsName(@TempDir Path folder) throws IOException {
    Path file = random(folder.resolve("disk #1 ä+%41.vmdk"), 3 * MIB + 17);
    AtomicLong sent = new AtomicLong();
    try (S3Uploads uploads = uploads(Long.MAX_VALUE)) {
      String url = uploads.upload("folder-1", file, sent::addAndGet);

      assertThat(url).isEqualTo("s3://images/uploads/folder-1/disk #1 ä+%41.vmdk");
      assertThat(content(url)).isEqualTo(Files.readAllBytes(file));
      assertThat(sent.get()).isEqualTo(Files.size(file));
    }
  }

  @Test
  void storesALargeFileInParts(@TempDir Path folder) throws IOException {
    Path file = random(folder.resolve("large.vmdk"), 13 * MIB + 1);
    AtomicLong sent = new AtomicLong();
    try (S3Uploads uploads = uploads(MIB)) {
      String url = uploads.upload("folder-2", file, sent::addAndGet);

      assertThat(content(url)).isEqualTo(Files.readAllBytes(file));
      assertThat(sent.get()).isEqualTo(Files.size(file));
      assertThat(unfinished()).isZero();
    }
  }

  @Test
  void sendsAgainWhatFailed(@TempDir Path folder) throws IOException {
    Path file = random(folder.resolve("disk.vmdk"), 2 * MIB);
    faults.add(new FaultInjector.Rule("s3", "PutObject", Fault.SERVER_ERROR, 1, 1));
    faults.add(new FaultInjector.Rule("s3", "PutObject", Fault.CUT_BEFORE, 1, 1));
    faults.add(new FaultInjector.Rule("s3", "PutObject", Fault.CUT_AFTER, 1, 1));
    faults.add(new FaultInjector.Rule("s3", "PutObject", Fault.THROTTLE, 1, 1));
    AtomicLong sent = new AtomicLong();
    try (S3Uploads uploads = uploads(Long.MAX_VALUE)) {
      String url = uploads.upload("folder-3", file, sent::addAndGet);

      assertThat(content(url)).isEqualTo(Files.readAllBytes(file));
      assertThat(sent.get()).isEqualTo(Files.size(file));
      for (Fault fault :
          List.of(Fault.SERVER_ERROR, Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.THROTTLE)) {
        assertThat(faults.injected(fault)).as(fault.name()).isEqualTo(1);
      }
    }
  }

  @Test
  void leavesNothingOfAnUploadThatFails(@TempDir Path folder) throws IOException {
    Path file = random(folder.resolve("disk.vmdk"), 6 * MIB);
    try (S3Uploads uploads =
        new S3Uploads(s3, presigner(), "no-such-bucket", MIB, 5 * MIB, Optional.empty())) {
      assertThatThrownBy(() -> uploads.upload("folder-4", file, sent -> {}))
          .isInstanceOfSatisfying(
              VmferryException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.SERVICE_UNAVAILABLE));
    }
    assertThat(unfinished()).isZero();
  }

  @Test
  void discardsAFolderAndNothingElse(@TempDir Path folder) throws IOException {
    Path file = random(folder.resolve("disk.vmdk"), 100);
    try (S3Uploads uploads = uploads(Long.MAX_VALUE)) {
      String first = uploads.upload("a", file, sent -> {});
      String second = uploads.upload("ab", file, sent -> {});

      uploads.discard("s3://images/other/disk.vmdk");
      uploads.discard("s3://images/uploads/disk.vmdk");
      uploads.discard("https://example.com/uploads/a/disk.vmdk");
      assertThat(keys("uploads/a")).hasSize(2);
      uploads.discard(first);
      assertThat(keys("uploads/a")).containsExactly(second.substring("s3://images/".length()));
      uploads.discard(first);
      uploads.discard(second);
      assertThat(keys("uploads/a")).isEmpty();
    }
  }

  @Test
  void placesFilesWhereThatCanBeDone(@TempDir Path folder) throws IOException {
    Path file = random(folder.resolve("disk.vmdk"), 3 * MIB);
    AtomicLong sent = new AtomicLong();
    // Whatever were sent would fail.
    faults.add(FaultInjector.Rule.of("s3", "PutObject", Fault.THROTTLE, 1));
    try (S3Uploads uploads = placing(aws::placeObject)) {
      String url = uploads.upload("p", file, sent::addAndGet);

      assertThat(url).isEqualTo("s3://images/uploads/p/disk.vmdk");
      assertThat(sent).hasValue(3 * MIB);
      assertThat(
              s3.getObjectAsBytes(r -> r.bucket(BUCKET).key("uploads/p/disk.vmdk")).asByteArray())
          .isEqualTo(Files.readAllBytes(file));
      uploads.discard(url);
      assertThat(keys("uploads/p/")).isEmpty();
      assertThat(file).exists();
    }
  }

  @Test
  void sendsFilesThatCannotBePlaced(@TempDir Path folder) throws IOException {
    Path file = random(folder.resolve("disk.vmdk"), 2 * MIB);
    AtomicLong sent = new AtomicLong();
    S3Uploads.Placer unable =
        (bucket, key, from, placed) -> {
          placed.accept(MIB);
          throw new UnsupportedOperationException("no attributes");
        };
    try (S3Uploads uploads = placing(unable)) {
      String url = uploads.upload("q", file, sent::addAndGet);

      assertThat(sent).hasValue(2 * MIB);
      assertThat(s3.headObject(r -> r.bucket(BUCKET).key("uploads/q/disk.vmdk")).contentLength())
          .isEqualTo(2 * MIB);
      uploads.discard(url);
    }
  }

  @Test
  void saysThatAFileThatWasToBePlacedIsNotThere(@TempDir Path folder) {
    try (S3Uploads uploads = placing(aws::placeObject)) {
      assertThatThrownBy(() -> uploads.upload("r", folder.resolve("none"), sent -> {}))
          .isInstanceOfSatisfying(
              VmferryException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.SOURCE_NOT_FOUND));
    }
  }

  private S3Uploads placing(S3Uploads.Placer placer) {
    return new S3Uploads(s3, presigner(), BUCKET, Long.MAX_VALUE, 5 * MIB, Optional.of(placer));
  }

  @Test
  void saysThatTheFileIsNotThere(@TempDir Path folder) {
    try (S3Uploads uploads = uploads(Long.MAX_VALUE)) {
      assertThatThrownBy(() -> uploads.upload("b", folder.resolve("none"), sent -> {}))
          .isInstanceOfSatisfying(
              VmferryException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.SOURCE_NOT_FOUND));
    }
  }

  private S3Uploads uploads(long largestPut) {
    return new S3Uploads(s3, presigner(), BUCKET, largestPut, 5 * MIB, Optional.empty());
  }

  private S3Presigner presigner() {
    return AwsBackend.presigner(aws.endpoint());
  }

  private byte[] content(String url) {
    String key = url.substring("s3://images/".length());
    return s3.getObjectAsBytes(r -> r.bucket(BUCKET).key(key)).asByteArray();
  }

  private List<String> keys(String prefix) {
    return s3.listObjectsV2(r -> r.bucket(BUCKET).prefix(prefix)).contents().stream()
        .map(S3Object::key)
        .toList();
  }

  private int unfinished() {
    return s3.listMultipartUploads(r -> r.bucket(BUCKET)).uploads().size();
  }

  private static Path random(Path file, int size) throws IOException {
    byte[] content = new byte[size];
    new Random(size).nextBytes(content);
    return Files.write(file, content);
  }
}
