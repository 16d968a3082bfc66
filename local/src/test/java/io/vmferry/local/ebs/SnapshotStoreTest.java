package io.vmferry.local.ebs;

import static io.vmferry.local.ebs.EbsFixture.block;
import static io.vmferry.local.ebs.EbsFixture.sha256;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.local.ebs.SnapshotRecord.State;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotStoreTest {
  private static final int LAST_BLOCK_OF_16_TIB = 16 * 1024 * 2048 - 1;

  @TempDir Path root;

  private SnapshotStore open() throws IOException {
    return new SnapshotStore(root, Clock.systemUTC(), EbsOptions.defaults());
  }

  private static SnapshotRecord start(SnapshotStore store, long gib) throws IOException {
    StartSnapshotCall call =
        new StartSnapshotCall(gib, null, Map.of("a", "b"), "text", "token", null, null, 60);
    return store.start(call, Integer.MAX_VALUE);
  }

  private static void put(SnapshotStore store, String id, int index, long seed) throws IOException {
    store.put(id, index, block(seed), sha256(block(seed)), -1);
  }

  @Test
  void pendingSnapshotGoesOnAfterReopening() throws IOException {
    String id;
    try (SnapshotStore store = open()) {
      id = start(store, 1).id();
      put(store, id, 3, 3);
      put(store, id, 1000, 4);
    }

    try (SnapshotStore store = open()) {
      assertThat(start(store, 1).id()).as("by the client token").isEqualTo(id);
      put(store, id, 5, 5);
      store.complete(id, 3, null);
      store.awaitCompletions();

      assertThat(store.find(id).orElseThrow().status()).isEqualTo("completed");
      assertThat(store.read(id, 1000).data()).isEqualTo(ByteBuffer.wrap(block(4)));
      assertThat(store.find(id).orElseThrow().tags()).containsExactly(Map.entry("a", "b"));
    }
  }

  @Test
  void sealedSnapshotIsCompletedOnReopening() throws IOException {
    String id;
    SnapshotRecord record;
    try (SnapshotStore store = open()) {
      record = start(store, 1);
      id = record.id();
      put(store, id, 0, 1);
    }
    // What a process leaves that dies between granting a completion and carrying it out.
    Snapshot.create(root.resolve(id), record.with(State.SEALED, null), true);

    try (SnapshotStore store = open()) {
      store.awaitCompletions();

      assertThat(store.find(id).orElseThrow().status()).isEqualTo("completed");
      assertThat(store.read(id, 0).data()).isEqualTo(ByteBuffer.wrap(block(1)));
    }
  }

  @Test
  void blockWhoseOverwritingWasCutShortCountsAsNotWritten() throws IOException {
    String id;
    try (SnapshotStore store = open()) {
      id = start(store, 1).id();
      put(store, id, 0, 1);
      put(store, id, 1, 2);
    }
    // Overwriting zeroes the checksum before it touches the data.
    try (FileChannel checksums =
        FileChannel.open(root.resolve(id).resolve("checksums"), StandardOpenOption.WRITE)) {
      checksums.write(ByteBuffer.allocate(BlockFiles.CHECKSUM_BYTES), BlockFiles.CHECKSUM_BYTES);
    }

    try (SnapshotStore store = open()) {
      assertThatThrownBy(() -> store.complete(id, 2, null))
          .isInstanceOf(EbsException.class)
          .hasMessageContaining("1 blocks were written");
      put(store, id, 1, 2);
      store.complete(id, 2, null);
    }
  }

  @Test
  void startThatWasCutShortLeavesNothing() throws IOException {
    Path half = Files.createDirectories(root.resolve("snap-0123456789abcdef0"));
    Files.createFile(half.resolve(".new-1.tmp"));

    try (SnapshotStore store = open()) {
      assertThat(store.all()).isEmpty();
    }
    assertThat(half).doesNotExist();
  }

  @Test
  void volumeOf16TiBTakesSpaceOnlyWhereItIsWritten() throws IOException {
    try (SnapshotStore store = open()) {
      String id = start(store, 16 * 1024).id();
      put(store, id, 0, 1);
      put(store, id, LAST_BLOCK_OF_16_TIB, 2);
      store.complete(id, 2, sha256(EbsFixture.concat(sha256(block(1)), sha256(block(2)))));
      store.awaitCompletions();

      assertThat(store.read(id, LAST_BLOCK_OF_16_TIB).data()).isEqualTo(ByteBuffer.wrap(block(2)));
    }

    try (SnapshotStore store = open()) {
      Lineage lineage = store.lineage(store.all().getFirst().id());
      assertThat(lineage.next(1)).isEqualTo(LAST_BLOCK_OF_16_TIB);
    }
  }

  @Test
  void grandchildHoldsDeletedAncestorsUntilItGoes() throws IOException {
    try (SnapshotStore store = open()) {
      String parent = completedChild(store, null, 1);
      String child = completedChild(store, parent, 2);
      String grandchild = completedChild(store, child, 3);

      assertThat(store.delete(child)).isTrue();
      assertThat(store.delete(parent)).isTrue();
      assertThat(store.delete(parent)).isFalse();
      assertThat(store.read(grandchild, 1).data()).isEqualTo(ByteBuffer.wrap(block(1)));
      assertThat(store.all()).extracting(SnapshotRecord::id).containsExactly(grandchild);
      assertThat(store.delete(grandchild)).isTrue();
      assertThat(root).isEmptyDirectory();
    }
  }

  private static String completedChild(
      SnapshotStore store, @org.jspecify.annotations.Nullable String parent, int index)
      throws IOException {
    StartSnapshotCall call = new StartSnapshotCall(1, parent, Map.of(), "", null, null, null, 60);
    String id = store.start(call, Integer.MAX_VALUE).id();
    put(store, id, index, index);
    store.complete(id, 1, null);
    store.awaitCompletions();
    return id;
  }
}
