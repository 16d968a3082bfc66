package io.vmferry.disk.block;

import io.vmferry.error.VmferryException;
import java.io.IOException;

/**
 * Says where the blocks of a disk lie in its image file: a block allocation table.
 *
 * <p>Implementations are safe for use by many threads at once and check every entry before they
 * answer.
 */
@FunctionalInterface
public interface BlockTable {
  /** The answer for a block that is not stored and reads as zeros. */
  long UNALLOCATED = -1;

  /** The answer for a block that is known to hold zeros, without data in the file. */
  long ZERO = -2;

  /**
   * Where a block's data starts.
   *
   * @param block 0 to the number of the disk's blocks − 1
   * @return the position in the file, in bytes, from which on the block's data (up to the disk's
   *     end) is present; or {@link #UNALLOCATED} or {@link #ZERO}
   * @throws VmferryException the format's own code if the entry points outside of the file or is
   *     otherwise not valid
   * @throws IOException if the table cannot be read
   */
  long locate(long block) throws IOException;
}
