package io.vmferry.functions.port;

import java.io.InputStream;
import java.nio.file.Path;

/** Objects in S3. */
public interface ObjectStore extends ObjectReader {

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
