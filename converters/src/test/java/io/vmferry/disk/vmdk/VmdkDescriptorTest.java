package io.vmferry.disk.vmdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.Extent;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.format.DiskImageFormats;
import io.vmferry.disk.io.ByteArraySource;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VmdkDescriptorTest {
  private static final byte[] FIRST = Disks.mixed(300 * 512);
  private static final byte[] SECOND = Disks.mixed(200 * 512);
  private static final String HEAD =
      "# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\n";

  private final Map<String, byte[]> files = new HashMap<>();
  private final AtomicInteger open = new AtomicInteger();

  private byte[] read(String descriptor) throws IOException {
    return read(descriptor.getBytes(StandardCharsets.UTF_8));
  }

  private byte[] read(byte[] descriptor) throws IOException {
    assertThat(new VmdkFormat().probe(new ByteArraySource("disk.vmdk", descriptor))).isTrue();
    try {
      return Reading.disk(new TrackedSource("disk.vmdk", descriptor), this::resolve);
    } finally {
      assertThat(open).as("sources left open").hasValue(0);
    }
  }

  private ByteSource resolve(String image, String reference) {
    byte[] file = files.get(reference);
    if (file == null) {
      throw new VmferryException(ErrorCode.REFERENCE_MISSING, image + " names " + reference);
    }
    return new TrackedSource(reference, file);
  }

  private void assertRefused(String descriptor, ErrorCode code) {
    assertThatExceptionOfType(VmferryException.class)
        .isThrownBy(() -> read(descriptor))
        .satisfies(e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code));
  }

  @Test
  void putsExtentsOfAllKindsOneAfterTheOther() throws IOException {
    files.put("a-flat.vmdk", concat(new byte[1024], FIRST));
    VmdkBuilder sparse = VmdkBuilder.plain(SECOND);
    sparse.descriptor = "";
    files.put("a-s001.vmdk", sparse.build());
    files.put("a-stream.vmdk", new VmdkBuilder(FIRST).build());
    assertThat(
            read(
                HEAD
                    + """
                    RW 300 FLAT "a-flat.vmdk" 2
                    RDONLY 200 SPARSE "a-s001.vmdk"
                    RW 7 ZERO

                    RW 300 SPARSE "a-stream.vmdk"
                    NOACCESS 3 FLAT "secret.vmdk" 0
                    NOACCESS 1 SPARSE "secret.vmdk"
                    RW 100 VMFS "a-flat.vmdk"
                    """))
        .isEqualTo(
            concat(
                FIRST,
                SECOND,
                new byte[7 * 512],
                FIRST,
                new byte[4 * 512],
                new byte[1024],
                Arrays.copyOf(FIRST, 98 * 512)));
  }

  @Test
  void opensAFileOfSeveralExtentsOnce() throws IOException {
    files.put("a", FIRST);
    AtomicInteger resolved = new AtomicInteger();
    ReferenceResolver counting =
        (image, reference) -> {
          resolved.incrementAndGet();
          return resolve(image, reference);
        };
    String text = HEAD + "RW 100 FLAT \"a\" 0\nRW 200 FLAT \"a\" 100\n";
    byte[] disk =
        Reading.disk(
            new ByteArraySource("disk.vmdk", text.getBytes(StandardCharsets.UTF_8)), counting);
    assertThat(disk).isEqualTo(FIRST);
    assertThat(resolved).hasValue(1);
  }

  @Test
  void tellsZeroExtentsFromDataWithoutReading() throws IOException {
    files.put("a", FIRST);
    String text = HEAD + "RW 300 FLAT \"a\" 0\nRW 500 ZERO\nRW 300 FLAT \"a\" 0\n";
    try (DiskImage image =
        DiskImageFormats.open(
            new ByteArraySource("disk.vmdk", text.getBytes(StandardCharsets.UTF_8)),
            Optional.of(DiskFormat.VMDK),
            this::resolve)) {
      assertThat(Reading.extents(image))
          .containsExactly(
              new Extent(0, 300 * 512, Extent.Kind.DATA),
              new Extent(300 * 512, 500 * 512, Extent.Kind.ZERO),
              new Extent(800 * 512, 300 * 512, Extent.Kind.DATA));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "RW 300 FLAT \"a\" 0",
        "RW 300 FLAT \"a\" 0\n",
        "RW 300 FLAT \"a\" 0   \r\n\r\n",
        "  rw   300\tflat  \"a\"",
        "RW 300 FLAT \"a\" 0 \"partition-uuid\" \"device\"",
        "\n\n# RW 5 FLAT \"b\" 0\nRW 300 FLAT \"a\" 0\n# The Disk Data Base\nddb.x = \"y\"\n",
        "createType = \"MONOLITHICFLAT\"\nRW 300 FLAT \"a\" 0\nadapterType=ide\ngarbage\n",
        "RW 0 FLAT \"a\" 0\nRW 300 FLAT \"a\" 0",
        "RW 300 FLAT \"a\" 0\0RW 300 FLAT \"a\" 0"
      })
  void readsExtentsHoweverTheyAreWritten(String extents) throws IOException {
    files.put("a", FIRST);
    assertThat(read(HEAD + extents)).isEqualTo(FIRST);
    assertThat(read((HEAD + extents).replace("\n", "\r\n"))).isEqualTo(FIRST);
  }

  @ParameterizedTest
  @CsvSource({
    "UTF-8, UTF-8, Größe und 磁盘.vmdk",
    "UTF-8, UTF-8, a = b.vmdk",
    "windows-1252, windows-1252, Größe.vmdk",
    "GBK, GBK, 我的 磁盘.vmdk",
    "UTF-8, no-such-charset, Größe.vmdk",
    "UTF-8, un legal, Größe.vmdk"
  })
  void readsNamesInTheEncodingTheDescriptorSays(String charset, String encoding, String name)
      throws IOException {
    files.put(name, FIRST);
    String text = HEAD + "encoding=\"" + encoding + "\"\nRW 300 FLAT \"" + name + "\" 0\n";
    assertThat(read(text.getBytes(Charset.forName(charset)))).isEqualTo(FIRST);
  }

  @Test
  void readsNamesThatAreNotInTheEncodingAsIso8859() throws IOException {
    files.put("Größe.vmdk", FIRST);
    String text = HEAD + "RW 300 FLAT \"Größe.vmdk\" 0\n";
    assertThat(read(text.getBytes(StandardCharsets.ISO_8859_1))).isEqualTo(FIRST);
  }

  @Test
  void readsADescriptorWithAByteOrderMark() throws IOException {
    files.put("a", FIRST);
    assertThat(read("\ufeff" + HEAD + "RW 300 FLAT \"a\" 0\n")).isEqualTo(FIRST);
  }

  @ParameterizedTest
  @ValueSource(strings = {"parentCID=FFFFFFFF", "parentCID = \"ffffffff\"", "CID=1"})
  void acceptsADescriptorWithoutParent(String setting) throws IOException {
    files.put("a", FIRST);
    assertThat(read("# Disk DescriptorFile\n" + setting + "\nRW 300 FLAT \"a\" 0\n"))
        .isEqualTo(FIRST);
  }

  @ParameterizedTest
  @CsvSource({
    "RW 300 VMFSSPARSE, VMDK_EXTENT_UNSUPPORTED",
    "RW 300 VMFSRDM, VMDK_EXTENT_UNSUPPORTED",
    "RW 300 VMFSRAW, VMDK_EXTENT_UNSUPPORTED",
    "RW 300 SESPARSE, VMDK_SESPARSE_UNSUPPORTED",
    "RW 300 PMEM, VMDK_EXTENT_UNSUPPORTED",
    "RW 301 FLAT, IMAGE_TRUNCATED",
    "RW 999999999999999999 FLAT, IMAGE_TRUNCATED",
    "RW 9999999999999999999 FLAT, VMDK_DESCRIPTOR_INVALID",
    "RW -1 FLAT, VMDK_DESCRIPTOR_INVALID",
    "RW many FLAT, VMDK_DESCRIPTOR_INVALID",
    "RW 300 SPARSE, VMDK_HEADER_INVALID",
    "RW 0 FLAT, DISK_SIZE_ZERO"
  })
  void refusesAnExtent(String extent, ErrorCode code) {
    files.put("a", FIRST);
    assertRefused(HEAD + extent + " \"a\"\n", code);
  }

  @Test
  void refusesWhatCannotBeADisk() {
    files.put("a", FIRST);
    assertRefused(HEAD, ErrorCode.VMDK_DESCRIPTOR_INVALID);
    assertRefused(HEAD + "RX 300 FLAT \"a\" 0\n", ErrorCode.VMDK_DESCRIPTOR_INVALID);
    assertRefused(HEAD + "RW 300 FLAT \"a\n", ErrorCode.VMDK_DESCRIPTOR_INVALID);
    assertRefused(HEAD + "RW 300 FLAT\n", ErrorCode.VMDK_DESCRIPTOR_INVALID);
    assertRefused(HEAD + "RW 300 FLAT \"\" 0\n", ErrorCode.VMDK_DESCRIPTOR_INVALID);
    assertRefused(HEAD + "RW 300 FLAT \"b\" 0\n", ErrorCode.REFERENCE_MISSING);
    assertRefused(HEAD + "RW 10 FLAT \"a\" 999999999999999999\n", ErrorCode.IMAGE_TRUNCATED);
    assertRefused(HEAD + "RW 999999999999999999 ZERO\n".repeat(40), ErrorCode.DISK_SIZE_TOO_LARGE);
    assertRefused(HEAD + "RW 1 ZERO\n".repeat(10_001), ErrorCode.VMDK_DESCRIPTOR_INVALID);
    assertRefused(HEAD + "#".repeat(1 << 20), ErrorCode.VMDK_DESCRIPTOR_INVALID);
    assertRefused(
        HEAD.replace("ffffffff", "12345678") + "RW 300 FLAT \"a\" 0\n",
        ErrorCode.VMDK_DELTA_UNSUPPORTED);
  }

  @Test
  void refusesSparseExtentsThatAreNot() {
    VmdkBuilder delta = VmdkBuilder.plain(FIRST);
    delta.descriptor = "parentCID=00000001\n";
    files.put("delta", delta.build());
    files.put("cowd", "COWD".repeat(200).getBytes(StandardCharsets.US_ASCII));
    files.put("short", VmdkBuilder.plain(SECOND).build());
    assertRefused(HEAD + "RW 300 SPARSE \"delta\"\n", ErrorCode.VMDK_DELTA_UNSUPPORTED);
    assertRefused(HEAD + "RW 300 SPARSE \"cowd\"\n", ErrorCode.VMDK_EXTENT_UNSUPPORTED);
    assertRefused(HEAD + "RW 300 SPARSE \"short\"\n", ErrorCode.VMDK_DESCRIPTOR_INVALID);
  }

  @Test
  void usesAsMuchOfASparseExtentAsTheDescriptorSays() throws IOException {
    files.put("a", VmdkBuilder.plain(FIRST).build());
    assertThat(read(HEAD + "RW 130 SPARSE \"a\"\nRW 300 SPARSE \"a\"\n"))
        .isEqualTo(concat(Arrays.copyOf(FIRST, 130 * 512), FIRST));
  }

  @Test
  void followsADescriptorInsideASparseExtentWithoutCapacity() throws IOException {
    files.put("a-flat.vmdk", FIRST);
    VmdkBuilder builder = VmdkBuilder.plain(new byte[0]);
    builder.descriptor = HEAD + "RW 300 FLAT \"a-flat.vmdk\" 0\n";
    assertThat(read(builder.build())).isEqualTo(FIRST);
  }

  @Test
  void opensNothingUnlessTold() {
    byte[] text = (HEAD + "RW 300 FLAT \"/etc/passwd\" 0\n").getBytes(StandardCharsets.UTF_8);
    assertThatExceptionOfType(VmferryException.class)
        .isThrownBy(
            () -> Reading.disk(new ByteArraySource("disk.vmdk", text), ReferenceResolver.REFUSE))
        .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.REFERENCE_REFUSED));
  }

  private static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  /** Counts the sources that are open. */
  private final class TrackedSource implements ByteSource {
    private final ByteArraySource bytes;

    TrackedSource(String name, byte[] bytes) {
      this.bytes = new ByteArraySource(name, bytes);
      open.incrementAndGet();
    }

    @Override
    public String name() {
      return bytes.name();
    }

    @Override
    public long size() {
      return bytes.size();
    }

    @Override
    public void readFully(long position, ByteBuffer destination) throws IOException {
      bytes.readFully(position, destination);
    }

    @Override
    public void close() {
      open.decrementAndGet();
    }
  }
}
