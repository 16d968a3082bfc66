package io.vmferry.cli.backend;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.ObjectReader;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/** Files that were brought to where tasks read them. */
public interface Uploads {

  /**
   * Uploads a file.
   *
   * @param folder keeps the files of one source together; letters, digits and {@code -}
   * @param file the file; its name is kept
   * @param sent is told how many more bytes have been sent, as it happens; from any thread, one at
   *     a time
   * @return the object as {@code s3://bucket/key}
   * @throws VmferryException {@link ErrorCode#SOURCE_NOT_FOUND}, {@link
   *     ErrorCode#SOURCE_ACCESS_DENIED}, {@link ErrorCode#SOURCE_CHANGED} or of the services
   */
  String upload(String folder, Path file, LongConsumer sent);

  /** Removes the folder that an uploaded object is in; any other URL is left alone. */
  void discard(String url);

  /** What is in S3, for looking into it. */
  ObjectReader objects();
}
