package io.vmferry.functions.port;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** EBS snapshots written block by block. A block is 512 KiB. */
public interface SnapshotStore {
  /** Bytes in a block. */
  int BLOCK_SIZE = 512 << 10;

  /** The tag that every snapshot and image of a task carries, with the task's id as its value. */
  String TASK_TAG = "vmferry:task";

  /**
   * Starts a snapshot; the same client token and parameters give the same snapshot.
   *
   * @return its id
   * @throws VmferryException {@link ErrorCode#SERVICE_THROTTLED}, {@link
   *     ErrorCode#SERVICE_UNAVAILABLE} or {@link ErrorCode#SERVICE_ACCESS_DENIED}
   */
  String start(Request request);

  /**
   * Writes a block; writing it again replaces it while the snapshot is pending.
   *
   * @param block {@link #BLOCK_SIZE} bytes from its position on; its position is left as it is
   * @param sha256 the block's SHA-256, 32 bytes
   * @throws VmferryException {@link ErrorCode#SNAPSHOT_NOT_FOUND} if there is no such pending
   *     snapshot; as {@link #start}
   */
  void putBlock(String snapshotId, int index, ByteBuffer block, byte[] sha256);

  /**
   * Ends writing.
   *
   * @param changedBlocks how many blocks were written, each counted once
   * @param checksum SHA-256 over the blocks' SHA-256s in the order of their indexes
   * @throws VmferryException as {@link #putBlock}; ending a snapshot again that was ended so does
   *     nothing
   */
  void complete(String snapshotId, int changedBlocks, byte[] checksum);

  /**
   * Where a snapshot stands.
   *
   * @throws VmferryException {@link ErrorCode#SNAPSHOT_NOT_FOUND}
   */
  State state(String snapshotId);

  /** Deletes a snapshot, pending or not; one that is not there is ignored. */
  void delete(String snapshotId);

  /** The snapshots that carry {@link #TASK_TAG} with this task's id. */
  List<String> findByTask(String taskId);

  /** Where a snapshot stands. */
  enum State {
    /** Written to, or being completed. */
    PENDING,
    /** Ready for use. */
    COMPLETED,
    /** Failed for good. */
    ERROR
  }

  /**
   * What to start.
   *
   * @param volumeSizeGib 1 to 65,536
   * @param description free text
   * @param clientToken at most 64 characters
   * @param encrypted empty for the account's default
   * @param kmsKeyId empty for the default key
   * @param tags at most 50
   */
  record Request(
      int volumeSizeGib,
      String description,
      String clientToken,
      Optional<Boolean> encrypted,
      Optional<String> kmsKeyId,
      Map<String, String> tags) {}
}
