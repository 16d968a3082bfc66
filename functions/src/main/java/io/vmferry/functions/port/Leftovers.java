package io.vmferry.functions.port;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What is in the account that tasks have made, whether or not it is still noted on them. */
public interface Leftovers {

  /** Every snapshot of the account that carries {@link SnapshotStore#TASK_TAG}. */
  List<Tagged> snapshots();

  /** Every image of the account that carries {@link SnapshotStore#TASK_TAG}. */
  List<Tagged> images();

  /**
   * The folders below a prefix, each with its newest object.
   *
   * @param prefix ends in {@code /}
   */
  List<Folder> folders(String bucket, String prefix);

  /**
   * The unfinished multipart uploads below a prefix.
   *
   * @param prefix ends in {@code /}
   */
  List<Upload> uploads(String bucket, String prefix);

  /**
   * A snapshot or an image.
   *
   * @param id its id
   * @param taskId what its tag says
   * @param created when it was made
   * @param pending whether it is not usable yet
   */
  record Tagged(String id, String taskId, Instant created, boolean pending) {}

  /**
   * All objects whose keys begin with {@code prefix}.
   *
   * @param prefix ends in {@code /}
   * @param newest when the newest was stored
   * @param objects how many there are
   */
  record Folder(String prefix, Instant newest, int objects) {}

  /**
   * An unfinished upload.
   *
   * @param key the key it would have
   * @param uploadId the upload
   * @param initiated when it was begun; empty if that is not known
   */
  record Upload(String key, String uploadId, Optional<Instant> initiated) {}
}
