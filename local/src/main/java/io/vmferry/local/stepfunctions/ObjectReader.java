package io.vmferry.local.stepfunctions;

import java.io.IOException;
import java.io.InputStream;

/** Where an ItemReader reads its objects from. */
@FunctionalInterface
public interface ObjectReader {

  /**
   * Opens an object.
   *
   * @throws IOException if there is no such object or it cannot be read
   */
  InputStream open(String bucket, String key) throws IOException;

  /**
   * Opens an object as a role does, which must be allowed to. A reader that knows no roles lets
   * everybody do it.
   */
  default InputStream open(String bucket, String key, String roleArn) throws IOException {
    return open(bucket, key);
  }
}
