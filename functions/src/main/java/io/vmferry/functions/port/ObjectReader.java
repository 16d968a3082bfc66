package io.vmferry.functions.port;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.task.ObjectVersion;

/** Objects that are read at random. */
public interface ObjectReader {

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
}
