package io.vmferry.functions.port;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;

/** Multipart uploads: objects that many workers write at once. */
public interface UploadStore {

  /** Begins an upload and returns its id. */
  String begin(String bucket, String key);

  /**
   * Uploads a part; uploading it again replaces it.
   *
   * @param part 1 to 10,000
   * @param length bytes, at most 5 GiB; at least 5 MiB for all parts but the last
   * @return the part's ETag
   * @throws VmferryException {@link ErrorCode#TASK_STATE_CONFLICT} if the upload was completed or
   *     aborted; {@link ErrorCode#INTERNAL} if the content ends early; {@link
   *     ErrorCode#SERVICE_THROTTLED}, {@link ErrorCode#SERVICE_UNAVAILABLE} or {@link
   *     ErrorCode#SERVICE_ACCESS_DENIED}; whatever the content throws
   */
  String uploadPart(
      String bucket, String key, String uploadId, int part, InputStream content, long length);

  /**
   * Lists the parts there are and makes the object of them, in order. Completing again what is
   * complete does nothing.
   *
   * @throws VmferryException as {@link #uploadPart}
   */
  void complete(String bucket, String key, String uploadId);

  /**
   * The parts there are, by their numbers, with their lengths in bytes.
   *
   * @throws VmferryException as {@link #uploadPart}
   */
  Map<Integer, Long> parts(String bucket, String key, String uploadId);

  /** Aborts an upload; one that is not there is ignored. */
  void abort(String bucket, String key, String uploadId);

  /** Every unfinished upload below a prefix, as {@code key#uploadId}. */
  List<String> unfinished(String bucket, String prefix);
}
