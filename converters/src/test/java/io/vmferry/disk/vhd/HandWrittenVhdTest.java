package io.vmferry.disk.vhd;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.DiskImageContract;
import io.vmferry.disk.Extent;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.Tools;
import io.vmferry.disk.block.QemuImages;
import io.vmferry.disk.block.SparseSource;
import io.vmferry.disk.format.DiskImageFormats;
import io.vmferry.disk.io.ByteSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** VHDs of other writers than qemu-img; what they hold is known, or told by qemu-img. */
class HandWrittenVhdTest {
  @TempDir Path directory;

  static byte[] content(int seed, int length) {
    byte[] content = new byte[length];
    new Random(seed).nextBytes(content);
    return content;
  }

  private static DiskImage open(SparseSource file) throws IOException {
    return DiskImageFormats.open(file, Optional.empty(), ReferenceResolver.REFUSE);
  }

  private static byte[] read(DiskImage image) throws IOException {
    ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(image.virtualSize()));
    image.readFully(0, all);
    return all.array();
  }

  private static void assertReads(SparseSource file, SparseSource disk) throws IOException {
    try (DiskImage image = open(file)) {
      assertThat(read(image)).isEqualTo(disk.toByteArray());
    }
  }

  private void assertReadsAsQemuDoes(SparseSource file) throws IOException {
    Path image = Files.write(directory.resolve("image.vhd"), file.toByteArray());
    byte[] expected = Files.readAllBytes(new QemuImages(directory).read(image, "vpc"));
    try (DiskImage opened = open(file)) {
      assertThat(read(opened)).isEqualTo(expected);
    }
  }

  /** Blocks of 64 KiB, the table at 8192, a last block that the disk's end cuts. */
  private static VhdBuilder smallBlocks() {
    return VhdBuilder.dynamic((3 << 20) + 512 * 5)
        .blockSize(64 << 10)
        .tableOffset(8192)
        .block(0, content(1, 64 << 10))
        .block(1, content(2, 64 << 10))
        .block(17, content(3, 64 << 10))
        .block(48, content(4, 64 << 10));
  }

  @Nested
  class DynamicInSmallBlocksWithTheTableElsewhere extends DiskImageContract {
    @Override
    protected DiskImage openImage() throws IOException {
      return open(smallBlocks().build());
    }

    @Override
    protected ByteSource openExpected() {
      return smallBlocks().disk();
    }
  }

  @Nested
  class DynamicInLargeBlocks extends DiskImageContract {
    private final VhdBuilder builder =
        VhdBuilder.dynamic(40 << 20).blockSize(16 << 20).block(1, content(5, 16 << 20));

    @Override
    protected DiskImage openImage() throws IOException {
      return open(builder.build());
    }

    @Override
    protected ByteSource openExpected() {
      return builder.disk();
    }
  }

  @Test
  void readsBlocksOfOtherSizesAsQemuDoes() throws IOException {
    assertReadsAsQemuDoes(smallBlocks().build());
  }

  @Test
  void tellsExactlyWhichBlocksAreThere() throws IOException {
    try (DiskImage image = open(smallBlocks().build())) {
      assertThat(image.extentAt(0, Long.MAX_VALUE))
          .isEqualTo(new Extent(0, 128 << 10, Extent.Kind.DATA));
      assertThat(image.extentAt(128 << 10, Long.MAX_VALUE))
          .isEqualTo(new Extent(128 << 10, 15 * (64 << 10), Extent.Kind.UNALLOCATED));
      assertThat(image.extentAt(3 << 20, Long.MAX_VALUE))
          .isEqualTo(new Extent(3 << 20, 512 * 5, Extent.Kind.DATA));
    }
  }

  @Test
  void readsALastBlockThatIsStoredOnlyAsFarAsTheDiskGoes() throws IOException {
    VhdBuilder builder = smallBlocks().lastBlockCut();
    assertReads(builder.build(), builder.disk());
  }

  @Test
  void readsADynamicDiskWithAFooterOf511Bytes() throws IOException {
    VhdBuilder builder = smallBlocks().footerBytes(511);
    assertReads(builder.build(), builder.disk());
  }

  @Test
  void readsAFixedDiskWithAFooterOf511Bytes() throws IOException {
    VhdBuilder builder =
        VhdBuilder.fixed(1 << 20).footerBytes(511).blockSize(4096).block(3, content(6, 4096));
    assertReads(builder.build(), builder.disk());
  }

  @Test
  void readsAFixedDiskWhoseFirstSectorStartsLikeAFooter() throws IOException {
    byte[] sector = VhdBuilder.fixed(77 << 20).footer();
    VhdBuilder builder = VhdBuilder.fixed(1 << 20).blockSize(512).block(0, sector);
    assertReads(builder.build(), builder.disk());
  }

  @Test
  void readsADynamicDiskWhoseFooterCopyIsGone() throws IOException {
    VhdBuilder builder = smallBlocks();
    assertReads(builder.build().put(0, new byte[512]), builder.disk());
  }

  @Test
  void readsADiskInSavedState() throws IOException {
    VhdBuilder builder = smallBlocks().savedState();
    assertReads(builder.build(), builder.disk());
  }

  @Test
  void readsAHeaderWithAWrongChecksumAsQemuDoes() throws IOException {
    assertReadsAsQemuDoes(smallBlocks().build().put(512 + 36, new byte[] {1, 2, 3, 4}));
  }

  @Test
  void readsSectorsWhoseBitIsClearAsTheyAreStoredAsQemuDoes() throws IOException {
    VhdBuilder builder = smallBlocks().bitmap(0x0F);
    assertReads(builder.build(), builder.disk());
    assertReadsAsQemuDoes(builder.build());
  }

  /** 4,080 sectors by geometry, 4,096 by current size. */
  @ParameterizedTest
  @CsvSource({
    "'vpc ', 4080", "'qemu', 4080", "'vs  ', 4080", "'abcd', 4080",
    "'win ', 4096", "'qem2', 4096", "'d2v ', 4096", "'CTXS', 4096"
  })
  void takesTheSizeTheCreatorMeansAsQemuDoes(String creator, long sectors) throws IOException {
    SparseSource file = creatorsDisk(creator).build();
    try (DiskImage image = open(file)) {
      assertThat(image.virtualSize()).isEqualTo(sectors * 512);
    }
    Path image = Files.write(directory.resolve("image.vhd"), file.toByteArray());
    String info = Tools.run("qemu-img", "info", "-f", "vpc", "--output=json", image.toString());
    Matcher size = Pattern.compile("\"virtual-size\": (\\d+)").matcher(info);
    assertThat(size.find()).isTrue();
    assertThat(Long.parseLong(size.group(1))).isEqualTo(sectors * 512);
  }

  @ParameterizedTest
  @CsvSource({"tap, 0", "tap, 32", "wa, 0", "wa, 32", "vbox, 0"})
  void takesTheCurrentSizeOfXenServerAzureAndVirtualBox(String creator, int fill)
      throws IOException {
    String application = (creator + ("" + (char) fill).repeat(4)).substring(0, 4);
    try (DiskImage image = open(creatorsDisk(application).build())) {
      assertThat(image.virtualSize()).isEqualTo(4096 * 512);
    }
  }

  private static VhdBuilder creatorsDisk(String creator) {
    return VhdBuilder.dynamic(4096 * 512).creator(creator).geometry(60, 4, 17);
  }

  @Test
  void takesTheCurrentSizeWhereTheGeometryIsAtItsMaximum() throws IOException {
    long size = 200L << 30;
    try (DiskImage image =
        open(VhdBuilder.dynamic(size).creator("vpc ").geometry(65535, 16, 255).build())) {
      assertThat(image.virtualSize()).isEqualTo(size);
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 0, 0", "1000, 16, 255"})
  void takesTheCurrentSizeWhereTheGeometryIsEmptyOrLarger(int cylinders, int heads, int sectors)
      throws IOException {
    try (DiskImage image =
        open(
            VhdBuilder.dynamic(4 << 20)
                .creator("vpc ")
                .geometry(cylinders, heads, sectors)
                .build())) {
      assertThat(image.virtualSize()).isEqualTo(4 << 20);
    }
  }

  @Test
  void plansASparse16TiBDiskWithFewReads() throws IOException {
    SparseSource file = VhdBuilder.dynamic(16L << 40).block(1 << 22, content(9, 2 << 20)).build();
    try (DiskImage image = open(file)) {
      long data = 0;
      for (long at = 0; at < image.virtualSize(); ) {
        Extent extent = image.plannedExtentAt(at, 32L << 30);
        data += extent.isData() ? extent.length() : 0;
        at = extent.end();
      }
      assertThat(data).isEqualTo(2 << 20);
      assertThat(file.bytesRead()).isBetween(32L << 20, 64L << 20);
    }
  }
}
