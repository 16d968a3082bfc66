package io.vmferry.disk.ova;

import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.Closeable;
import java.io.IOException;
import java.util.Optional;

/**
 * A virtual machine with its disks: what an {@link OvaArchive} and an {@link OvfPackage} have in
 * common. Safe for use by many threads at once.
 */
public interface MachinePackage extends Closeable {

  /**
   * The machine the package's OVF describes. The file names of its disks are names this package
   * knows, and at least one disk has a file.
   */
  VirtualSystem virtualSystem();

  /**
   * The digests the package promises for its files, if it promises any. The OVF itself has been
   * checked against them; disks are checked by whoever reads them, with {@link Manifest#verify} and
   * their {@link OvfDisk#fileName()}.
   */
  Optional<Manifest> manifest();

  /**
   * Opens a disk's file: the image, in whatever format it has.
   *
   * @param disk one of {@link #virtualSystem()}'s disks
   * @return the file's bytes; the caller closes them, before it closes this package
   * @throws IllegalArgumentException if the disk is an empty one and so has no file
   * @throws VmferryException {@link ErrorCode#OVF_FILE_MISSING} if there is no such file
   * @throws IOException if it cannot be opened
   */
  ByteSource openDisk(OvfDisk disk) throws IOException;

  /**
   * Resolves what the disks' images name, such as the extents of a split VMDK, among the package's
   * files: plain names only.
   */
  ReferenceResolver resolver();

  /** Closes the package and what it was opened on; closing twice does nothing. */
  @Override
  void close() throws IOException;
}
