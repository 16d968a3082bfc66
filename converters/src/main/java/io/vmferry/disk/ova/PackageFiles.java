package io.vmferry.disk.ova;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** From the names an OVF uses to the files of a package. */
final class PackageFiles {
  private PackageFiles() {}

  /** Finds the name a package has for a file that the OVF names. */
  @FunctionalInterface
  interface Names {
    /**
     * The package's name for a file.
     *
     * @throws VmferryException {@link ErrorCode#OVF_FILE_MISSING}, {@link
     *     ErrorCode#REFERENCE_REFUSED}
     */
    String find(String href) throws IOException;
  }

  /**
   * The system with the package's names for its disks' files.
   *
   * @throws VmferryException {@link ErrorCode#OVF_WITHOUT_DISK} if no disk has a file
   */
  static VirtualSystem resolve(VirtualSystem system, String name, Names names) throws IOException {
    List<OvfDisk> disks = new ArrayList<>();
    boolean anyFile = false;
    for (OvfDisk disk : system.disks()) {
      boolean hasFile = disk.fileName().isPresent();
      disks.add(hasFile ? disk.withFileName(names.find(fileNameOf(disk))) : disk);
      anyFile |= hasFile;
    }
    if (!anyFile) {
      throw new VmferryException(
          ErrorCode.OVF_WITHOUT_DISK,
          "%s: the machine '%s' has %d disks, none of them with a file"
              .formatted(name, Messages.shorten(system.name()), disks.size()));
    }
    return system.withDisks(disks);
  }

  /** The name of a disk's file, which it must have. */
  static String fileNameOf(OvfDisk disk) {
    return disk.fileName()
        .orElseThrow(
            () -> new IllegalArgumentException("disk '%s' is empty".formatted(disk.diskId())));
  }

  static VmferryException missing(String name, String file) {
    return new VmferryException(
        ErrorCode.OVF_FILE_MISSING, "%s has no file '%s'".formatted(name, Messages.shorten(file)));
  }

  static VmferryException refused(String name, String reference) {
    return new VmferryException(
        ErrorCode.REFERENCE_REFUSED,
        "%s names '%s', which is not the plain name of a file beside it"
            .formatted(name, Messages.shorten(reference)));
  }
}
