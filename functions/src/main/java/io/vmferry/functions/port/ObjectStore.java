package io.vmferry.functions.port;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.task.ObjectVersion;
import java.io.InputStream;
import java.nio.file.Path;

/** Objects in S3. */
public interface ObjectStore {

  /**
   * Looks at an object.
   *
   * @throws VmferryException {@link ErrorCode#SOURCE_NOT_FOUND}, {@link
   *     ErrorCode#SOURCE_ACCESS_DENIED}, {@link ErrorCode#SOURCE_REGION_MISMATCH}, {@link
   *     ErrorCode#SERVICE_THROTTLED}, {@link ErrorCode#SERVICE_UNAVAILABLE}
   */
  ObjectVersion head(String bucket, String key);

  /**
   * Opens an object for reading at random. Costs no call until the first read; each read is one
   * ranged GET that demands the version's ETag. Reads fail as {@link #head}, and with {@link
   * ErrorCode#SOURCE_CHANGED} once the object has another ETag or is gone.
   */
  ByteSource open(ObjectVersion object);

  /** Reads a whole object from its start; the caller closes the stream. Fails as {@link #head}. */
  InputStream read(String bucket, String key);

  /** Stores an object that fits in memory. */
  void put(String bucket, String key, byte[] content);

  /** Stores a file of at most 5 GiB. */
  void put(String bucket, String key, Path file);

  /**
   * Deletes an object, or everything below a prefix that ends in {@code /}. What is not there is
   * ignored.
   */
  void delete(String bucket, String keyOrPrefix);
}
