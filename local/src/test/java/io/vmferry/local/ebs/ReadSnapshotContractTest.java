package io.vmferry.local.ebs;

import static io.vmferry.local.ebs.EbsFixture.BLOCK_BYTES;
import static io.vmferry.local.ebs.EbsFixture.base64;
import static io.vmferry.local.ebs.EbsFixture.block;
import static io.vmferry.local.ebs.EbsFixture.sha256;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.ebs.model.Block;
import software.amazon.awssdk.services.ebs.model.ChangedBlock;
import software.amazon.awssdk.services.ebs.model.ListSnapshotBlocksResponse;
import software.amazon.awssdk.services.ebs.model.ResourceNotFoundException;
import software.amazon.awssdk.services.ebs.model.ValidationExceptionReason;

/** What EBS answers and refuses to those who read snapshots. */
class ReadSnapshotContractTest extends SnapshotContract {
  private static List<Integer> indexes(List<Block> blocks) {
    return blocks.stream().map(Block::blockIndex).toList();
  }

  @Test
  void listsOnlyWrittenBlocksInOrder() {
    String id = fixture.completed(2047, 0, 5);

    ListSnapshotBlocksResponse listing = fixture.ebs.listSnapshotBlocks(r -> r.snapshotId(id));

    assertThat(indexes(listing.blocks())).containsExactly(0, 5, 2047);
    assertThat(listing.volumeSize()).isEqualTo(1);
    assertThat(listing.blockSize()).isEqualTo(BLOCK_BYTES);
    assertThat(listing.nextToken()).isNull();
    assertThat(listing.expiryTime()).isEqualTo(fixture.clock.instant().plus(Duration.ofDays(7)));
  }

  @Test
  void blockComesBackWithItsChecksum() {
    String id = fixture.completed(5);
    Block listed = fixture.blocks(id).getFirst();

    var answer =
        fixture.ebs.getSnapshotBlockAsBytes(
            r -> r.snapshotId(id).blockIndex(5).blockToken(listed.blockToken()));

    assertThat(answer.asByteArray()).isEqualTo(block(5));
    assertThat(answer.response().dataLength()).isEqualTo(BLOCK_BYTES);
    assertThat(answer.response().checksum()).isEqualTo(base64(sha256(block(5))));
    assertThat(answer.response().checksumAlgorithmAsString()).isEqualTo("SHA256");
  }

  @Test
  void blockTokenIsOfOneBlockOfOneSnapshotForSevenDays() {
    String one = fixture.completed(0, 1);
    String other = fixture.completed(0, 1);
    Block listed = fixture.blocks(one).getFirst();

    assertInvalid(() -> fixture.get(other, listed), ValidationExceptionReason.INVALID_BLOCK_TOKEN);
    assertInvalid(
        () -> fixture.get(one, listed.toBuilder().blockIndex(1).build()),
        ValidationExceptionReason.INVALID_BLOCK_TOKEN);
    assertInvalid(
        () -> fixture.get(one, listed.toBuilder().blockToken("AAAA").build()),
        ValidationExceptionReason.INVALID_BLOCK_TOKEN);
    fixture.clock.advance(Duration.ofDays(7).minusMillis(1));
    assertThat(fixture.get(one, listed)).isEqualTo(block(0));
    fixture.clock.advance(Duration.ofMillis(1));
    assertInvalid(() -> fixture.get(one, listed), ValidationExceptionReason.INVALID_BLOCK_TOKEN);
  }

  @Test
  void blockTokenIsRequired() {
    String id = fixture.completed(0);

    assertInvalid(
        () -> fixture.ebs.getSnapshotBlockAsBytes(r -> r.snapshotId(id).blockIndex(0)),
        ValidationExceptionReason.INVALID_PARAMETER_VALUE);
  }

  @Test
  void pagesFollowOneAnother() {
    String id = fixture.completed(IntStream.range(0, 250).toArray());
    List<Integer> seen = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    String token = null;
    do {
      ListSnapshotBlocksResponse page = page(id, token);
      seen.addAll(indexes(page.blocks()));
      sizes.add(page.blocks().size());
      token = page.nextToken();
    } while (token != null);

    assertThat(sizes).containsExactly(100, 100, 50);
    assertThat(seen).isEqualTo(IntStream.range(0, 250).boxed().toList());
  }

  private ListSnapshotBlocksResponse page(String id, @Nullable String token) {
    return fixture.ebs.listSnapshotBlocks(r -> r.snapshotId(id).maxResults(100).nextToken(token));
  }

  @Test
  void shortAndEmptyPagesStillHaveATokenAndLoseNothing() {
    fixture.close();
    EbsOptions defaults = EbsOptions.defaults();
    fixture =
        new EbsFixture(
            state,
            new EbsOptions(
                defaults.accountId(), defaults.region(), defaults.quotas(), false, true, true));
    String id = fixture.completed(IntStream.range(0, 250).toArray());
    List<Integer> seen = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    String token = null;
    do {
      ListSnapshotBlocksResponse page = page(id, token);
      seen.addAll(indexes(page.blocks()));
      sizes.add(page.blocks().size());
      token = page.nextToken();
    } while (token != null);

    assertThat(seen).isEqualTo(IntStream.range(0, 250).boxed().toList());
    assertThat(sizes).contains(0, 1, 50);
  }

  @Test
  void listingStartsWhereAskedAndTokenBeatsThat() {
    String id = fixture.completed(IntStream.range(0, 250).toArray());

    assertThat(
            indexes(
                fixture
                    .ebs
                    .listSnapshotBlocks(r -> r.snapshotId(id).startingBlockIndex(248))
                    .blocks()))
        .containsExactly(248, 249);
    String token = page(id, null).nextToken();
    assertThat(
            fixture
                .ebs
                .listSnapshotBlocks(r -> r.snapshotId(id).startingBlockIndex(248).nextToken(token))
                .blocks()
                .getFirst()
                .blockIndex())
        .isEqualTo(100);
  }

  @Test
  void pageTokenIsOfOneListingForAnHour() {
    String one = fixture.completed(IntStream.range(0, 150).toArray());
    String other = fixture.completed(IntStream.range(0, 150).toArray());
    String token = page(one, null).nextToken();

    assertInvalid(() -> page(other, token), ValidationExceptionReason.INVALID_PAGE_TOKEN);
    assertInvalid(() -> page(one, "AAAA"), ValidationExceptionReason.INVALID_PAGE_TOKEN);
    fixture.clock.advance(Duration.ofMinutes(60).minusMillis(1));
    assertThat(page(one, token).blocks()).hasSize(50);
    fixture.clock.advance(Duration.ofMillis(1));
    assertInvalid(() -> page(one, token), ValidationExceptionReason.INVALID_PAGE_TOKEN);
  }

  @Test
  void pageSizesOutsideOfTheLimitsAreRefused() {
    String id = fixture.completed(0);

    for (int size : List.of(0, 99, 10_001)) {
      assertInvalid(
          () -> fixture.ebs.listSnapshotBlocks(r -> r.snapshotId(id).maxResults(size)),
          ValidationExceptionReason.INVALID_PARAMETER_VALUE);
    }
  }

  @Test
  void childHasItsParentsBlocksButForThoseItWrote() {
    String parent = fixture.completed(0, 1, 2);
    String child = fixture.startChild(parent, 2);
    fixture.put(child, 1, block(101));
    fixture.put(child, 4000, block(104));
    fixture.complete(child, 2);

    var content = fixture.content(child);
    assertThat(content).containsOnlyKeys(0, 1, 2, 4000);
    assertThat(content.get(0)).isEqualTo(block(0));
    assertThat(content.get(1)).isEqualTo(block(101));
    assertThat(content.get(2)).isEqualTo(block(2));
    assertThat(content.get(4000)).isEqualTo(block(104));
    assertThat(fixture.content(parent).get(1)).isEqualTo(block(1));
  }

  @Test
  void childOutlivesItsParent() {
    String parent = fixture.completed(0, 1);
    String child = fixture.startChild(parent, 1);
    fixture.put(child, 1, block(101));
    fixture.complete(child, 1);

    fixture.ec2.deleteSnapshot(r -> r.snapshotId(parent));

    assertThatThrownBy(() -> fixture.blocks(parent)).isInstanceOf(ResourceNotFoundException.class);
    assertThat(fixture.content(child).get(0)).isEqualTo(block(0));
    assertThat(state.resolve("ebs").resolve(parent)).exists();
    fixture.ec2.deleteSnapshot(r -> r.snapshotId(child));
    assertThat(state.resolve("ebs")).isEmptyDirectory();
  }

  @Test
  void changesAreTheBlocksOfDifferentOrigin() {
    String parent = fixture.completed(0, 1, 2);
    String child = fixture.startChild(parent, 1);
    fixture.put(child, 1, block(101));
    fixture.put(child, 9, block(109));
    fixture.complete(child, 2);

    var changes =
        fixture.ebs.listChangedBlocks(r -> r.firstSnapshotId(parent).secondSnapshotId(child));

    assertThat(changes.changedBlocks().stream().map(ChangedBlock::blockIndex))
        .containsExactly(1, 9);
    ChangedBlock changed = changes.changedBlocks().getFirst();
    ChangedBlock added = changes.changedBlocks().getLast();
    assertThat(fixture.get(parent, listed(1, changed.firstBlockToken()))).isEqualTo(block(1));
    assertThat(fixture.get(child, listed(1, changed.secondBlockToken()))).isEqualTo(block(101));
    assertThat(added.firstBlockToken()).isNull();
    assertThat(fixture.get(child, listed(9, added.secondBlockToken()))).isEqualTo(block(109));
  }

  private static Block listed(int index, String token) {
    return Block.builder().blockIndex(index).blockToken(token).build();
  }

  @Test
  void siblingsAreRelatedAndStrangersAreNot() {
    String parent = fixture.completed(0);
    String one = fixture.startChild(parent, 1);
    String other = fixture.startChild(parent, 1);
    fixture.put(one, 3, block(3));
    fixture.complete(one, 1);
    fixture.complete(other, 0);
    String stranger = fixture.completed(0);

    assertThat(
            fixture
                .ebs
                .listChangedBlocks(r -> r.firstSnapshotId(other).secondSnapshotId(one))
                .changedBlocks()
                .stream()
                .map(ChangedBlock::blockIndex))
        .containsExactly(3);
    assertInvalid(
        () ->
            fixture.ebs.listChangedBlocks(
                r -> r.firstSnapshotId(parent).secondSnapshotId(stranger)),
        ValidationExceptionReason.UNRELATED_SNAPSHOTS);
    assertInvalid(
        () -> fixture.ebs.listChangedBlocks(r -> r.secondSnapshotId(stranger)),
        ValidationExceptionReason.INVALID_PARAMETER_VALUE);
  }
}
