package io.vmferry.functions.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.SnapshotReader.Block;
import io.vmferry.functions.port.SnapshotStore.Request;
import io.vmferry.functions.port.SnapshotStore.State;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link SnapshotStore} does together with its {@link SnapshotReader}. */
public abstract class SnapshotStoreContract {
  private static final String UNKNOWN = "snap-0123456789abcdef0";
  private static final int POLLS = 10_000;

  // Opened before each test.
  @SuppressWarnings("NullAway.Init")
  private SnapshotStore store;

  // Opened before each test.
  @SuppressWarnings("NullAway.Init")
  private SnapshotReader reader;

  /** A store; it may hold snapshots of other tests. */
  protected abstract SnapshotStore newStore();

  /** A reader of the snapshots of a store that {@link #newStore} made. */
  protected abstract SnapshotReader newReader(SnapshotStore store);

  @BeforeEach
  final void openStore() {
    store = newStore();
    reader = newReader(store);
  }

  private static Request request(String token, String taskId) {
    return new Request(
        1,
        "a disk",
        token,
        Optional.empty(),
        Optional.empty(),
        Map.of(SnapshotStore.TASK_TAG, taskId, "colour", "green"));
  }

  private static Request request() {
    return request(token(), "import-ami-" + token());
  }

  private static String token() {
    return UUID.randomUUID().toString();
  }

  private static ByteBuffer block(long seed) {
    byte[] bytes = new byte[SnapshotStore.BLOCK_SIZE];
    new Random(seed).nextBytes(bytes);
    return ByteBuffer.wrap(bytes);
  }

  private static byte[] sha256(ByteBuffer... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (ByteBuffer part : parts) {
        digest.update(part.duplicate());
      }
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private void put(String id, int index, ByteBuffer block) {
    store.putBlock(id, index, block, sha256(block));
  }

  private static byte[] checksum(ByteBuffer... blocks) {
    ByteBuffer digests = ByteBuffer.allocate(32 * blocks.length);
    for (ByteBuffer block : blocks) {
      digests.put(sha256(block));
    }
    return sha256(digests.flip());
  }

  private void awaitCompleted(String id) {
    for (int i = 0; i < POLLS && store.state(id) == State.PENDING; i++) {
      Thread.onSpinWait();
    }
    assertThat(store.state(id)).isEqualTo(State.COMPLETED);
  }

  private SortedMap<Integer, ByteBuffer> read(String id) {
    List<Block> blocks = new ArrayList<>();
    assertThat(reader.list(id, blocks::add)).isEqualTo(1);
    assertThat(blocks).extracting(Block::index).isSorted();
    SortedMap<Integer, ByteBuffer> content = new TreeMap<>();
    for (Block block : blocks) {
      ByteBuffer destination = ByteBuffer.allocate(SnapshotStore.BLOCK_SIZE);
      reader.read(id, block, destination);
      content.put(block.index(), destination.flip());
    }
    return content;
  }

  private static void assertFails(ErrorCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .asInstanceOf(type(VmferryException.class))
        .extracting(VmferryException::code)
        .isEqualTo(code);
  }

  @Test
  final void whatIsWrittenIsReadBackAndNothingElse() {
    String id = store.start(request());
    ByteBuffer first = block(1);
    ByteBuffer last = block(2);
    put(id, 2047, last);
    put(id, 3, first);
    assertThat(store.state(id)).isEqualTo(State.PENDING);
    store.complete(id, 2, checksum(first, last));
    awaitCompleted(id);

    assertThat(read(id)).containsExactly(Map.entry(3, first), Map.entry(2047, last));
  }

  @Test
  final void aBlockIsTakenFromItsPositionOnAndThePositionStays() {
    ByteBuffer content = block(1);
    ByteBuffer direct = ByteBuffer.allocateDirect(SnapshotStore.BLOCK_SIZE + 20);
    direct.position(7).put(content.duplicate()).flip().position(7);
    ByteBuffer slice = ByteBuffer.allocate(SnapshotStore.BLOCK_SIZE + 100).position(33).slice();
    slice.position(5).put(content.duplicate()).flip().position(5);
    String id = store.start(request());

    put(id, 0, direct);
    put(id, 1, slice);
    put(id, 2, content.asReadOnlyBuffer());

    assertThat(direct.position()).isEqualTo(7);
    assertThat(slice.position()).isEqualTo(5);
    store.complete(id, 3, checksum(content, content, content));
    awaitCompleted(id);
    assertThat(read(id).values()).containsExactly(content, content, content);
  }

  @Test
  final void aBlockIsReadToWhereTheDestinationStands() {
    String id = store.start(request());
    ByteBuffer content = block(1);
    put(id, 0, content);
    store.complete(id, 1, checksum(content));
    awaitCompleted(id);
    List<Block> blocks = new ArrayList<>();
    reader.list(id, blocks::add);
    ByteBuffer direct = ByteBuffer.allocateDirect(SnapshotStore.BLOCK_SIZE + 10).position(4);

    reader.read(id, blocks.getFirst(), direct);

    assertThat(direct.position()).isEqualTo(SnapshotStore.BLOCK_SIZE + 4);
    assertThat(direct.slice(4, SnapshotStore.BLOCK_SIZE)).isEqualTo(content);
  }

  @Test
  final void aBlockWrittenAgainIsReplacedAndCountsOnce() {
    String id = store.start(request());
    ByteBuffer fresh = block(2);
    put(id, 5, block(1));
    put(id, 5, fresh);
    store.complete(id, 1, checksum(fresh));
    awaitCompleted(id);

    assertThat(read(id)).containsExactly(Map.entry(5, fresh));
  }

  @Test
  final void aSnapshotWithoutBlocksCanBeCompleted() {
    String id = store.start(request());
    store.complete(id, 0, checksum());
    awaitCompleted(id);

    assertThat(read(id)).isEmpty();
  }

  @Test
  final void theSameTokenAndParametersGiveTheSameSnapshot() {
    Request request = request();

    assertThat(store.start(request)).isEqualTo(store.start(request));
  }

  @Test
  final void theSameTokenWithOtherParametersIsRefused() {
    Request request = request();
    store.start(request);

    assertFails(
        ErrorCode.CLIENT_TOKEN_CONFLICT,
        () ->
            store.start(
                new Request(
                    2,
                    request.description(),
                    request.clientToken(),
                    request.encrypted(),
                    request.kmsKeyId(),
                    request.tags())));
  }

  @Test
  final void aBlockWithAnotherChecksumIsRefused() {
    String id = store.start(request());

    assertFails(ErrorCode.INTERNAL, () -> store.putBlock(id, 0, block(1), sha256(block(2))));
  }

  @Test
  final void aBlockBeyondTheVolumeIsRefused() {
    String id = store.start(request());

    assertFails(ErrorCode.INTERNAL, () -> put(id, 2048, block(1)));
  }

  @Test
  final void aBlockOfAnUnknownSnapshotIsRefused() {
    assertFails(ErrorCode.SNAPSHOT_NOT_FOUND, () -> put(UNKNOWN, 0, block(1)));
  }

  @Test
  final void aCompletedSnapshotTakesNoMoreBlocks() {
    String id = store.start(request());
    ByteBuffer content = block(1);
    put(id, 0, content);
    store.complete(id, 1, checksum(content));

    assertFails(ErrorCode.SNAPSHOT_NOT_FOUND, () -> put(id, 1, block(2)));
    awaitCompleted(id);
    assertFails(ErrorCode.SNAPSHOT_NOT_FOUND, () -> put(id, 1, block(2)));
  }

  @Test
  final void aWrongCountOrChecksumDoesNotComplete() {
    String id = store.start(request());
    ByteBuffer content = block(1);
    put(id, 0, content);

    assertFails(ErrorCode.INTERNAL, () -> store.complete(id, 2, checksum(content)));
    assertFails(ErrorCode.INTERNAL, () -> store.complete(id, 1, checksum(block(2))));
    assertThat(store.state(id)).isEqualTo(State.PENDING);
  }

  @Test
  final void completingAgainDoesNothing() {
    String id = store.start(request());
    ByteBuffer content = block(1);
    put(id, 0, content);
    store.complete(id, 1, checksum(content));
    store.complete(id, 1, checksum(content));
    awaitCompleted(id);
    store.complete(id, 1, checksum(content));

    assertThat(read(id)).containsExactly(Map.entry(0, content));
  }

  @Test
  final void anUnknownSnapshotHasNoStateAndCannotBeCompletedOrRead() {
    assertFails(ErrorCode.SNAPSHOT_NOT_FOUND, () -> store.state(UNKNOWN));
    assertFails(ErrorCode.SNAPSHOT_NOT_FOUND, () -> store.complete(UNKNOWN, 0, checksum()));
    assertFails(ErrorCode.SNAPSHOT_NOT_FOUND, () -> reader.list(UNKNOWN, block -> {}));
  }

  @Test
  final void aPendingSnapshotCannotBeRead() {
    String id = store.start(request());

    assertFails(ErrorCode.SNAPSHOT_NOT_FOUND, () -> reader.list(id, block -> {}));
  }

  @Test
  final void aDeletedSnapshotIsGoneAndDeletingItAgainIsIgnored() {
    String id = store.start(request());

    store.delete(id);
    store.delete(id);

    assertFails(ErrorCode.SNAPSHOT_NOT_FOUND, () -> store.state(id));
    assertFails(ErrorCode.SNAPSHOT_NOT_FOUND, () -> put(id, 0, block(1)));
  }

  @Test
  final void findsTheSnapshotsOfATask() {
    String task = "import-ami-" + token();
    String one = store.start(request(token(), task));
    String two = store.start(request(token(), task));
    store.start(request());

    assertThat(store.findByTask(task)).containsExactlyInAnyOrder(one, two);
    store.delete(one);
    assertThat(store.findByTask(task)).containsExactly(two);
  }

  @Test
  final void manyThreadsWriteOneSnapshot() throws Exception {
    String id = store.start(request());
    ByteBuffer[] blocks = new ByteBuffer[32];
    Threads.together(
        blocks.length,
        i -> {
          blocks[i] = block(i);
          put(id, i * 3, blocks[i]);
          return i;
        });
    store.complete(id, blocks.length, checksum(blocks));
    awaitCompleted(id);

    assertThat(read(id).values()).containsExactly(blocks);
  }
}
