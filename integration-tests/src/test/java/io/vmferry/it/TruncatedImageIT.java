package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.disk.Tools;
import io.vmferry.disk.vhdx.HandWrittenVhdx;
import io.vmferry.error.ErrorCode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** An image that ends in any of its structures is refused by the command, and leaves nothing. */
class TruncatedImageIT {
  private static final int DISK = 4 << 20;
  private static final int MIB = 1 << 20;

  @TempDir private static Path directory;

  private static LocalAws aws;

  /**
   * An image and where it is cut off.
   *
   * @param structure what it ends in
   * @param format as qemu-img calls it, or {@code hand-written-vhdx}, {@code ova} or {@code ovf}
   * @param subformat qemu-img's; of an OVA, the member it ends in
   * @param length what is kept of the file that is cut off, in bytes; negative to count from its
   *     end, and of an OVA counted from its member's header
   * @param code what the import says
   * @param found a part of the message
   * @param inHeaders whether that is found before anything is uploaded
   */
  record Cut(
      String structure,
      String format,
      String subformat,
      long length,
      ErrorCode code,
      String found,
      boolean inHeaders) {

    static Cut of(
        String structure,
        String format,
        String subformat,
        long length,
        ErrorCode code,
        String found) {
      return new Cut(structure, format, subformat, length, code, found, true);
    }

    @Override
    public String toString() {
      return format + " " + subformat + " in its " + structure;
    }
  }

  private static Stream<Cut> cuts() {
    ErrorCode cut = ErrorCode.IMAGE_TRUNCATED;
    ErrorCode noFooter = ErrorCode.VHD_FOOTER_INVALID;
    ErrorCode table = ErrorCode.VMDK_GRAIN_TABLE_INVALID;
    ErrorCode blocks = ErrorCode.VHDX_BLOCK_ALLOCATION_TABLE_INVALID;
    return Stream.of(
        Cut.of("header", "vmdk", "streamOptimized", 300, cut, "header"),
        Cut.of("descriptor", "vmdk", "streamOptimized", 2000, cut, "descriptor"),
        new Cut("grains", "vmdk", "streamOptimized", 100_000, table, "grain table", false),
        new Cut("last grain", "vmdk", "streamOptimized", -512, cut, "grain 63", false),
        Cut.of("header", "vmdk", "monolithicSparse", 300, cut, "header"),
        Cut.of("descriptor", "vmdk", "monolithicSparse", 1000, cut, "descriptor"),
        Cut.of(
            "grain tables",
            "vmdk",
            "monolithicSparse",
            11_000,
            ErrorCode.VMDK_GRAIN_DIRECTORY_INVALID,
            "grain directory"),
        new Cut("grains", "vmdk", "monolithicSparse", 100_000, table, "grain table", false),
        Cut.of("flat extent", "vmdk", "monolithicFlat", 1_000_000, cut, "8192 sectors"),
        Cut.of("footer's copy", "vpc", "dynamic", 300, noFooter, "cut off"),
        Cut.of("dynamic header", "vpc", "dynamic", 1000, noFooter, "cut off"),
        Cut.of("block allocation table", "vpc", "dynamic", 1540, noFooter, "cut off"),
        Cut.of("blocks", "vpc", "dynamic", 100_000, noFooter, "cut off"),
        Cut.of("footer", "vpc", "dynamic", -512, noFooter, "cut off"),
        Cut.of("disk", "vpc", "fixed", 1_000_000, ErrorCode.IMAGE_FORMAT_UNKNOWN, "is no VMDK"),
        Cut.of("footer", "vpc", "fixed", -512, ErrorCode.IMAGE_FORMAT_UNKNOWN, "is no VMDK"),
        Cut.of("file identifier", "vhdx", "dynamic", 100, cut, "header"),
        Cut.of("headers", "vhdx", "dynamic", 150_000, cut, "region table"),
        Cut.of("region table", "vhdx", "dynamic", 250_000, cut, "region table"),
        Cut.of("log", "vhdx", "dynamic", 1_500_000, cut, "block allocation table"),
        Cut.of("block allocation table", "vhdx", "dynamic", 2_500_000, cut, "allocation table"),
        Cut.of("metadata", "vhdx", "dynamic", 3_500_000, cut, "metadata"),
        Cut.of("blocks", "vhdx", "dynamic", 9_000_000, blocks, "9000000 bytes"),
        Cut.of("last block", "hand-written-vhdx", "", -1, blocks, "block 3 "),
        Cut.of("first block", "hand-written-vhdx", "", 4 * MIB, blocks, "block 0 "),
        Cut.of("header", "ova", "disk.ovf", 300, ErrorCode.IMAGE_FORMAT_UNKNOWN, "is no VMDK"),
        Cut.of("content", "ova", "disk.ovf", 512 + 700, cut, "disk.ovf"),
        Cut.of("header", "ova", "disk.mf", 300, cut, ""),
        Cut.of("content", "ova", "disk.mf", 512 + 20, cut, "disk.mf"),
        Cut.of("header", "ova", "disk.vmdk", 300, cut, ""),
        Cut.of("content", "ova", "disk.vmdk", 512 + 100_000, cut, "disk.vmdk"),
        Cut.of("document", "ovf", "", 700, ErrorCode.OVF_INVALID, "disk.ovf"));
  }

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    aws = LocalAws.start(directory.resolve("state"));
  }

  @AfterAll
  static void stop() {
    aws.close();
  }

  @ParameterizedTest
  @MethodSource("cuts")
  void isRefusedByTheCommand(Cut cut) throws IOException {
    Path image = write(cut, Files.createTempDirectory(directory, "cut"));

    Vmferry.Result result = aws.vmferry().run("import", "--json", image.toString());

    assertThat(result.exitCode()).as(result.err()).isEqualTo(Vmferry.USER);
    JsonNode error = result.json().get("error");
    assertThat(error.get("code").asText()).isEqualTo(cut.code().name());
    assertThat(error.get("message").asText()).contains(cut.found()).contains(cut.code().remedy());
    assertThat(result.json().has("taskId")).isEqualTo(!cut.inHeaders());
    aws.account().assertIsEmpty();
    assertThat(aws.account().objects(Account.IMAGES)).isEmpty();
  }

  private static Path write(Cut cut, Path folder) throws IOException {
    byte[] content = new byte[DISK];
    new Random(DISK).nextBytes(content);
    Path raw = Files.write(folder.resolve("disk.raw"), content);
    return switch (cut.format()) {
      case "ova" -> {
        Path ova = Ova.pack("disk", List.of(vmdk(raw)));
        yield keep(ova, member(ova, cut.subformat()) + cut.length());
      }
      case "ovf" -> {
        String document = Ova.ovf("disk", List.of(vmdk(raw)));
        yield keep(Files.writeString(folder.resolve("disk.ovf"), document), cut.length());
      }
      case "hand-written-vhdx" -> {
        Path image = folder.resolve("disk.vhdx");
        HandWrittenVhdx.write(raw, 512, image);
        yield keep(image, cut.length());
      }
      default -> {
        Path image = convert(raw, cut.format(), cut.subformat());
        Path flat = folder.resolve("disk-flat.vmdk");
        keep(Files.exists(flat) ? flat : image, cut.length());
        yield image;
      }
    };
  }

  private static Path vmdk(Path raw) throws IOException {
    return convert(raw, "vmdk", "streamOptimized");
  }

  private static Path convert(Path raw, String format, String subformat) throws IOException {
    Path image = raw.resolveSibling("disk." + format);
    String options = "subformat=" + subformat;
    Tools.run(
        "qemu-img",
        "convert",
        "-f",
        "raw",
        "-O",
        format,
        "-o",
        options,
        raw.toString(),
        image.toString());
    return image;
  }

  /** Where a member's header starts. */
  private static long member(Path ova, String name) throws IOException {
    byte[] archive = Files.readAllBytes(ova);
    byte[] start = (name + '\0').getBytes(StandardCharsets.US_ASCII);
    for (int at = 0; at < archive.length; at += 512) {
      if (Arrays.equals(archive, at, at + start.length, start, 0, start.length)) {
        return at;
      }
    }
    throw new IllegalArgumentException(ova + " has no " + name);
  }

  private static Path keep(Path file, long length) throws IOException {
    try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
      access.setLength(length < 0 ? access.length() + length : length);
    }
    return file;
  }
}
