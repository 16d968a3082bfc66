package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.functions.aws.AwsClients;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import software.amazon.awssdk.services.ebs.model.Block;
import software.amazon.awssdk.services.ec2.model.Image;
import software.amazon.awssdk.services.ec2.model.Snapshot;
import software.amazon.awssdk.services.ec2.model.SnapshotState;
import software.amazon.awssdk.services.s3.model.S3Object;

/** What is in the account, seen by AWS's own SDK. */
final class Account implements AutoCloseable {
  /** Where sources are uploaded to. */
  static final String IMAGES = "vmferry-images";

  /** Where tasks keep what they need on the way. */
  static final String WORK = "vmferry-work";

  /** The size of a snapshot's block. */
  static final int BLOCK = 512 << 10;

  private final AwsClients clients;
  private final AwsClients storage;
  private final String images;
  private final String work;

  /** The account at an endpoint, with the buckets of the command line's stack. */
  Account(URI endpoint) {
    this(endpoint, endpoint, IMAGES, WORK);
  }

  /**
   * An account with other buckets.
   *
   * @param endpoint where EBS and EC2 are
   * @param storage where S3 is
   */
  Account(URI endpoint, URI storage, String images, String work) {
    this.clients = AwsClients.forEndpoint(endpoint, "us-east-1", "test", "test");
    this.storage =
        endpoint.equals(storage)
            ? clients
            : AwsClients.forEndpoint(storage, "us-east-1", "test", "test");
    this.images = images;
    this.work = work;
  }

  /** The bucket that sources are in. */
  String imagesBucket() {
    return images;
  }

  /** The clients. */
  AwsClients clients() {
    return clients;
  }

  /** Stores a file as an object; returns its URL. */
  String upload(Path file, String key) {
    storage.s3().putObject(put -> put.bucket(images).key(key), file);
    return "s3://" + images + "/" + key;
  }

  /** The snapshots there are. */
  List<Snapshot> snapshots() {
    return clients.ec2().describeSnapshots(describe -> describe.ownerIds("self")).snapshots();
  }

  /** The images there are. */
  List<Image> images() {
    return clients.ec2().describeImages(describe -> describe.owners("self")).images();
  }

  /** The keys of a bucket's objects. */
  List<String> objects(String bucket) {
    return storage.s3().listObjectsV2(list -> list.bucket(bucket)).contents().stream()
        .map(S3Object::key)
        .toList();
  }

  /** The blocks of a completed snapshot. */
  List<Block> blocks(String snapshotId) {
    List<Block> blocks = new ArrayList<>();
    clients
        .ebs()
        .listSnapshotBlocksPaginator(list -> list.snapshotId(snapshotId))
        .forEach(page -> blocks.addAll(page.blocks()));
    return blocks;
  }

  /** A block's content. */
  ByteBuffer content(String snapshotId, Block block) {
    return clients
        .ebs()
        .getSnapshotBlockAsBytes(
            get ->
                get.snapshotId(snapshotId)
                    .blockIndex(block.blockIndex())
                    .blockToken(block.blockToken()))
        .asByteBuffer();
  }

  /** Writes a snapshot's content: the whole volume, sparse. */
  void read(String snapshotId, Path file) throws IOException {
    Snapshot snapshot =
        snapshots().stream()
            .filter(s -> s.snapshotId().equals(snapshotId))
            .findFirst()
            .orElseThrow();
    try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw")) {
      content.setLength((long) snapshot.volumeSize() << 30);
      for (Block block : blocks(snapshotId)) {
        content.seek((long) block.blockIndex() * BLOCK);
        content.getChannel().write(content(snapshotId, block));
      }
    }
  }

  /** Asserts that every block of a snapshot holds something. */
  void assertNoBlockIsZero(String snapshotId) {
    ByteBuffer zeros = ByteBuffer.allocate(BLOCK);
    List<Block> blocks = blocks(snapshotId);
    assertThat(blocks).isNotEmpty();
    for (Block block : blocks) {
      assertThat(content(snapshotId, block).mismatch(zeros))
          .as("the first byte of block %d that is not zero", block.blockIndex())
          .isNotNegative();
    }
  }

  /** Asserts that a snapshot holds a disk of {@link LargeStreamVmdk}, by a sample of its blocks. */
  void assertHolds(String snapshotId, LargeStreamVmdk disk, int sample) {
    List<Block> blocks = blocks(snapshotId);
    assertThat(blocks).hasSize(Math.toIntExact(disk.dataBytes() / BLOCK));
    assertThat(blocks).allMatch(b -> LargeStreamVmdk.isData((long) b.blockIndex() * BLOCK));
    Random random = new Random(disk.size());
    for (int i = 0; i < sample; i++) {
      Block block = blocks.get(random.nextInt(blocks.size()));
      long offset = (long) block.blockIndex() * BLOCK;
      assertThat(
              content(snapshotId, block)
                  .mismatch(ByteBuffer.wrap(LargeStreamVmdk.content(offset, BLOCK))))
          .as("where block %d differs", block.blockIndex())
          .isNegative();
    }
  }

  /** Asserts that there is nothing that costs money but is nobody's result. */
  void assertNothingIsPending() {
    assertThat(snapshots()).extracting(Snapshot::state).containsOnly(SnapshotState.COMPLETED);
    assertNoIntermediateObjects();
  }

  /** Asserts that nothing was made, or nothing is left of it. */
  void assertIsEmpty() {
    assertThat(images()).isEmpty();
    assertThat(snapshots()).isEmpty();
    assertNoIntermediateObjects();
  }

  private void assertNoIntermediateObjects() {
    assertThat(objects(work)).isEmpty();
    for (String bucket : List.of(images, work)) {
      assertThat(storage.s3().listMultipartUploads(list -> list.bucket(bucket)).uploads())
          .isEmpty();
    }
  }

  /** Deletes an image's snapshots, and the image before them. */
  void delete(String imageId, List<String> snapshotIds) {
    clients.ec2().deregisterImage(deregister -> deregister.imageId(imageId));
    snapshotIds.forEach(
        snapshotId -> clients.ec2().deleteSnapshot(delete -> delete.snapshotId(snapshotId)));
  }

  @Override
  public void close() {
    storage.close();
    clients.close();
  }
}
