package io.vmferry.functions.service;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.VirtualSize;
import io.vmferry.disk.format.DiskImageFormats;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.ova.MachinePackage;
import io.vmferry.disk.ova.Manifest;
import io.vmferry.disk.ova.OvaArchive;
import io.vmferry.disk.ova.OvfDisk;
import io.vmferry.disk.ova.OvfPackage;
import io.vmferry.disk.ova.VirtualSystem;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.task.ContentFile;
import io.vmferry.functions.task.Disk;
import io.vmferry.functions.task.DiskContainer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Finds the disks in a container's bytes: one image, or the disks of an OVA or OVF. Reads headers
 * and directories only.
 */
final class Discovery {
  private final String taskId;
  private final int container;
  private final DiskContainer request;

  Discovery(String taskId, int container, DiskContainer request) {
    this.taskId = taskId;
    this.container = container;
    this.request = request;
  }

  /**
   * What a container holds.
   *
   * @param disks in device order; their indexes are counted from 0 within the container
   * @param bootMode what an OVF's firmware asks for
   * @param verifications the files a manifest promises digests for
   */
  record Found(List<Disk> disks, Optional<String> bootMode, List<Verification> verifications) {}

  /**
   * Looks into a container.
   *
   * @param source its bytes; closed on return
   * @param besides opens the files that lie beside it
   * @throws VmferryException if the bytes are not what is declared, are damaged or not supported
   */
  Found look(PinnedSource source, ReferenceResolver besides) throws IOException {
    try (source) {
      if (source.size() == 0) {
        throw new VmferryException(
            ErrorCode.IMAGE_EMPTY, "%s has 0 bytes".formatted(source.name()));
      }
      String declared = request.format().map(name -> name.toLowerCase(Locale.ROOT)).orElse("");
      return switch (declared) {
        case "" -> lookUndeclared(source, besides);
        case "ova" -> lookIntoOva(source);
        case "ovf" -> lookIntoOvf(source, besides);
        default -> lookAtImage(source, Optional.of(declaredFormat(declared)), besides);
      };
    }
  }

  private static DiskFormat declaredFormat(String declared) {
    return DiskFormat.of(declared)
        .orElseThrow(
            () ->
                new VmferryException(
                    ErrorCode.IMAGE_FORMAT_UNKNOWN,
                    "there is no format '%s'; known are raw, vmdk, vhd, vhdx, ova, ovf"
                        .formatted(declared)));
  }

  private Found lookUndeclared(PinnedSource source, ReferenceResolver besides) throws IOException {
    if (OvaArchive.probe(source)) {
      return lookIntoOva(source);
    }
    if (source.name().toLowerCase(Locale.ROOT).endsWith(".ovf")) {
      return lookIntoOvf(source, besides);
    }
    return lookAtImage(source, Optional.empty(), besides);
  }

  private Found lookAtImage(
      PinnedSource source, Optional<DiskFormat> declared, ReferenceResolver besides)
      throws IOException {
    if (declared.isPresent() && OvaArchive.probe(source)) {
      throw new VmferryException(
          ErrorCode.IMAGE_FORMAT_MISMATCH,
          "%s is declared as %s, but its bytes are ova"
              .formatted(source.name(), declared.get().id()));
    }
    return new Found(
        List.of(disk(0, source.name(), source, declared, besides)), Optional.empty(), List.of());
  }

  private Found lookIntoOva(PinnedSource source) throws IOException {
    if (!OvaArchive.probe(source)) {
      throw new VmferryException(
          ErrorCode.IMAGE_FORMAT_MISMATCH,
          "%s is declared as ova, but its bytes are %s"
              .formatted(
                  source.name(),
                  DiskImageFormats.detect(source).map(DiskFormat::id).orElse("no known format")));
    }
    try (MachinePackage machine = OvaArchive.open(source)) {
      return lookInto(machine);
    }
  }

  private Found lookIntoOvf(PinnedSource source, ReferenceResolver besides) throws IOException {
    try (MachinePackage machine = OvfPackage.open(source, besides)) {
      return lookInto(machine);
    }
  }

  private Found lookInto(MachinePackage machine) throws IOException {
    VirtualSystem system = machine.virtualSystem();
    List<Disk> disks = new ArrayList<>();
    List<Verification> verifications = new ArrayList<>();
    for (OvfDisk disk : system.disks()) {
      if (disk.fileName().isEmpty()) {
        disks.add(emptyDisk(disks.size(), disk));
        continue;
      }
      String name = disk.fileName().get();
      ByteSource image = machine.openDisk(disk);
      disks.add(disk(disks.size(), name, image, Optional.empty(), machine.resolver()));
      for (ContentFile file : disks.getLast().files()) {
        machine
            .manifest()
            .flatMap(manifest -> manifest.digest(file.name()))
            .map(digest -> new Verification(taskId, file, line(file.name(), digest)))
            .ifPresent(verifications::add);
      }
    }
    return new Found(disks, system.firmware().map(Discovery::bootMode), verifications);
  }

  private static String line(String file, Manifest.Digest digest) {
    return "%s(%s)= %s".formatted(digest.algorithm().name(), file, digest.hex());
  }

  private static String bootMode(VirtualSystem.Firmware firmware) {
    return switch (firmware) {
      case BIOS -> "legacy-bios";
      case EFI -> "uefi";
    };
  }

  private Disk emptyDisk(int index, OvfDisk disk) {
    long capacity =
        disk.capacity()
            .orElseThrow(
                () ->
                    new VmferryException(
                        ErrorCode.OVF_INVALID,
                        "the empty disk '%s' has no capacity that can be understood"
                            .formatted(disk.diskId())));
    return newDisk(index, DiskFormat.RAW, VirtualSize.check(disk.diskId(), capacity), List.of());
  }

  private Disk newDisk(int index, DiskFormat format, long virtualSize, List<ContentFile> files) {
    // Of several disks in one container the first is the one that the device is asked for.
    Optional<String> device = index == 0 ? request.deviceName() : Optional.empty();
    return new Disk(index, container, format, virtualSize, files, device, Optional.empty(), 0, 0);
  }

  /** Opens an image and notes every file it takes. */
  private Disk disk(
      int index,
      String name,
      ByteSource source,
      Optional<DiskFormat> declared,
      ReferenceResolver references)
      throws IOException {
    List<ContentFile> files = new ArrayList<>();
    files.add(PinnedSource.locate(name, source));
    ReferenceResolver noting =
        (image, reference) -> {
          ByteSource opened = references.resolve(image, reference);
          files.add(PinnedSource.locate(reference, opened));
          return opened;
        };
    try (DiskImage image = DiskImageFormats.open(source, declared, noting)) {
      image.checkDirectory();
      return newDisk(index, image.format(), image.virtualSize(), files);
    }
  }
}
