package io.vmferry.disk;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.VmferryException;
import java.io.IOException;

/** One disk format: knows its own images and opens them. Implementations have no state. */
public interface DiskImageFormat {

  /** Which format this is. */
  DiskFormat format();

  /**
   * Whether the bytes are an image of this format, from a few KiB at the file's ends.
   *
   * @return true if they are, though the image may turn out damaged when it is opened; false if
   *     they are not
   * @throws VmferryException if the bytes can only be this format, but are broken beyond opening
   * @throws IOException if the source cannot be read
   */
  boolean probe(ByteSource source) throws IOException;

  /**
   * Opens an image. Reads headers and directories only.
   *
   * @param source the image's bytes; belongs to the image from here on, and is closed even when
   *     opening fails
   * @param references opens what the image names: extents, parents
   * @throws VmferryException if the bytes are not an image of this format, are damaged, or hold
   *     what is not supported
   * @throws IOException if the source cannot be read
   */
  DiskImage open(ByteSource source, ReferenceResolver references) throws IOException;
}
