package io.vmferry.cli.boot;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is installed on this computer.
 *
 * @param path where programs are looked for, as the variable {@code PATH} has it
 * @param root where the computer's files begin: {@code /}
 */
public record HostPrograms(String path, Path root) {
  private static final List<UefiFiles> UEFI_FILES =
      List.of(
          // Debian and Ubuntu, the larger variables first.
          new UefiFiles("usr/share/OVMF/OVMF_CODE_4M.fd", "usr/share/OVMF/OVMF_VARS_4M.fd"),
          new UefiFiles("usr/share/OVMF/OVMF_CODE.fd", "usr/share/OVMF/OVMF_VARS.fd"),
          // Fedora and Red Hat.
          new UefiFiles("usr/share/edk2/ovmf/OVMF_CODE.fd", "usr/share/edk2/ovmf/OVMF_VARS.fd"),
          // Arch.
          new UefiFiles(
              "usr/share/edk2/x64/OVMF_CODE.4m.fd", "usr/share/edk2/x64/OVMF_VARS.4m.fd"));

  /**
   * Finds a program.
   *
   * @param debianPackage where it is on Debian and Ubuntu
   * @throws VmferryException {@link ErrorCode#BOOT_PROGRAM_MISSING}
   */
  Path require(String program, String debianPackage) {
    return find(program)
        .orElseThrow(() -> missing("%s is not on the PATH".formatted(program), debianPackage));
  }

  /** Finds a program; empty if it is not installed. */
  Optional<Path> find(String program) {
    return Stream.of(path.split(":", -1))
        .filter(directory -> !directory.isEmpty())
        .map(directory -> Path.of(directory, program))
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst();
  }

  /**
   * Finds the firmware of UEFI machines.
   *
   * @throws VmferryException {@link ErrorCode#BOOT_PROGRAM_MISSING}
   */
  UefiImage requireUefi() {
    return UEFI_FILES.stream()
        .map(files -> new UefiImage(root.resolve(files.code), root.resolve(files.variables)))
        .filter(image -> Files.isReadable(image.code) && Files.isReadable(image.variables))
        .findFirst()
        .orElseThrow(
            () -> missing("OVMF, the firmware of UEFI machines, is not installed", "ovmf"));
  }

  private static VmferryException missing(String what, String debianPackage) {
    return new VmferryException(
        ErrorCode.BOOT_PROGRAM_MISSING,
        "%s; on Debian and Ubuntu it is in the package %s: apt-get install %s"
            .formatted(what, debianPackage, debianPackage));
  }

  /**
   * The firmware's two parts.
   *
   * @param code its program, never written to
   * @param variables its variables as they are in a new machine; each machine has a copy of its own
   */
  record UefiImage(Path code, Path variables) {}

  private record UefiFiles(String code, String variables) {}
}
