package io.vmferry.functions.aws;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.SnapshotReader;
import io.vmferry.functions.port.SnapshotStore;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.RetryableException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.services.ebs.EbsClient;
import software.amazon.awssdk.services.ebs.model.GetSnapshotBlockResponse;
import software.amazon.awssdk.services.ebs.model.ListSnapshotBlocksResponse;
import software.amazon.awssdk.services.ebs.model.ResourceNotFoundException;
import software.amazon.awssdk.services.ebs.model.ValidationException;
import software.amazon.awssdk.services.ebs.model.ValidationExceptionReason;

/** Completed EBS snapshots, read through the EBS direct APIs. */
public final class EbsSnapshotReader implements SnapshotReader {
  private static final int PAGE = 10_000;

  private final Supplier<EbsClient> ebs;

  /** Snapshots as that client reaches them. */
  public EbsSnapshotReader(EbsClient ebs) {
    this(() -> ebs);
  }

  /** Snapshots as a client reaches them that is made when it is needed. */
  public EbsSnapshotReader(Supplier<EbsClient> ebs) {
    this.ebs = ebs;
  }

  @Override
  public long list(String snapshotId, Consumer<Block> blocks) {
    long volumeSize = 0;
    String next = null;
    do {
      String from = next;
      ListSnapshotBlocksResponse page =
          ofSnapshot(
              "ebs:ListSnapshotBlocks",
              snapshotId,
              () ->
                  ebs.get()
                      .listSnapshotBlocks(
                          r -> r.snapshotId(snapshotId).maxResults(PAGE).nextToken(from)));
      page.blocks().forEach(b -> blocks.accept(new Block(b.blockIndex(), b.blockToken())));
      volumeSize = page.volumeSize();
      // A page may be empty and still not be the last.
      next = page.nextToken();
    } while (next != null);
    return volumeSize;
  }

  @Override
  public Window list(String snapshotId, int first) {
    List<Block> blocks = new ArrayList<>();
    String next = null;
    while (true) {
      String from = next;
      ListSnapshotBlocksResponse page =
          ofSnapshot(
              "ebs:ListSnapshotBlocks",
              snapshotId,
              () ->
                  ebs.get()
                      .listSnapshotBlocks(
                          r ->
                              r.snapshotId(snapshotId)
                                  .maxResults(PAGE)
                                  .startingBlockIndex(from == null ? first : null)
                                  .nextToken(from)));
      page.blocks().forEach(b -> blocks.add(new Block(b.blockIndex(), b.blockToken())));
      next = page.nextToken();
      if (next == null) {
        return new Window(blocks, Integer.MAX_VALUE, page.volumeSize());
      }
      if (!blocks.isEmpty()) {
        return new Window(blocks, blocks.getLast().index() + 1, page.volumeSize());
      }
    }
  }

  @Override
  public void read(String snapshotId, Block block, ByteBuffer destination) {
    if (destination.remaining() < SnapshotStore.BLOCK_SIZE) {
      throw new IllegalArgumentException(
          "%d bytes are no room for a block".formatted(destination.remaining()));
    }
    ofSnapshot(
        "ebs:GetSnapshotBlock",
        snapshotId,
        () ->
            ebs.get()
                .getSnapshotBlock(
                    r ->
                        r.snapshotId(snapshotId)
                            .blockIndex(block.index())
                            .blockToken(block.token()),
                    new VerifiedBlock(block.index(), destination)));
  }

  private static <T> T ofSnapshot(String action, String snapshotId, Supplier<T> call) {
    try {
      return call.get();
    } catch (ResourceNotFoundException e) {
      throw notReadable(snapshotId, AwsFailures.describe(e), e);
    } catch (ValidationException e) {
      if (e.reason() == ValidationExceptionReason.INVALID_SNAPSHOT_ID) {
        throw notReadable(snapshotId, AwsFailures.describe(e), e);
      }
      throw AwsFailures.translate(e, action, snapshotId);
    } catch (SdkException e) {
      throw AwsFailures.translate(e, action, snapshotId);
    }
  }

  private static VmferryException notReadable(String id, String said, SdkException cause) {
    return new VmferryException(
        ErrorCode.SNAPSHOT_NOT_FOUND,
        "there is no completed snapshot %s to read: %s".formatted(id, said),
        cause);
  }

  /** Reads a block into the destination and compares its SHA-256 with the answer's. */
  private static final class VerifiedBlock
      implements ResponseTransformer<GetSnapshotBlockResponse, GetSnapshotBlockResponse> {
    private final int index;
    private final ByteBuffer destination;
    private final int start;
    private final RangeBody<GetSnapshotBlockResponse> body;

    VerifiedBlock(int index, ByteBuffer destination) {
      this.index = index;
      this.destination = destination;
      this.start = destination.position();
      this.body = new RangeBody<>(destination, SnapshotStore.BLOCK_SIZE);
    }

    @Override
    public GetSnapshotBlockResponse transform(
        GetSnapshotBlockResponse response, AbortableInputStream stream) {
      body.transform(response, stream);
      byte[] found = Digests.sha256(destination.slice(start, SnapshotStore.BLOCK_SIZE));
      String expected = response.checksum();
      if (!Base64.getEncoder().encodeToString(found).equals(expected)) {
        // Damaged on its way, as EBS keeps what it gave the checksum for.
        throw RetryableException.create(
            "block %d arrived with another SHA-256 than %s".formatted(index, expected));
      }
      return response;
    }
  }
}
