package io.vmferry.it;

import static io.vmferry.error.ErrorCode.DISK_SIZE_TOO_LARGE;
import static io.vmferry.error.ErrorCode.DISK_SIZE_ZERO;
import static io.vmferry.error.ErrorCode.IMAGE_EMPTY;
import static io.vmferry.error.ErrorCode.IMAGE_FORMAT_MISMATCH;
import static io.vmferry.error.ErrorCode.IMAGE_FORMAT_UNKNOWN;
import static io.vmferry.error.ErrorCode.IMAGE_TRUNCATED;
import static io.vmferry.error.ErrorCode.OVA_MANIFEST_MISMATCH;
import static io.vmferry.error.ErrorCode.OVA_MEMBER_NAME_UNSAFE;
import static io.vmferry.error.ErrorCode.OVA_WITHOUT_OVF;
import static io.vmferry.error.ErrorCode.OVF_FILE_MISSING;
import static io.vmferry.error.ErrorCode.OVF_XML_UNSAFE;
import static io.vmferry.error.ErrorCode.VHDX_BLOCK_ALLOCATION_TABLE_INVALID;
import static io.vmferry.error.ErrorCode.VHDX_DIFFERENCING_UNSUPPORTED;
import static io.vmferry.error.ErrorCode.VHD_BLOCK_ALLOCATION_TABLE_INVALID;
import static io.vmferry.error.ErrorCode.VHD_DIFFERENCING_UNSUPPORTED;
import static io.vmferry.error.ErrorCode.VHD_FOOTER_INVALID;
import static io.vmferry.error.ErrorCode.VMDK_COMPRESSION_UNSUPPORTED;
import static io.vmferry.error.ErrorCode.VMDK_GRAIN_DIRECTORY_INVALID;
import static io.vmferry.error.ErrorCode.VMDK_GRAIN_INVALID;
import static io.vmferry.error.ErrorCode.VMDK_SESPARSE_UNSUPPORTED;

import io.vmferry.disk.Tools;
import io.vmferry.disk.vhdx.HandWrittenVhdx;
import io.vmferry.error.ErrorCode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Images that cannot be imported, each for one reason. */
enum BadImage {
  EMPTY_FILE(IMAGE_EMPTY, "0 bytes") {
    @Override
    Path make(Path directory) throws IOException {
      return Files.createFile(directory.resolve("empty.vmdk"));
    }
  },
  NO_IMAGE(IMAGE_FORMAT_UNKNOWN, "InvalidParameter: Parameter disk-image-size=0") {
    @Override
    Path make(Path directory) throws IOException {
      return Files.writeString(directory.resolve("text.vmdk"), "hello, world\n".repeat(1000));
    }
  },
  OTHER_FORMAT_THAN_DECLARED(IMAGE_FORMAT_MISMATCH, "declared as vhd") {
    @Override
    Path make(Path directory) throws IOException {
      return qemuImage(directory, "vmdk", "subformat=streamOptimized");
    }

    @Override
    Optional<String> declaredFormat() {
      return Optional.of("vhd");
    }
  },
  TRUNCATED_SPARSE_VMDK(IMAGE_TRUNCATED, "") {
    @Override
    Path make(Path directory) throws IOException {
      return cut(qemuImage(directory, "vmdk", "subformat=monolithicSparse"), 1000);
    }
  },
  TRUNCATED_DYNAMIC_VHDX(IMAGE_TRUNCATED, "") {
    @Override
    Path make(Path directory) throws IOException {
      return cut(qemuImage(directory, "vhdx", "subformat=dynamic"), 300 << 10);
    }
  },
  TRUNCATED_OVA(IMAGE_TRUNCATED, "") {
    @Override
    Path make(Path directory) throws IOException {
      Path ova = Ova.pack("machine", List.of(vmdk(directory)));
      return cut(ova, Files.size(ova) / 2);
    }
  },
  GRAIN_DIRECTORY_PAST_THE_END(VMDK_GRAIN_DIRECTORY_INVALID, "") {
    @Override
    Path make(Path directory) throws IOException {
      Path image = qemuImage(directory, "vmdk", "subformat=monolithicSparse");
      // Both directories: the redundant one, and the one it would replace.
      edit(image, 48, 16, header -> header.putLong(1L << 40).putLong(1L << 40));
      return image;
    }
  },
  VHD_BLOCK_PAST_THE_END(VHD_BLOCK_ALLOCATION_TABLE_INVALID, "") {
    @Override
    Path make(Path directory) throws IOException {
      Path image = qemuImage(directory, "vpc", "subformat=dynamic");
      edit(image, 1536, 4, table -> table.order(ByteOrder.BIG_ENDIAN).putInt(0x0FFFFFFF));
      return image;
    }
  },
  VHDX_BLOCK_PAST_THE_END(VHDX_BLOCK_ALLOCATION_TABLE_INVALID, "") {
    @Override
    Path make(Path directory) throws IOException {
      Path image = directory.resolve("disk.vhdx");
      HandWrittenVhdx.write(raw(directory), 512, image);
      // The table is at 3 MiB; state 6 is a block that is fully present.
      edit(image, 3 << 20, 8, table -> table.putLong(1L << 50 | 6));
      return image;
    }
  },
  VHD_FOOTERS_NOT_IDENTICAL(VHD_FOOTER_INVALID, "ClientError: Footers not identical") {
    @Override
    Path make(Path directory) throws IOException {
      Path image = qemuImage(directory, "vpc", "subformat=dynamic");
      editVhdFooter(image, 0, footer -> footer.putLong(68, 0x1122334455667788L));
      return image;
    }
  },
  DIFFERENCING_VHD(VHD_DIFFERENCING_UNSUPPORTED, "ClientError: Footers not identical") {
    @Override
    Path make(Path directory) throws IOException {
      Path image = qemuImage(directory, "vpc", "subformat=dynamic");
      editVhdFooter(image, 0, footer -> footer.putInt(60, 4));
      editVhdFooter(image, Files.size(image) - 512, footer -> footer.putInt(60, 4));
      return image;
    }
  },
  DIFFERENCING_VHDX(VHDX_DIFFERENCING_UNSUPPORTED, "") {
    @Override
    Path make(Path directory) throws IOException {
      Path image = directory.resolve("disk.vhdx");
      HandWrittenVhdx.write(raw(directory), 512, image);
      // The metadata is at 2 MiB, its first item, the file parameters, 64 KiB behind.
      edit(image, (2 << 20) + (64 << 10) + 4, 4, parameters -> parameters.putInt(2));
      return image;
    }
  },
  SPACE_EFFICIENT_SPARSE_VMDK(VMDK_SESPARSE_UNSUPPORTED, "") {
    @Override
    Path make(Path directory) throws IOException {
      Files.write(directory.resolve("vm-000001-sesparse.vmdk"), new byte[1 << 20]);
      return Files.writeString(
          directory.resolve("vm-000001.vmdk"),
          """
          # Disk DescriptorFile
          version=3
          encoding="UTF-8"
          CID=fffffffe
          parentCID=ffffffff
          createType="seSparse"

          # Extent description
          RW 8192 SESPARSE "vm-000001-sesparse.vmdk"
          """);
    }
  },
  COMPRESSION_ALGORITHM_0(
      VMDK_COMPRESSION_UNSUPPORTED, "File uses unsupported compression algorithm") {
    @Override
    Path make(Path directory) throws IOException {
      Path image = vmdk(directory);
      edit(image, 77, 2, header -> header.putShort((short) 0));
      return image;
    }
  },
  /** Found only when the grain is inflated: when the snapshot is pending. */
  DAMAGED_DEFLATE_STREAM(VMDK_GRAIN_INVALID, "ClientError: Uncompressed data has invalid length") {
    @Override
    Path make(Path directory) throws IOException {
      Path image = vmdk(directory);
      damageFirstGrain(image);
      return image;
    }

    @Override
    boolean isFoundInHeaders() {
      return false;
    }
  },
  OVA_WITHOUT_DESCRIPTOR(OVA_WITHOUT_OVF, "") {
    @Override
    Path make(Path directory) throws IOException {
      return Ova.tar(directory.resolve("machine.ova"), List.of(vmdk(directory)));
    }
  },
  OVF_THAT_NAMES_A_MISSING_FILE(OVF_FILE_MISSING, "") {
    @Override
    Path make(Path directory) throws IOException {
      Path ovf = directory.resolve("machine.ovf");
      Files.writeString(ovf, Ova.ovf("machine", List.of(Path.of("other.vmdk"))));
      return Ova.tar(directory.resolve("machine.ova"), List.of(ovf, vmdk(directory)));
    }
  },
  /** Found only when the whole file has been read: beside the conversion. */
  MANIFEST_OF_ANOTHER_FILE(OVA_MANIFEST_MISMATCH, "") {
    @Override
    Path make(Path directory) throws IOException {
      Path vmdk = vmdk(directory);
      Path ovf = directory.resolve("machine.ovf");
      Files.writeString(ovf, Ova.ovf("machine", List.of(vmdk)));
      Path manifest = directory.resolve("machine.mf");
      String digests = Ova.manifest(List.of(ovf, vmdk));
      int last = digests.length() - 2;
      char changed = digests.charAt(last) == '0' ? '1' : '0';
      Files.writeString(manifest, digests.substring(0, last) + changed + "\n");
      return Ova.tar(directory.resolve("machine.ova"), List.of(ovf, manifest, vmdk));
    }

    @Override
    boolean isFoundInHeaders() {
      return false;
    }
  },
  PATH_TRAVERSAL_IN_OVA(OVA_MEMBER_NAME_UNSAFE, "../") {
    @Override
    Path make(Path directory) throws IOException {
      Path vmdk = vmdk(directory);
      Path ovf = directory.resolve("machine.ovf");
      Files.writeString(ovf, Ova.ovf("machine", List.of(vmdk)));
      Path ova = directory.resolve("machine.ova");
      Tools.run(
          "tar",
          "-C",
          directory.toString(),
          "--transform=s,^disk,../disk,",
          "-P",
          "-cf",
          ova.toString(),
          "machine.ovf",
          vmdk.getFileName().toString());
      return ova;
    }
  },
  XML_ENTITY_BOMB(OVF_XML_UNSAFE, "") {
    @Override
    Path make(Path directory) throws IOException {
      Path vmdk = vmdk(directory);
      StringBuilder entities = new StringBuilder("<!ENTITY e0 \"ha\">");
      for (int i = 1; i < 30; i++) {
        entities.append("<!ENTITY e%d \"&e%d;&e%d;\">".formatted(i, i - 1, i - 1));
      }
      String ovf =
          Ova.ovf("machine", List.of(vmdk))
              .replace("?>", "?>\n<!DOCTYPE Envelope [" + entities + "]>")
              .replace("<Name>machine<", "<Name>&e29;<");
      Path file = Files.writeString(directory.resolve("machine.ovf"), ovf);
      return Ova.tar(directory.resolve("machine.ova"), List.of(file, vmdk));
    }
  },
  VIRTUAL_SIZE_0_IN_VMDK(DISK_SIZE_ZERO, "") {
    @Override
    Path make(Path directory) throws IOException {
      Path image = qemuImage(directory, "vmdk", "subformat=monolithicSparse");
      edit(image, 12, 8, header -> header.putLong(0));
      return image;
    }
  },
  VIRTUAL_SIZE_0_IN_VHD(DISK_SIZE_ZERO, "") {
    @Override
    Path make(Path directory) throws IOException {
      return vhdOfSize(directory, 0);
    }
  },
  VIRTUAL_SIZE_0_IN_VHDX(DISK_SIZE_ZERO, "") {
    @Override
    Path make(Path directory) throws IOException {
      Path image = directory.resolve("disk.vhdx");
      HandWrittenVhdx.write(raw(directory), 512, image);
      // The metadata is at 2 MiB, its second item, the disk's size, 64 KiB and 8 bytes behind.
      edit(image, (2 << 20) + (64 << 10) + 8, 8, size -> size.putLong(0));
      return image;
    }
  },
  VIRTUAL_SIZE_OVER_16_TIB_IN_VMDK(DISK_SIZE_TOO_LARGE, "16 TiB") {
    @Override
    Path make(Path directory) throws IOException {
      Path image = qemuImage(directory, "vmdk", "subformat=monolithicSparse");
      edit(image, 12, 8, header -> header.putLong(17L << 31));
      return image;
    }
  },
  VIRTUAL_SIZE_OVER_16_TIB_IN_VHD(DISK_SIZE_TOO_LARGE, "16 TiB") {
    @Override
    Path make(Path directory) throws IOException {
      return vhdOfSize(directory, 17L << 40);
    }
  },
  VIRTUAL_SIZE_OVER_16_TIB_IN_VHDX(DISK_SIZE_TOO_LARGE, "16 TiB") {
    @Override
    Path make(Path directory) throws IOException {
      Path image = directory.resolve("disk.vhdx");
      Tools.run("qemu-img", "create", "-f", "vhdx", image.toString(), "17T");
      return image;
    }
  };

  private static final int SIZE = 4 << 20;

  private final ErrorCode code;
  private final String message;

  BadImage(ErrorCode code, String message) {
    this.code = code;
    this.message = message;
  }

  /** What the user is told it is. */
  ErrorCode code() {
    return code;
  }

  /** A part of what the user is told. */
  String message() {
    return message;
  }

  /** What the caller of the import says it is. */
  Optional<String> declaredFormat() {
    return Optional.empty();
  }

  /** Whether a look at headers and directories tells that the image is bad. */
  boolean isFoundInHeaders() {
    return true;
  }

  /** Makes the image and what belongs to it in an empty directory. */
  abstract Path make(Path directory) throws IOException;

  private static Path raw(Path directory) throws IOException {
    byte[] content = new byte[SIZE];
    new Random(SIZE).nextBytes(content);
    return Files.write(directory.resolve("disk.raw"), content);
  }

  private static Path qemuImage(Path directory, String format, String options) throws IOException {
    Path image = directory.resolve("disk." + (format.equals("vpc") ? "vhd" : format));
    Tools.run(
        "qemu-img",
        "convert",
        "-f",
        "raw",
        "-O",
        format,
        "-o",
        options,
        raw(directory).toString(),
        image.toString());
    return image;
  }

  private static Path vmdk(Path directory) throws IOException {
    return qemuImage(directory, "vmdk", "subformat=streamOptimized");
  }

  private static Path cut(Path file, long length) throws IOException {
    try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
      access.setLength(length);
    }
    return file;
  }

  @FunctionalInterface
  private interface Change {
    void apply(ByteBuffer bytes);
  }

  /** Changes bytes of a file, little-endian if nothing else is said. */
  private static void edit(Path file, long at, int length, Change change) throws IOException {
    try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
      byte[] bytes = new byte[length];
      access.seek(at);
      access.readFully(bytes);
      change.apply(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
      access.seek(at);
      access.write(bytes);
    }
  }

  /** A dynamic VHD whose footers say it holds so many bytes, by a creator that means that size. */
  private static Path vhdOfSize(Path directory, long size) throws IOException {
    Path image = qemuImage(directory, "vpc", "subformat=dynamic,force_size=on");
    editVhdFooter(image, 0, footer -> footer.putLong(48, size));
    editVhdFooter(image, Files.size(image) - 512, footer -> footer.putLong(48, size));
    return image;
  }

  /** Changes a VHD's footer and puts its checksum right. */
  private static void editVhdFooter(Path image, long at, Change change) throws IOException {
    edit(
        image,
        at,
        512,
        footer -> {
          footer.order(ByteOrder.BIG_ENDIAN);
          change.apply(footer);
          footer.putInt(64, 0);
          int sum = 0;
          for (int i = 0; i < footer.limit(); i++) {
            sum += footer.get(i) & 0xFF;
          }
          footer.putInt(64, ~sum);
        });
  }

  /** Changes bytes in the middle of the first grain's compressed data. */
  private static void damageFirstGrain(Path streamOptimized) throws IOException {
    try (RandomAccessFile access = new RandomAccessFile(streamOptimized.toFile(), "r")) {
      byte[] header = new byte[512];
      access.readFully(header);
      long overhead = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getLong(64);
      long middle = overhead * 512 + 12 + (20 << 10);
      edit(streamOptimized, middle, 16, bytes -> bytes.putLong(-1).putLong(0));
    }
  }
}
