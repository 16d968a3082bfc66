package io.vmferry.local.ebs;

import io.vmferry.local.Clients;
import io.vmferry.local.EmbeddedAws;
import io.vmferry.local.MovableClock;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.ebs.EbsClient;
import software.amazon.awssdk.services.ebs.model.Block;
import software.amazon.awssdk.services.ebs.model.ChecksumAggregationMethod;
import software.amazon.awssdk.services.ebs.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.ebs.model.ListSnapshotBlocksResponse;
import software.amazon.awssdk.services.ebs.model.PutSnapshotBlockRequest;
import software.amazon.awssdk.services.ec2.Ec2Client;

/** The embedded AWS with clients, and what most tests of EBS do with them. */
public final class EbsFixture implements AutoCloseable {
  public static final int BLOCK_BYTES = 512 * 1024;
  public static final String DIGEST_OF_NOTHING = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

  public final MovableClock clock = new MovableClock(Instant.parse("2026-03-01T10:00:00Z"));
  public final EmbeddedAws aws;
  public final EbsClient ebs;
  public final Ec2Client ec2;

  public EbsFixture(Path state) {
    this(state, EbsOptions.defaults());
  }

  public EbsFixture(Path state, EbsOptions options) {
    aws = EmbeddedAws.start(EmbeddedAws.Options.of(state).withClock(clock).withEbs(options));
    ebs = Clients.ebs(aws.endpoint());
    ec2 = Clients.ec2(aws.endpoint());
  }

  /** A block whose content follows from the seed. */
  public static byte[] block(long seed) {
    byte[] bytes = new byte[BLOCK_BYTES];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  public static byte[] sha256(byte[] bytes) {
    return Sha256.digest().digest(bytes);
  }

  public static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  public String start(long gib) {
    return ebs.startSnapshot(request -> request.volumeSize(gib)).snapshotId();
  }

  public String startChild(String parent, long gib) {
    return ebs.startSnapshot(request -> request.volumeSize(gib).parentSnapshotId(parent))
        .snapshotId();
  }

  public static PutSnapshotBlockRequest.Builder putRequest(String id, int index, byte[] bytes) {
    return PutSnapshotBlockRequest.builder()
        .snapshotId(id)
        .blockIndex(index)
        .dataLength(BLOCK_BYTES)
        .checksum(base64(sha256(bytes)))
        .checksumAlgorithm(ChecksumAlgorithm.SHA256);
  }

  public void put(String id, int index, byte[] bytes) {
    ebs.putSnapshotBlock(putRequest(id, index, bytes).build(), RequestBody.fromBytes(bytes));
  }

  public void complete(String id, int changedBlocks) {
    ebs.completeSnapshot(request -> request.snapshotId(id).changedBlocksCount(changedBlocks));
    awaitCompleted(id);
  }

  public void complete(String id, int changedBlocks, byte[] checksum) {
    ebs.completeSnapshot(
        request ->
            request
                .snapshotId(id)
                .changedBlocksCount(changedBlocks)
                .checksum(base64(checksum))
                .checksumAlgorithm(ChecksumAlgorithm.SHA256)
                .checksumAggregationMethod(ChecksumAggregationMethod.LINEAR));
    awaitCompleted(id);
  }

  public void awaitCompleted(String id) {
    aws.snapshots().awaitCompletions();
    if (!status(id).equals("completed")) {
      throw new AssertionError(id + " is " + status(id));
    }
  }

  public String status(String id) {
    return ec2.describeSnapshots(request -> request.snapshotIds(id))
        .snapshots()
        .getFirst()
        .stateAsString();
  }

  /** A completed snapshot of 1 GiB whose blocks have their index as seed. */
  public String completed(int... indexes) {
    String id = start(1);
    for (int index : indexes) {
      put(id, index, block(index));
    }
    complete(id, indexes.length);
    return id;
  }

  public List<Block> blocks(String id) {
    return ebs.listSnapshotBlocks(request -> request.snapshotId(id)).blocks();
  }

  public ListSnapshotBlocksResponse page(String id, String token) {
    return ebs.listSnapshotBlocks(request -> request.snapshotId(id).nextToken(token));
  }

  public byte[] get(String id, Block block) {
    return ebs.getSnapshotBlockAsBytes(
            request ->
                request
                    .snapshotId(id)
                    .blockIndex(block.blockIndex())
                    .blockToken(block.blockToken()))
        .asByteArray();
  }

  /** The whole content of a snapshot, by block. */
  public Map<Integer, byte[]> content(String id) {
    Map<Integer, byte[]> content = new HashMap<>();
    for (Block block : blocks(id)) {
      content.put(block.blockIndex(), get(id, block));
    }
    return content;
  }

  public static byte[] concat(byte[]... parts) {
    int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
    byte[] all = new byte[length];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  @Override
  public void close() {
    ebs.close();
    ec2.close();
    aws.close();
  }
}
