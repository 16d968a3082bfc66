package io.vmferry.disk.vmdk;

import java.util.Optional;

/**
 * An extent as a line of a descriptor gives it.
 *
 * @param access who may use it
 * @param sectors its size
 * @param type how it is stored, in upper case: FLAT, SPARSE, ZERO, VMFS and others
 * @param fileName the file that holds it; empty for those that need none
 * @param offset the extent's first sector in that file
 */
record DescribedExtent(
    Access access, long sectors, String type, Optional<String> fileName, long offset) {

  /** What the machine may do with an extent. */
  enum Access {
    RW,
    RDONLY,
    NOACCESS
  }
}
