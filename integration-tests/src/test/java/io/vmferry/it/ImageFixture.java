package io.vmferry.it;

import io.vmferry.disk.Tools;
import io.vmferry.disk.vhdx.HandWrittenVhdx;
import io.vmferry.disk.vmdk.HandWrittenVmdk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** One disk in every format, each with what qemu-img reads from it. */
enum ImageFixture {
  /** Has to be declared. */
  RAW(PartitionedDisk.MEDIUM, "disk.raw", "raw", ""),
  VMDK_STREAM_OPTIMIZED(PartitionedDisk.LARGE, "disk.vmdk", "vmdk", "subformat=streamOptimized"),
  VMDK_MONOLITHIC_SPARSE(PartitionedDisk.LARGE, "disk.vmdk", "vmdk", "subformat=monolithicSparse"),
  VMDK_MONOLITHIC_FLAT(PartitionedDisk.MEDIUM, "disk.vmdk", "vmdk", "subformat=monolithicFlat"),
  VMDK_SPLIT_SPARSE(PartitionedDisk.LARGE, "disk.vmdk", "vmdk", "subformat=twoGbMaxExtentSparse"),
  VMDK_SPLIT_FLAT(PartitionedDisk.LARGE, "disk.vmdk", "vmdk", "subformat=twoGbMaxExtentFlat"),
  VHD_FIXED(PartitionedDisk.MEDIUM, "disk.vhd", "vpc", "subformat=fixed"),
  VHD_DYNAMIC(PartitionedDisk.LARGE, "disk.vhd", "vpc", "subformat=dynamic"),
  /** The size is not rounded to whole cylinders. */
  VHD_DYNAMIC_EXACT(PartitionedDisk.LARGE, "disk.vhd", "vpc", "subformat=dynamic,force_size=on"),
  VHDX_FIXED(PartitionedDisk.MEDIUM, "disk.vhdx", "vhdx", "subformat=fixed"),
  VHDX_DYNAMIC(PartitionedDisk.LARGE, "disk.vhdx", "vhdx", "subformat=dynamic"),
  /** A stream-optimized VMDK with its OVF and manifest, packed by GNU tar. */
  OVA(PartitionedDisk.LARGE, "machine.ova", "vmdk", "subformat=streamOptimized") {
    @Override
    void write(Path disk, Path image) throws IOException {
      Path vmdk = image.resolveSibling("machine-disk1.vmdk");
      super.write(disk, vmdk);
      Ova.pack("machine", List.of(vmdk));
    }

    @Override
    void read(Path image, Path raw) throws IOException {
      super.read(image.resolveSibling("machine-disk1.vmdk"), raw);
    }
  },
  /** A descriptor beside its disk. */
  OVF(PartitionedDisk.MEDIUM, "machine.ovf", "vmdk", "subformat=streamOptimized") {
    @Override
    void write(Path disk, Path image) throws IOException {
      Path vmdk = image.resolveSibling("machine-disk1.vmdk");
      super.write(disk, vmdk);
      Files.writeString(image, Ova.ovf("machine", List.of(vmdk)));
    }

    @Override
    void read(Path image, Path raw) throws IOException {
      super.read(image.resolveSibling("machine-disk1.vmdk"), raw);
    }
  },
  /** As VMware writes a stream: with markers in front of tables, directory and footer. */
  VMDK_STREAM_OF_VMWARE(PartitionedDisk.SMALL, "disk.vmdk", "vmdk", "") {
    @Override
    void write(Path disk, Path image) throws IOException {
      HandWrittenVmdk.stream(disk, image);
    }
  },
  VHDX_WITH_SECTORS_OF_4096_BYTES(PartitionedDisk.SMALL, "disk.vhdx", "vhdx", "") {
    @Override
    void write(Path disk, Path image) throws IOException {
      HandWrittenVhdx.write(disk, 4096, image);
    }

    // qemu-img knows sectors of 512 bytes only: the disk itself is the witness.
    @Override
    void read(Path image, Path raw) throws IOException {
      Tools.run("cp", "--sparse=always", disk().file().toString(), raw.toString());
    }
  },
  VHDX_WITH_DIRTY_LOG(PartitionedDisk.SMALL, "disk.vhdx", "vhdx", "") {
    @Override
    void write(Path disk, Path image) throws IOException {
      HandWrittenVhdx.writeWithDirtyLog(disk, image);
    }

    // qemu-img reads such an image only when it may repair it: a copy is repaired.
    @Override
    void read(Path image, Path raw) throws IOException {
      Path repaired = Files.copy(image, image.resolveSibling("repaired.vhdx"));
      Tools.run("qemu-img", "check", "-r", "all", "-f", "vhdx", repaired.toString());
      super.read(repaired, raw);
      Files.delete(repaired);
    }
  };

  private final PartitionedDisk disk;
  private final String fileName;
  private final String qemuFormat;
  private final String options;

  ImageFixture(PartitionedDisk disk, String fileName, String qemuFormat, String options) {
    this.disk = disk;
    this.fileName = fileName;
    this.qemuFormat = qemuFormat;
    this.options = options;
  }

  /** The disk it was made of. */
  PartitionedDisk disk() {
    return disk;
  }

  /** The image, and its further files beside it. */
  Path image() throws IOException {
    return directory().resolve(fileName);
  }

  /** What the image holds, as a raw disk. */
  Path expected() throws IOException {
    return directory().resolve("expected");
  }

  /** What the caller of an import has to say it is. */
  Optional<String> declaredFormat() {
    return qemuFormat.equals("raw") ? Optional.of("raw") : Optional.empty();
  }

  private Path directory() throws IOException {
    Path raw = disk.file();
    return Fixtures.directory(
        "image-" + name(),
        directory -> {
          Path image = directory.resolve(fileName);
          write(raw, image);
          read(image, directory.resolve("expected"));
        },
        getDeclaringClass(),
        getClass(),
        PartitionedDisk.class,
        Ova.class,
        HandWrittenVmdk.class,
        HandWrittenVhdx.class);
  }

  void write(Path raw, Path image) throws IOException {
    if (qemuFormat.equals("raw")) {
      Tools.run("cp", "--sparse=always", raw.toString(), image.toString());
      return;
    }
    Tools.run(
        "qemu-img",
        "convert",
        "-f",
        "raw",
        "-O",
        qemuFormat,
        "-o",
        options,
        raw.toString(),
        image.toString());
  }

  void read(Path image, Path raw) throws IOException {
    Tools.run(
        "qemu-img", "convert", "-f", qemuFormat, "-O", "raw", image.toString(), raw.toString());
  }
}
