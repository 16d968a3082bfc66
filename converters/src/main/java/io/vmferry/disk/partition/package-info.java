/**
 * Partition tables: master boot records and GUID partition tables, read from a disk's bytes.
 *
 * <p>Read first: {@link io.vmferry.disk.partition.PartitionTableReader}.
 */
@NullMarked
package io.vmferry.disk.partition;

import org.jspecify.annotations.NullMarked;
