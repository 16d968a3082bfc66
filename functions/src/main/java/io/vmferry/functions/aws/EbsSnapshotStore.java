package io.vmferry.functions.aws;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.SnapshotStore;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.ebs.EbsClient;
import software.amazon.awssdk.services.ebs.model.ChecksumAggregationMethod;
import software.amazon.awssdk.services.ebs.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.ebs.model.ConflictException;
import software.amazon.awssdk.services.ebs.model.ResourceNotFoundException;
import software.amazon.awssdk.services.ebs.model.Tag;
import software.amazon.awssdk.services.ebs.model.ValidationException;
import software.amazon.awssdk.services.ebs.model.ValidationExceptionReason;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.DescribeSnapshotsRequest;
import software.amazon.awssdk.services.ec2.model.Ec2Exception;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.Snapshot;
import software.amazon.awssdk.services.ec2.model.SnapshotState;

/**
 * EBS snapshots, written through the EBS direct APIs; their state, their tags and their end are
 * EC2's.
 */
public final class EbsSnapshotStore implements SnapshotStore {
  /**
   * How long EBS may deny that a snapshot just started exists (EBS direct APIs, "error retries").
   */
  static final Duration NOT_YET_THERE = Duration.ofMinutes(2);

  /**
   * Minutes without a block after which EBS gives a snapshot up: the most it allows, as the blocks
   * of a machine's last disk may have to wait for those of all others.
   */
  private static final int TIMEOUT_MINUTES = 4320;

  private static final int IN_USE_ATTEMPTS = 8;

  private final Supplier<EbsClient> ebs;
  private final Supplier<Ec2Client> ec2;
  private final InstantSource clock;
  private final Backoff patience;

  /** Snapshots that took a block: "does not exist" is then the truth. */
  private final Set<String> seen = ConcurrentHashMap.newKeySet();

  /** When EBS first denied a snapshot that was not seen. */
  private final Map<String, Instant> deniedSince = new ConcurrentHashMap<>();

  /** Snapshots as those clients reach them. */
  public EbsSnapshotStore(Supplier<EbsClient> ebs, Supplier<Ec2Client> ec2) {
    this(ebs, ec2, InstantSource.system(), Sleeper.REAL);
  }

  /** Snapshots with a clock and a way to wait of the caller's. */
  public EbsSnapshotStore(
      Supplier<EbsClient> ebs, Supplier<Ec2Client> ec2, InstantSource clock, Sleeper sleeper) {
    this.ebs = ebs;
    this.ec2 = ec2;
    this.clock = clock;
    this.patience = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(5), sleeper);
  }

  @Override
  public String start(Request request) {
    String subject = "a snapshot of %d GiB".formatted(request.volumeSizeGib());
    List<Tag> tags =
        request.tags().entrySet().stream()
            .map(tag -> Tag.builder().key(tag.getKey()).value(tag.getValue()).build())
            .toList();
    try {
      return ebs.get()
          .startSnapshot(
              r ->
                  r.volumeSize((long) request.volumeSizeGib())
                      .description(request.description())
                      .clientToken(request.clientToken())
                      .encrypted(request.encrypted().orElse(null))
                      .kmsKeyArn(request.kmsKeyId().orElse(null))
                      .tags(tags.isEmpty() ? null : tags)
                      .timeout(TIMEOUT_MINUTES))
          .snapshotId();
    } catch (ConflictException e) {
      throw new VmferryException(
          ErrorCode.CLIENT_TOKEN_CONFLICT,
          "client token '%s' started a snapshot with other parameters: %s"
              .formatted(request.clientToken(), AwsFailures.describe(e)),
          e);
    } catch (ValidationException e) {
      // The size is ours; the key, the encryption and the tags are the caller's.
      throw new VmferryException(
          ErrorCode.PARAMETER_INVALID,
          "EBS refuses to start %s: %s".formatted(subject, AwsFailures.describe(e)),
          e);
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "ebs:StartSnapshot", subject);
    }
  }

  @Override
  public void putBlock(String snapshotId, int index, ByteBuffer block, byte[] sha256) {
    if (block.remaining() != BLOCK_SIZE) {
      throw new IllegalArgumentException(
          "block %d of %s has %d bytes instead of %d"
              .formatted(index, snapshotId, block.remaining(), BLOCK_SIZE));
    }
    String checksum = Base64.getEncoder().encodeToString(sha256);
    RequestBody body = ByteBufferBody.of(block);
    for (int attempt = 1; !put(snapshotId, index, checksum, body); attempt++) {
      patience.pause(attempt, "ebs:PutSnapshotBlock on " + snapshotId);
    }
  }

  /** Returns false if the snapshot is not there, but may come. */
  private boolean put(String snapshotId, int index, String checksum, RequestBody body) {
    try {
      ebs.get()
          .putSnapshotBlock(
              r ->
                  r.snapshotId(snapshotId)
                      .blockIndex(index)
                      .dataLength(BLOCK_SIZE)
                      .checksum(checksum)
                      .checksumAlgorithm(ChecksumAlgorithm.SHA256),
              body);
      if (seen.add(snapshotId)) {
        deniedSince.remove(snapshotId);
      }
      return true;
    } catch (ResourceNotFoundException e) {
      if (mayCome(snapshotId)) {
        return false;
      }
      throw notFound(snapshotId, e);
    } catch (ValidationException e) {
      if (e.reason() == ValidationExceptionReason.INVALID_SNAPSHOT_ID) {
        throw notFound(snapshotId, e);
      }
      throw AwsFailures.translate(
          e, "ebs:PutSnapshotBlock", "block %d of %s".formatted(index, snapshotId));
    } catch (SdkException e) {
      throw AwsFailures.translate(
          e, "ebs:PutSnapshotBlock", "block %d of %s".formatted(index, snapshotId));
    }
  }

  private boolean mayCome(String snapshotId) {
    if (seen.contains(snapshotId)) {
      return false;
    }
    Instant now = clock.instant();
    // One limit for all blocks of all threads: none of them waits out the time anew.
    Instant since = deniedSince.computeIfAbsent(snapshotId, id -> now);
    return now.isBefore(since.plus(NOT_YET_THERE));
  }

  private static VmferryException notFound(String snapshotId, AwsServiceException e) {
    return new VmferryException(
        ErrorCode.SNAPSHOT_NOT_FOUND,
        "there is no snapshot %s that can be written to: %s"
            .formatted(snapshotId, AwsFailures.describe(e)),
        e);
  }

  @Override
  public void complete(String snapshotId, int changedBlocks, byte[] checksum) {
    try {
      ebs.get()
          .completeSnapshot(
              r -> {
                r.snapshotId(snapshotId).changedBlocksCount(changedBlocks);
                if (changedBlocks > 0) {
                  r.checksum(Base64.getEncoder().encodeToString(checksum))
                      .checksumAlgorithm(ChecksumAlgorithm.SHA256)
                      .checksumAggregationMethod(ChecksumAggregationMethod.LINEAR);
                }
              });
    } catch (ValidationException e) {
      boolean notPending = e.reason() == ValidationExceptionReason.INVALID_SNAPSHOT_ID;
      if (!notPending) {
        throw AwsFailures.translate(e, "ebs:CompleteSnapshot", snapshotId);
      }
      if (!wasCompleted(snapshotId)) {
        throw notFound(snapshotId, e);
      }
    } catch (ResourceNotFoundException e) {
      throw notFound(snapshotId, e);
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "ebs:CompleteSnapshot", snapshotId);
    }
    seen.remove(snapshotId);
  }

  /**
   * Whether a snapshot that takes no more blocks was completed by an earlier attempt, whose answer
   * was lost: it may still be pending while EBS finishes it.
   */
  private boolean wasCompleted(String snapshotId) {
    return describe(snapshotId)
        .map(
            snapshot ->
                snapshot.state() == SnapshotState.COMPLETED
                    || snapshot.state() == SnapshotState.PENDING)
        .orElse(false);
  }

  @Override
  public State state(String snapshotId) {
    Snapshot snapshot =
        describe(snapshotId)
            .orElseThrow(
                () ->
                    new VmferryException(
                        ErrorCode.SNAPSHOT_NOT_FOUND,
                        "there is no such snapshot %s".formatted(snapshotId)));
    return switch (snapshot.state()) {
      case PENDING -> State.PENDING;
      case COMPLETED -> State.COMPLETED;
      case ERROR, RECOVERABLE, RECOVERING, UNKNOWN_TO_SDK_VERSION -> State.ERROR;
    };
  }

  private Optional<Snapshot> describe(String snapshotId) {
    try {
      return ec2.get().describeSnapshots(r -> r.snapshotIds(snapshotId)).snapshots().stream()
          .findFirst();
    } catch (Ec2Exception e) {
      if (isUnknownSnapshot(e)) {
        return Optional.empty();
      }
      throw AwsFailures.translate(e, "ec2:DescribeSnapshots", snapshotId);
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "ec2:DescribeSnapshots", snapshotId);
    }
  }

  private static boolean isUnknownSnapshot(Ec2Exception e) {
    return AwsFailures.hasCode(e, "InvalidSnapshot.NotFound")
        || AwsFailures.hasCode(e, "InvalidSnapshotID.Malformed")
        || AwsFailures.hasCode(e, "InvalidParameterValue");
  }

  @Override
  public void delete(String snapshotId) {
    for (int attempt = 1; !deleteOnce(snapshotId, attempt); attempt++) {
      patience.pause(attempt, "ec2:DeleteSnapshot on " + snapshotId);
    }
    seen.remove(snapshotId);
    deniedSince.remove(snapshotId);
  }

  /** Returns false if an image deregistered just now still counts as using the snapshot. */
  private boolean deleteOnce(String snapshotId, int attempt) {
    try {
      ec2.get().deleteSnapshot(r -> r.snapshotId(snapshotId));
      return true;
    } catch (Ec2Exception e) {
      if (AwsFailures.hasCode(e, "InvalidSnapshot.NotFound")) {
        return true;
      }
      if (!AwsFailures.hasCode(e, "InvalidSnapshot.InUse")) {
        throw AwsFailures.translate(e, "ec2:DeleteSnapshot", snapshotId);
      }
      if (attempt < IN_USE_ATTEMPTS) {
        return false;
      }
      throw new VmferryException(
          ErrorCode.SERVICE_UNAVAILABLE,
          "ec2:DeleteSnapshot on %s: still in use: %s"
              .formatted(snapshotId, AwsFailures.describe(e)),
          e);
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "ec2:DeleteSnapshot", snapshotId);
    }
  }

  @Override
  public List<String> findByTask(String taskId) {
    DescribeSnapshotsRequest request =
        DescribeSnapshotsRequest.builder()
            .ownerIds("self")
            .filters(Filter.builder().name("tag:" + TASK_TAG).values(taskId).build())
            .maxResults(1000)
            .build();
    return AwsFailures.call(
        "ec2:DescribeSnapshots",
        "the snapshots of " + taskId,
        () ->
            ec2.get().describeSnapshotsPaginator(request).snapshots().stream()
                .map(Snapshot::snapshotId)
                .toList());
  }
}
