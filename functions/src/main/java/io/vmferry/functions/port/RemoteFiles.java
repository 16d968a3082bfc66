package io.vmferry.functions.port;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.Optional;

/**
 * Files behind {@code https://}, public or presigned. Private, loopback and link-local addresses
 * are refused.
 */
public interface RemoteFiles {

  /**
   * Asks the server for the file's size and version.
   *
   * @throws VmferryException {@link ErrorCode#SOURCE_NOT_FOUND}, {@link
   *     ErrorCode#SOURCE_ACCESS_DENIED}, {@link ErrorCode#SOURCE_ADDRESS_REFUSED}, {@link
   *     ErrorCode#SOURCE_SIZE_UNKNOWN}, {@link ErrorCode#SOURCE_LOCATION_INVALID}, {@link
   *     ErrorCode#SOURCE_UNREACHABLE}; messages never hold the URL's query or user information
   */
  RemoteFile look(URI url);

  /**
   * Opens a file for reading at random.
   *
   * @param file one whose server takes ranges
   */
  ByteSource open(RemoteFile file);

  /**
   * Reads a run of a file, or a whole one whose server takes no ranges.
   *
   * @throws VmferryException as {@link #look}, and {@link ErrorCode#SOURCE_CHANGED} if the file has
   *     another version now
   */
  InputStream read(RemoteFile file, long offset, long length) throws IOException;

  /**
   * A file on a server.
   *
   * @param url where it is; may hold credentials
   * @param size bytes
   * @param version a strong ETag, else the Last-Modified date; empty if the server gives neither
   * @param ranges whether the server takes range requests
   */
  record RemoteFile(URI url, long size, Optional<String> version, boolean ranges) {}
}
