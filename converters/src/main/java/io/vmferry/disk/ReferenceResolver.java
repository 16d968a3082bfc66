package io.vmferry.disk;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;

/**
 * Opens what an image names inside itself: the extents of a VMDK descriptor, the files of an OVF.
 * An image is a stranger's bytes, so nothing is opened unless the caller said how.
 */
@FunctionalInterface
public interface ReferenceResolver {

  /** Refuses every reference: the default. */
  ReferenceResolver REFUSE =
      (image, reference) -> {
        throw new VmferryException(
            ErrorCode.REFERENCE_REFUSED,
            "%s names another file, '%s', which was not given".formatted(image, reference));
      };

  /**
   * Opens a referenced file.
   *
   * @param image the name of the image that holds the reference, for messages
   * @param reference the name as the image spells it
   * @return the file's bytes; the caller closes them
   * @throws VmferryException {@link ErrorCode#REFERENCE_REFUSED} if the reference may not be
   *     followed, {@link ErrorCode#REFERENCE_MISSING} if there is no such file
   * @throws IOException if it cannot be opened
   */
  ByteSource resolve(String image, String reference) throws IOException;
}
