package io.vmferry.disk.ova;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.disk.io.ByteArraySource;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OvaArchiveTest {
  private static final byte[] DISK = new byte[5000];

  static {
    new Random(3).nextBytes(DISK);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void findsTheOvfInAnyPosition(int position) throws IOException {
    List<String> names = new ArrayList<>(List.of("a.vmdk", "b.iso"));
    names.add(position, "vm.ovf");
    TarBuilder tar = new TarBuilder();
    for (String name : names) {
      if (name.endsWith(".ovf")) {
        tar.file(name, Ovfs.oneDisk("a.vmdk"));
      } else {
        tar.file(name, DISK);
      }
    }
    try (OvaArchive ova = OvaArchive.open(tar.end().toSource())) {
      assertThat(ova.members()).extracting(OvaArchive.Member::name).isEqualTo(names);
      assertThat(ova.virtualSystem().name()).isEqualTo("machine");
      assertThat(onlyDisk(ova)).isEqualTo(DISK);
      assertThat(ova.manifest()).isEmpty();
    }
  }

  @Test
  void readsArchivesWhoseNamesStartWithADotAndASlash() throws IOException {
    TarBuilder tar =
        new TarBuilder()
            .entry(new TarBuilder.Header("./", 0, '5'), "")
            .file("./vm.ovf", Ovfs.oneDisk("a.vmdk"))
            .file("./a.vmdk", DISK)
            .end();
    try (OvaArchive ova = OvaArchive.open(tar.toSource())) {
      assertThat(ova.members())
          .extracting(OvaArchive.Member::name)
          .containsExactly("vm.ovf", "a.vmdk");
      assertThat(onlyDisk(ova)).isEqualTo(DISK);
    }
  }

  @Test
  void findsFilesBesideAnOvfInAFolder() throws IOException {
    TarBuilder tar =
        new TarBuilder()
            .entry(new TarBuilder.Header("vm/", 0, '5'), "")
            .file("vm/a.vmdk", DISK)
            .file("vm/vm.ovf", Ovfs.oneDisk("a.vmdk"))
            .file("vm/vm.mf", "SHA1(a.vmdk)= " + sha1(DISK) + "\n")
            .end();
    try (OvaArchive ova = OvaArchive.open(tar.toSource())) {
      OvfDisk disk = ova.virtualSystem().disks().getFirst();
      assertThat(disk.fileName()).contains("vm/a.vmdk");
      assertThat(onlyDisk(ova)).isEqualTo(DISK);
      assertThat(ova.manifest().orElseThrow().digest("vm/a.vmdk")).isPresent();
      try (ByteSource extent = ova.resolver().resolve("vm/a.vmdk", "a.vmdk")) {
        assertThat(extent.size()).isEqualTo(DISK.length);
      }
    }
  }

  @Test
  void ignoresTheFilesThatMacOsPutsBesideOthers() throws IOException {
    TarBuilder tar =
        new TarBuilder()
            .file("._vm.ovf", "finder's")
            .file("vm.ovf", Ovfs.oneDisk("a.vmdk"))
            .file("._vm.mf", "finder's")
            .file("a.vmdk", DISK)
            .end();
    try (OvaArchive ova = OvaArchive.open(tar.toSource())) {
      assertThat(onlyDisk(ova)).isEqualTo(DISK);
    }
  }

  @Test
  void decodesPercentEncodedNamesOnlyWhereTheLiteralNameIsAbsent() throws IOException {
    TarBuilder encoded =
        new TarBuilder().file("vm.ovf", Ovfs.oneDisk("my%20disk.vmdk")).file("my disk.vmdk", DISK);
    try (OvaArchive ova = OvaArchive.open(encoded.end().toSource())) {
      assertThat(ova.virtualSystem().disks().getFirst().fileName()).contains("my disk.vmdk");
      assertThat(onlyDisk(ova)).isEqualTo(DISK);
    }
    TarBuilder both =
        new TarBuilder()
            .file("vm.ovf", Ovfs.oneDisk("my%20disk.vmdk"))
            .file("my disk.vmdk", "wrong")
            .file("my%20disk.vmdk", DISK);
    try (OvaArchive ova = OvaArchive.open(both.end().toSource())) {
      assertThat(onlyDisk(ova)).isEqualTo(DISK);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../a.vmdk",
        "/a.vmdk",
        "x/../../a.vmdk",
        "..\\a.vmdk",
        "C:\\a.vmdk",
        "http://example.com/a.vmdk",
        "file:///etc/passwd"
      })
  void refusesFilesOutsideOfTheArchive(String href) {
    TarBuilder tar = new TarBuilder().file("vm.ovf", Ovfs.oneDisk(href)).file("a.vmdk", DISK).end();
    assertFails(tar.toBytes(), ErrorCode.REFERENCE_REFUSED, href);
  }

  @ParameterizedTest
  @ValueSource(strings = {"b.vmdk", "%2e%2e%2fa.vmdk", "%zz", "%2", "a.vmdk%00"})
  void saysWhichFileIsMissing(String href) {
    TarBuilder tar = new TarBuilder().file("vm.ovf", Ovfs.oneDisk(href)).file("a.vmdk", DISK).end();
    assertFails(tar.toBytes(), ErrorCode.OVF_FILE_MISSING, href);
  }

  @Test
  void resolvesTheExtentsOfASplitDiskByPlainNames() throws IOException {
    TarBuilder tar =
        new TarBuilder()
            .file("vm.ovf", Ovfs.oneDisk("a.vmdk"))
            .file("a.vmdk", "descriptor")
            .file("a-s001.vmdk", DISK)
            .end();
    try (OvaArchive ova = OvaArchive.open(tar.toSource())) {
      try (ByteSource extent = ova.resolver().resolve("a.vmdk", "a-s001.vmdk")) {
        assertThat(all(extent)).isEqualTo(DISK);
      }
      assertCode(
          () -> ova.resolver().resolve("a.vmdk", "a-s002.vmdk"), ErrorCode.REFERENCE_MISSING);
      for (String name :
          List.of("../a-s001.vmdk", "./a-s001.vmdk", "/a-s001.vmdk", "", ".", "..")) {
        assertCode(() -> ova.resolver().resolve("a.vmdk", name), ErrorCode.REFERENCE_REFUSED);
      }
    }
  }

  @Test
  void listsEmptyDisksButDoesNotOpenThem() throws IOException {
    String ovf =
        Ovfs.envelope(
            "<File ovf:id='f' ovf:href='a.vmdk'/>",
            "<Disk ovf:diskId='new' ovf:capacity='1' ovf:capacityAllocationUnits='byte * 2^30'/>"
                + "<Disk ovf:diskId='old' ovf:fileRef='f'/>",
            "");
    TarBuilder tar = new TarBuilder().file("vm.ovf", ovf).file("a.vmdk", DISK).end();
    try (OvaArchive ova = OvaArchive.open(tar.toSource())) {
      OvfDisk empty = ova.virtualSystem().disks().getFirst();
      assertThat(empty.fileName()).isEmpty();
      assertThat(empty.capacity()).hasValue(1L << 30);
      assertThatThrownBy(() -> ova.openDisk(empty)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void refusesAMachineWithoutAnyContent() {
    String ovf = Ovfs.envelope("", "<Disk ovf:diskId='new' ovf:capacity='1'/>", "");
    assertFails(
        new TarBuilder().file("vm.ovf", ovf).end().toBytes(),
        ErrorCode.OVF_WITHOUT_DISK,
        "machine");
  }

  @Test
  void refusesArchivesWithoutOrWithSeveralOvfs() {
    assertFails(
        new TarBuilder().file("a.vmdk", DISK).end().toBytes(),
        ErrorCode.OVA_WITHOUT_OVF,
        "test.ova");
    assertFails(
        new TarBuilder().file("a.ovf", "<x/>").file("b.OVF", "<x/>").end().toBytes(),
        ErrorCode.OVA_SEVERAL_OVFS,
        "b.OVF");
  }

  @Test
  void refusesAnOvfThatIsTooLong() {
    byte[] longOvf = new byte[OvfParser.MAX_LENGTH + 1];
    assertFails(
        new TarBuilder().file("vm.ovf", longOvf).end().toBytes(), ErrorCode.OVF_INVALID, "8388609");
  }

  @Test
  void refusesAnArchiveThatIsCompressedAsAWhole() {
    assertFails(
        HexFormat.of().parseHex("1f8b0800000000000003"),
        ErrorCode.OVF_COMPRESSION_UNSUPPORTED,
        "gzip");
  }

  @Test
  void refusesAnEmptyFile() {
    assertFails(new byte[0], ErrorCode.IMAGE_EMPTY, "test.ova");
  }

  @Test
  void probesForTheMagicAndTheChecksumOfTar() throws IOException {
    byte[] tar = new TarBuilder().file("vm.ovf", Ovfs.oneDisk("a")).end().toBytes();
    assertThat(OvaArchive.probe(new ByteArraySource("x", tar))).isTrue();
    byte[] damaged = tar.clone();
    damaged[0] ^= 1;
    assertThat(OvaArchive.probe(new ByteArraySource("x", damaged))).isFalse();
    byte[] xml = Ovfs.oneDisk("a").getBytes(StandardCharsets.UTF_8);
    assertThat(OvaArchive.probe(new ByteArraySource("x", xml))).isFalse();
    assertThat(OvaArchive.probe(new ByteArraySource("x", new byte[511]))).isFalse();
    assertThat(OvaArchive.probe(new ByteArraySource("x", new byte[2048]))).isFalse();
  }

  @Test
  void checksTheOvfAgainstTheManifestWhenItOpens() throws IOException {
    String ovf = Ovfs.oneDisk("a.vmdk");
    String good = "SHA1(vm.ovf)= " + sha1(ovf.getBytes(StandardCharsets.UTF_8)) + "\n";
    TarBuilder right =
        new TarBuilder().file("vm.ovf", ovf).file("vm.mf", good).file("a.vmdk", DISK).end();
    try (OvaArchive ova = OvaArchive.open(right.toSource())) {
      assertThat(ova.manifest().orElseThrow().digests()).containsOnlyKeys("vm.ovf");
    }
    String bad = "SHA1(vm.ovf)= " + sha1(DISK) + "\n";
    TarBuilder wrong =
        new TarBuilder().file("vm.ovf", ovf).file("vm.mf", bad).file("a.vmdk", DISK).end();
    assertFails(wrong.toBytes(), ErrorCode.OVA_MANIFEST_MISMATCH, sha1(DISK));
  }

  @Test
  void takesTheManifestOfTheOvfsName() throws IOException {
    TarBuilder tar =
        new TarBuilder()
            .file("other.mf", "SHA1(x)= " + sha1(DISK))
            .file("vm.mf", "SHA1(a.vmdk)= " + sha1(DISK))
            .file("vm.ovf", Ovfs.oneDisk("a.vmdk"))
            .file("a.vmdk", DISK)
            .end();
    try (OvaArchive ova = OvaArchive.open(tar.toSource())) {
      assertThat(ova.manifest().orElseThrow().digests()).containsOnlyKeys("a.vmdk");
    }
    TarBuilder ambiguous =
        new TarBuilder()
            .file("1.mf", "")
            .file("2.mf", "")
            .file("vm.ovf", Ovfs.oneDisk("a.vmdk"))
            .end();
    assertFails(ambiguous.toBytes(), ErrorCode.OVA_MANIFEST_INVALID, "vm.mf");
  }

  @Test
  void verifiesADiskAgainstTheManifest() throws IOException {
    TarBuilder tar =
        new TarBuilder()
            .file("vm.ovf", Ovfs.oneDisk("a.vmdk"))
            .file("vm.mf", "SHA1(a.vmdk)= " + sha1(DISK))
            .file("vm.cert", "not looked at")
            .file("a.vmdk", DISK)
            .end();
    byte[] damaged = tar.toBytes();
    try (OvaArchive ova = OvaArchive.open(tar.toSource())) {
      assertThat(verify(ova)).isEqualTo(DISK.length);
      OvaArchive.Member disk = ova.members().getLast();
      damaged[(int) disk.offset() + 4999] ^= 1;
    }
    try (OvaArchive ova = OvaArchive.open(new ByteArraySource("test.ova", damaged))) {
      assertCode(() -> verify(ova), ErrorCode.OVA_MANIFEST_MISMATCH);
    }
  }

  @Test
  void closesTheSourceWhenOpeningFailsAndWhenItIsClosed() throws IOException {
    CountingSource broken = new CountingSource(new ByteArraySource("x", new byte[1024]));
    assertCode(() -> OvaArchive.open(broken), ErrorCode.OVA_TAR_INVALID);
    assertThat(broken.closed()).isTrue();
    byte[] good =
        new TarBuilder().file("vm.ovf", Ovfs.oneDisk("a")).file("a", DISK).end().toBytes();
    CountingSource source = new CountingSource(new ByteArraySource("x", good));
    try (OvaArchive ova = OvaArchive.open(source)) {
      try (ByteSource member = ova.openMember("a")) {
        assertThat(member.size()).isEqualTo(DISK.length);
      }
      assertThat(source.closed()).isFalse();
    }
    assertThat(source.closed()).isTrue();
  }

  @Test
  void sparesTheMembersDataWhenItOpens() throws IOException {
    TarBuilder tar = new TarBuilder().file("vm.ovf", Ovfs.oneDisk("disk0.vmdk"));
    for (int i = 0; i < 4; i++) {
      tar.file("disk%d.vmdk".formatted(i), new byte[2 << 20]);
    }
    CountingSource source = new CountingSource(tar.end().toSource());
    try (OvaArchive ova = OvaArchive.open(source)) {
      assertThat(ova.members()).hasSize(5);
    }
    assertThat(source.reads()).isLessThanOrEqualTo(8);
    assertThat(source.bytes()).isLessThan(256 << 10);
  }

  @Test
  void saysSomethingUsefulWhereverTheArchiveIsCutOff() throws IOException {
    String ovf = Ovfs.oneDisk("a.vmdk");
    byte[] whole =
        new TarBuilder()
            .pax('g', "comment=all")
            .pax('x', "path=vm.ovf")
            .file("name-of-no-use", ovf)
            .entry(new TarBuilder.Header("././@LongLink", 7, 'L').gnu(), "a.vmdk\0")
            .file("too-short", DISK)
            .toBytes();
    int lastByte = whole.length - (-DISK.length & 511);
    Set<ErrorCode> expected =
        Set.of(
            ErrorCode.IMAGE_EMPTY,
            ErrorCode.IMAGE_TRUNCATED,
            ErrorCode.OVA_TAR_INVALID,
            ErrorCode.OVA_WITHOUT_OVF,
            ErrorCode.OVF_FILE_MISSING);
    for (int length = 0; length < lastByte; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> OvaArchive.open(new ByteArraySource("cut.ova", cut)).close())
          .as("cut off after %d bytes", length)
          .isInstanceOfSatisfying(
              VmferryException.class, failure -> assertThat(failure.code()).isIn(expected));
    }
    for (int length = lastByte; length <= whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      try (OvaArchive ova = OvaArchive.open(new ByteArraySource("cut.ova", cut))) {
        assertThat(onlyDisk(ova)).isEqualTo(DISK);
      }
    }
  }

  private static byte[] onlyDisk(OvaArchive ova) throws IOException {
    List<OvfDisk> disks = ova.virtualSystem().disks();
    assertThat(disks).hasSize(1);
    try (ByteSource disk = ova.openDisk(disks.getFirst())) {
      return all(disk);
    }
  }

  private static long verify(OvaArchive ova) throws IOException {
    OvfDisk disk = ova.virtualSystem().disks().getFirst();
    long[] progress = {0};
    try (ByteSource source = ova.openDisk(disk)) {
      assertThat(
              ova.manifest()
                  .orElseThrow()
                  .verify(disk.fileName().orElseThrow(), source, more -> progress[0] += more))
          .isTrue();
    }
    return progress[0];
  }

  private static byte[] all(ByteSource source) throws IOException {
    byte[] content = new byte[(int) source.size()];
    source.readFully(0, ByteBuffer.wrap(content));
    return content;
  }

  private static String sha1(byte[] content) {
    return HexFormat.of().formatHex(Manifest.Algorithm.SHA1.newDigest().digest(content));
  }

  private static void assertFails(byte[] ova, ErrorCode code, String detail) {
    Failures.assertFails(
        () -> OvaArchive.open(new ByteArraySource("test.ova", ova)).close(), code, detail);
  }

  private static void assertCode(ThrowingCallable call, ErrorCode code) {
    Failures.assertFails(call, code, "");
  }
}
