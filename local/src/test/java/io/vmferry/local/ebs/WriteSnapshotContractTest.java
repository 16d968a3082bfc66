package io.vmferry.local.ebs;

import static io.vmferry.local.ebs.EbsFixture.BLOCK_BYTES;
import static io.vmferry.local.ebs.EbsFixture.base64;
import static io.vmferry.local.ebs.EbsFixture.block;
import static io.vmferry.local.ebs.EbsFixture.concat;
import static io.vmferry.local.ebs.EbsFixture.putRequest;
import static io.vmferry.local.ebs.EbsFixture.sha256;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.ebs.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.ebs.model.ConflictException;
import software.amazon.awssdk.services.ebs.model.PutSnapshotBlockRequest;
import software.amazon.awssdk.services.ebs.model.ResourceNotFoundException;
import software.amazon.awssdk.services.ebs.model.ResourceNotFoundExceptionReason;
import software.amazon.awssdk.services.ebs.model.SSEType;
import software.amazon.awssdk.services.ebs.model.StartSnapshotRequest;
import software.amazon.awssdk.services.ebs.model.StartSnapshotResponse;
import software.amazon.awssdk.services.ebs.model.Status;
import software.amazon.awssdk.services.ebs.model.Tag;
import software.amazon.awssdk.services.ebs.model.ValidationExceptionReason;

/** What EBS accepts and refuses of those who write snapshots. */
class WriteSnapshotContractTest extends SnapshotContract {
  private static final String KEY = "arn:aws:kms:us-east-1:000000000000:key/1234abcd";

  private void assertStartInvalid(
      Consumer<StartSnapshotRequest.Builder> request, ValidationExceptionReason reason) {
    assertInvalid(() -> fixture.ebs.startSnapshot(request), reason);
  }

  private void assertPutInvalid(
      PutSnapshotBlockRequest.Builder request, byte[] body, ValidationExceptionReason reason) {
    assertInvalid(
        () -> fixture.ebs.putSnapshotBlock(request.build(), RequestBody.fromBytes(body)), reason);
  }

  @Test
  void startAnswersWhatWasAskedFor() {
    StartSnapshotResponse started =
        fixture.ebs.startSnapshot(
            request ->
                request
                    .volumeSize(3L)
                    .description("a disk")
                    .tags(Tag.builder().key("k").value("v").build()));

    assertThat(started.snapshotId()).matches("snap-[0-9a-f]{17}");
    assertThat(started.status()).isEqualTo(Status.PENDING);
    assertThat(started.volumeSize()).isEqualTo(3);
    assertThat(started.blockSize()).isEqualTo(BLOCK_BYTES);
    assertThat(started.ownerId()).isEqualTo("000000000000");
    assertThat(started.startTime()).isEqualTo(fixture.clock.instant());
    assertThat(started.sseType()).isEqualTo(SSEType.NONE);
    assertThat(started.description()).isEqualTo("a disk");
    assertThat(started.tags()).containsExactly(Tag.builder().key("k").value("v").build());
    assertThat(started.kmsKeyArn()).isNull();
  }

  @Test
  void startRefusesVolumeSizesOutsideOfTheLimits() {
    assertStartInvalid(r -> r.volumeSize(0L), ValidationExceptionReason.INVALID_VOLUME_SIZE);
    assertStartInvalid(r -> r.volumeSize(65_537L), ValidationExceptionReason.INVALID_VOLUME_SIZE);
    assertStartInvalid(r -> {}, ValidationExceptionReason.INVALID_PARAMETER_VALUE);
    assertThat(fixture.start(65_536)).isNotEmpty();
  }

  @Test
  void startRefusesTimeoutsOutsideOfTheLimits() {
    assertStartInvalid(
        r -> r.volumeSize(1L).timeout(9), ValidationExceptionReason.INVALID_PARAMETER_VALUE);
    assertStartInvalid(
        r -> r.volumeSize(1L).timeout(4321), ValidationExceptionReason.INVALID_PARAMETER_VALUE);
  }

  @Test
  void startRefusesTagsOutsideOfTheLimits() {
    List<Tag> tooMany = new ArrayList<>();
    for (int i = 0; i < 51; i++) {
      tooMany.add(Tag.builder().key("k" + i).value("v").build());
    }
    for (List<Tag> tags :
        List.of(
            tooMany,
            List.of(Tag.builder().key("aws:x").value("v").build()),
            List.of(Tag.builder().key("k".repeat(128)).value("v").build()),
            List.of(Tag.builder().key("k").value("v".repeat(256)).build()),
            List.of(
                Tag.builder().key("k").value("1").build(),
                Tag.builder().key("k").value("2").build()))) {
      assertStartInvalid(r -> r.volumeSize(1L).tags(tags), ValidationExceptionReason.INVALID_TAG);
    }
  }

  @Test
  void startRefusesLongDescriptionsAndTokens() {
    assertStartInvalid(
        r -> r.volumeSize(1L).description("d".repeat(256)),
        ValidationExceptionReason.INVALID_PARAMETER_VALUE);
    assertStartInvalid(
        r -> r.volumeSize(1L).clientToken("t".repeat(65)),
        ValidationExceptionReason.INVALID_PARAMETER_VALUE);
  }

  @Test
  void sameClientTokenAnswersTheSameSnapshotAndOtherParametersConflict() {
    String first =
        fixture.ebs.startSnapshot(r -> r.volumeSize(1L).clientToken("token")).snapshotId();

    assertThat(fixture.ebs.startSnapshot(r -> r.volumeSize(1L).clientToken("token")).snapshotId())
        .isEqualTo(first);
    assertThatThrownBy(() -> fixture.ebs.startSnapshot(r -> r.volumeSize(2L).clientToken("token")))
        .isInstanceOfSatisfying(
            ConflictException.class, e -> assertThat(e.statusCode()).isEqualTo(409));
    assertThat(fixture.start(1)).isNotEqualTo(first);
  }

  @Test
  void encryptionFollowsKeyAndFlag() {
    StartSnapshotResponse byKey = fixture.ebs.startSnapshot(r -> r.volumeSize(1L).kmsKeyArn(KEY));
    StartSnapshotResponse byFlag = fixture.ebs.startSnapshot(r -> r.volumeSize(1L).encrypted(true));

    assertThat(byKey.sseType()).isEqualTo(SSEType.SSE_KMS);
    assertThat(byKey.kmsKeyArn()).isEqualTo(KEY);
    assertThat(byFlag.sseType()).isEqualTo(SSEType.SSE_KMS);
    assertThat(byFlag.kmsKeyArn()).startsWith("arn:aws:kms:");
    assertStartInvalid(
        r -> r.volumeSize(1L).encrypted(false).kmsKeyArn(KEY),
        ValidationExceptionReason.INVALID_CUSTOMER_KEY);
    assertStartInvalid(
        r -> r.volumeSize(1L).kmsKeyArn("1234abcd"),
        ValidationExceptionReason.INVALID_CUSTOMER_KEY);
  }

  @Test
  void childTakesItsParentsEncryptionAndNoOther() {
    String parent = fixture.ebs.startSnapshot(r -> r.volumeSize(1L).kmsKeyArn(KEY)).snapshotId();
    fixture.complete(parent, 0);

    assertThat(
            fixture.ebs.startSnapshot(r -> r.volumeSize(1L).parentSnapshotId(parent)).kmsKeyArn())
        .isEqualTo(KEY);
    assertStartInvalid(
        r -> r.volumeSize(1L).parentSnapshotId(parent).encrypted(true),
        ValidationExceptionReason.INVALID_PARAMETER_VALUE);
    assertStartInvalid(
        r -> r.volumeSize(1L).parentSnapshotId(parent).kmsKeyArn(KEY),
        ValidationExceptionReason.INVALID_CUSTOMER_KEY);
  }

  @Test
  void childNeedsACompletedParentOfAtMostItsSize() {
    String pending = fixture.start(1);
    String parent = fixture.start(2);
    fixture.complete(parent, 0);

    assertStartInvalid(
        r -> r.volumeSize(1L).parentSnapshotId(pending),
        ValidationExceptionReason.INVALID_SNAPSHOT_ID);
    assertStartInvalid(
        r -> r.volumeSize(1L).parentSnapshotId(parent),
        ValidationExceptionReason.INVALID_VOLUME_SIZE);
    assertThatThrownBy(() -> fixture.startChild("snap-00000000000000000", 1))
        .isInstanceOf(ResourceNotFoundException.class);
  }

  @Test
  void putAnswersTheChecksum() {
    String id = fixture.start(1);
    byte[] bytes = block(1);

    var answer =
        fixture.ebs.putSnapshotBlock(
            putRequest(id, 0, bytes).progress(10).build(), RequestBody.fromBytes(bytes));

    assertThat(answer.checksum()).isEqualTo(base64(sha256(bytes)));
    assertThat(answer.checksumAlgorithm()).isEqualTo(ChecksumAlgorithm.SHA256);
  }

  @Test
  void putRefusesAWrongChecksum() {
    String id = fixture.start(1);
    byte[] bytes = block(1);

    assertPutInvalid(
        putRequest(id, 0, bytes).checksum(base64(sha256(block(2)))),
        bytes,
        ValidationExceptionReason.INVALID_BLOCK);
    fixture.complete(id, 0);
  }

  @Test
  void putRefusesAMissingOrMalformedChecksum() {
    String id = fixture.start(1);
    byte[] bytes = block(1);

    assertPutInvalid(
        putRequest(id, 0, bytes).checksum(null),
        bytes,
        ValidationExceptionReason.INVALID_PARAMETER_VALUE);
    assertPutInvalid(
        putRequest(id, 0, bytes).checksum("AAAA"),
        bytes,
        ValidationExceptionReason.INVALID_PARAMETER_VALUE);
    assertPutInvalid(
        putRequest(id, 0, bytes).checksumAlgorithm((ChecksumAlgorithm) null),
        bytes,
        ValidationExceptionReason.INVALID_PARAMETER_VALUE);
    assertPutInvalid(
        putRequest(id, 0, bytes).checksumAlgorithm("MD5"),
        bytes,
        ValidationExceptionReason.INVALID_PARAMETER_VALUE);
  }

  @Test
  void putRefusesAShortAndALongBlock() {
    String id = fixture.start(1);
    byte[] small = new byte[BLOCK_BYTES - 1];
    byte[] large = new byte[BLOCK_BYTES + 1];

    assertPutInvalid(putRequest(id, 0, small), small, ValidationExceptionReason.INVALID_BLOCK);
    assertPutInvalid(putRequest(id, 0, large), large, ValidationExceptionReason.INVALID_BLOCK);
    assertPutInvalid(
        putRequest(id, 0, small).dataLength(BLOCK_BYTES - 1),
        small,
        ValidationExceptionReason.INVALID_PARAMETER_VALUE);
    assertPutInvalid(
        putRequest(id, 0, block(1)).dataLength(null),
        block(1),
        ValidationExceptionReason.INVALID_PARAMETER_VALUE);
    fixture.complete(id, 0);
  }

  @Test
  void putRefusesABlockPastTheVolume() {
    String id = fixture.start(1);
    byte[] bytes = block(1);

    fixture.put(id, 2047, bytes);
    assertPutInvalid(putRequest(id, 2048, bytes), bytes, ValidationExceptionReason.INVALID_BLOCK);
    assertPutInvalid(putRequest(id, -1, bytes), bytes, ValidationExceptionReason.INVALID_BLOCK);
  }

  @Test
  void putRefusesProgressOutsideOfPercent() {
    String id = fixture.start(1);

    assertPutInvalid(
        putRequest(id, 0, block(1)).progress(101),
        block(1),
        ValidationExceptionReason.INVALID_PARAMETER_VALUE);
  }

  @Test
  void putRefusesUnknownAndMalformedSnapshots() {
    byte[] bytes = block(1);

    assertThatThrownBy(() -> fixture.put("snap-00000000000000000", 0, bytes))
        .isInstanceOfSatisfying(
            ResourceNotFoundException.class,
            e -> {
              assertThat(e.reason()).isEqualTo(ResourceNotFoundExceptionReason.SNAPSHOT_NOT_FOUND);
              assertThat(e.statusCode()).isEqualTo(404);
            });
    assertPutInvalid(
        putRequest("vol-1", 0, bytes), bytes, ValidationExceptionReason.INVALID_SNAPSHOT_ID);
  }

  @Test
  void putAfterCompletionIsRefused() {
    String id = fixture.completed(0);

    assertPutInvalid(
        putRequest(id, 1, block(1)), block(1), ValidationExceptionReason.INVALID_SNAPSHOT_ID);
  }

  @Test
  void blockOfPendingSnapshotMayBeWrittenAgain() {
    String id = fixture.start(1);
    fixture.put(id, 7, block(1));
    fixture.put(id, 7, block(2));
    fixture.complete(id, 1);

    assertThat(fixture.content(id)).containsOnlyKeys(7);
    assertThat(fixture.content(id).get(7)).isEqualTo(block(2));
  }

  @Test
  void completionRefusesAWrongCountAndLeavesTheSnapshotPending() {
    String id = fixture.start(1);
    fixture.put(id, 0, block(0));
    fixture.put(id, 1, block(1));

    for (int count : List.of(0, 1, 3, -1)) {
      assertInvalid(
          () -> fixture.ebs.completeSnapshot(r -> r.snapshotId(id).changedBlocksCount(count)),
          ValidationExceptionReason.INVALID_PARAMETER_VALUE);
    }
    assertInvalid(
        () -> fixture.ebs.completeSnapshot(r -> r.snapshotId(id)),
        ValidationExceptionReason.INVALID_PARAMETER_VALUE);
    fixture.complete(id, 2);
  }

  @Test
  void completionVerifiesTheAggregatedChecksum() {
    String id = fixture.start(2);
    fixture.put(id, 3000, block(3));
    fixture.put(id, 0, block(1));
    fixture.put(id, 2, block(2));
    byte[] right = sha256(concat(sha256(block(1)), sha256(block(2)), sha256(block(3))));
    byte[] inOrderOfWriting = sha256(concat(sha256(block(3)), sha256(block(1)), sha256(block(2))));

    assertInvalid(
        () -> fixture.complete(id, 3, inOrderOfWriting),
        ValidationExceptionReason.INVALID_PARAMETER_VALUE);
    assertInvalid(
        () ->
            fixture.ebs.completeSnapshot(
                r -> r.snapshotId(id).changedBlocksCount(3).checksum(base64(right))),
        ValidationExceptionReason.INVALID_PARAMETER_VALUE);
    fixture.complete(id, 3, right);
  }

  @Test
  void emptySnapshotCompletesWithTheDigestOfNothing() {
    String id = fixture.start(1);

    fixture.complete(id, 0, sha256(new byte[0]));

    assertThat(fixture.blocks(id)).isEmpty();
  }

  @Test
  void completionIsNotRepeated() {
    String id = fixture.completed(0);

    assertInvalid(
        () -> fixture.ebs.completeSnapshot(r -> r.snapshotId(id).changedBlocksCount(1)),
        ValidationExceptionReason.INVALID_SNAPSHOT_ID);
  }

  @Test
  void pendingSnapshotCannotBeRead() {
    String id = fixture.start(1);
    fixture.put(id, 0, block(0));

    assertInvalid(() -> fixture.blocks(id), ValidationExceptionReason.INVALID_SNAPSHOT_ID);
    assertInvalid(
        () ->
            fixture.ebs.getSnapshotBlockAsBytes(
                r -> r.snapshotId(id).blockIndex(0).blockToken("AAAA")),
        ValidationExceptionReason.INVALID_SNAPSHOT_ID);
  }

  @Test
  void snapshotWithoutWritesTimesOut() {
    String id = fixture.ebs.startSnapshot(r -> r.volumeSize(1L).timeout(10)).snapshotId();
    fixture.clock.advance(Duration.ofMinutes(9));
    fixture.put(id, 0, block(0));
    fixture.clock.advance(Duration.ofMinutes(9));
    assertThat(fixture.status(id)).isEqualTo("pending");

    fixture.clock.advance(Duration.ofMinutes(1));

    assertThat(fixture.status(id)).isEqualTo("error");
    assertPutInvalid(
        putRequest(id, 1, block(1)), block(1), ValidationExceptionReason.INVALID_SNAPSHOT_ID);
    assertInvalid(
        () -> fixture.ebs.completeSnapshot(r -> r.snapshotId(id).changedBlocksCount(1)),
        ValidationExceptionReason.INVALID_SNAPSHOT_ID);
  }

  @Test
  void timeoutDefaultsToAnHour() {
    String id = fixture.start(1);
    fixture.clock.advance(Duration.ofMinutes(60).minusMillis(1));
    assertThat(fixture.status(id)).isEqualTo("pending");

    fixture.clock.advance(Duration.ofMillis(1));

    assertThat(fixture.status(id)).isEqualTo("error");
  }

  @Test
  void parallelWritersGetAllTheirBlocksIn() throws Exception {
    String id = fixture.start(1);
    try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> puts = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        int index = i;
        puts.add(pool.submit(() -> fixture.put(id, index * 31, block(index))));
      }
      for (Future<?> put : puts) {
        put.get();
      }
    }
    fixture.complete(id, 64);

    var content = fixture.content(id);
    assertThat(content).hasSize(64);
    content.forEach((index, bytes) -> assertThat(bytes).isEqualTo(block(index / 31)));
  }

  @Test
  void encryptionByDefaultCannotBeSwitchedOff() {
    fixture.close();
    EbsOptions defaults = EbsOptions.defaults();
    fixture =
        new EbsFixture(
            state,
            new EbsOptions(
                defaults.accountId(), defaults.region(), defaults.quotas(), true, false, true));

    assertThat(fixture.ebs.startSnapshot(r -> r.volumeSize(1L)).sseType())
        .isEqualTo(SSEType.SSE_KMS);
    assertStartInvalid(
        r -> r.volumeSize(1L).encrypted(false), ValidationExceptionReason.INVALID_PARAMETER_VALUE);
  }

  @Test
  void quotasThrottleTheAccountAndTheSnapshotEachInItsOwnWay() {
    fixture.close();
    EbsOptions defaults = EbsOptions.defaults();
    EbsQuotas quotas = new EbsQuotas(3, 1000, 50, 10, 10, 2, 1000, 2);
    fixture =
        new EbsFixture(
            state,
            new EbsOptions(defaults.accountId(), defaults.region(), quotas, false, false, true));
    String one = fixture.start(1);
    String other = fixture.start(1);
    fixture.put(one, 0, block(0));
    fixture.put(one, 1, block(1));

    assertCode(() -> fixture.put(one, 2, block(2)), "RequestThrottledException");
    assertCode(() -> fixture.put(other, 0, block(0)), "ThrottlingException");
    fixture.clock.advance(Duration.ofSeconds(1));
    fixture.put(one, 2, block(2));
    assertCode(() -> fixture.start(1), "ServiceQuotaExceededException");
  }

  private static void assertCode(ThrowingCallable call, String code) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            AwsServiceException.class,
            e -> assertThat(e.awsErrorDetails().errorCode()).isEqualTo(code));
  }
}
