package io.vmferry.disk.vmdk;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;

/** Where a sparse extent's grains are. Safe for use by many threads at once. */
interface GrainIndex {
  /** A grain table entry: the grain is not stored. */
  int UNALLOCATED = 0;

  /** A grain table entry where the header allows it: the grain is zeros. */
  int ZEROED = 1;

  /**
   * Whether there is a grain table of that number. Reads the grain directory only.
   *
   * @throws VmferryException {@link ErrorCode#VMDK_GRAIN_DIRECTORY_INVALID} if the table would be
   *     outside of the file
   */
  boolean hasTable(long table) throws IOException;

  /**
   * The entries of a grain table that is there: the sector of each grain, unsigned, or {@link
   * #UNALLOCATED}, or {@link #ZEROED}. All of them are inside the file. Not to be changed.
   *
   * @throws VmferryException {@link ErrorCode#VMDK_GRAIN_DIRECTORY_INVALID} if the table is outside
   *     of the file, {@link ErrorCode#VMDK_GRAIN_TABLE_INVALID} if an entry points outside of it
   */
  int[] table(long table) throws IOException;
}
