package io.vmferry.disk.ova;

import static io.vmferry.disk.ova.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.vmferry.disk.io.ByteArraySource;
import io.vmferry.disk.ova.TarBuilder.Header;
import io.vmferry.error.ErrorCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TarScannerTest {
  private static final long TEN_GIB = 10L << 30;
  private static final String LONG_NAME = "folder/".repeat(40) + "disk.vmdk";

  @Test
  void readsThePrefixOfUstar() throws IOException {
    Header header = new Header("disk.vmdk", 3, '0').text(345, "a/very/long/folder");
    assertThat(scan(new TarBuilder().entry(header, "abc").end()))
        .containsExactly(new OvaArchive.Member("a/very/long/folder/disk.vmdk", 512, 3));
  }

  @Test
  void doesNotTakeGnusFieldsForAPrefix() throws IOException {
    Header header = new Header("disk.vmdk", 3, '0').gnu().text(345, "14727331724\0");
    assertThat(scan(new TarBuilder().entry(header, "abc").end()))
        .extracting(OvaArchive.Member::name)
        .containsExactly("disk.vmdk");
  }

  @Test
  void readsNamesThatFillTheirField() throws IOException {
    String name = "n".repeat(100);
    assertThat(scan(new TarBuilder().file(name, "abc").end()))
        .extracting(OvaArchive.Member::name)
        .containsExactly(name);
  }

  @Test
  void readsArchivesOlderThanUstar() throws IOException {
    Header folder = new Header("vm/", 0, '\0').bytes(257, 0, 0, 0, 0, 0, 0, 0, 0);
    Header file = new Header("vm/a", 3, '\0').bytes(257, 0, 0, 0, 0, 0, 0, 0, 0);
    byte[] tar = new TarBuilder().entry(folder, "").entry(file, "abc").end().toBytes();
    assertThat(scan(tar)).containsExactly(new OvaArchive.Member("vm/a", 1024, 3));
    assertThat(OvaArchive.probe(new ByteArraySource("old", tar))).isFalse();
  }

  @Test
  void readsGnusLongNames() throws IOException {
    TarBuilder tar =
        new TarBuilder()
            .entry(new Header("././@LongLink", 6, 'K').gnu(), "target")
            .entry(new Header("././@LongLink", LONG_NAME.length() + 1, 'L').gnu(), LONG_NAME + "\0")
            .entry(new Header(LONG_NAME.substring(0, 100), 3, '0').gnu(), "abc")
            .file("next", "x");
    assertThat(scan(tar.end()))
        .extracting(OvaArchive.Member::name)
        .containsExactly(LONG_NAME, "next");
  }

  @Test
  void readsNamesAndSizesFromPaxHeaders() throws IOException {
    TarBuilder tar =
        new TarBuilder()
            .pax('g', "comment=made by hand", "path=everywhere", "size=4")
            .entry(new Header("first", 0, '0'), "abcd")
            .pax('x', "mtime=1.5", "path=./größer", "size=3")
            .entry(new Header("gr", 0, '0'), "abc")
            .pax('x', "path=", "size=")
            .entry(new Header("last", 2, '0'), "ab");
    assertThat(scan(tar.end()))
        .extracting(OvaArchive.Member::name, OvaArchive.Member::size)
        .containsExactly(tuple("everywhere", 4L), tuple("größer", 3L), tuple("last", 2L));
  }

  @Test
  void readsMembersOver8GibWithGnusBinarySizes() throws IOException {
    assertLarge(
        new TarBuilder().raw(new Header("disk", 0, '0').gnu().binarySize(TEN_GIB).checked()));
  }

  @Test
  void readsMembersOver8GibWithPaxSizes() throws IOException {
    assertLarge(
        new TarBuilder().pax('x', "size=" + TEN_GIB).raw(new Header("disk", 0, '0').checked()));
    assertLarge(
        new TarBuilder().pax('g', "size=" + TEN_GIB).raw(new Header("disk", 0, '0').checked()),
        "size=");
  }

  @Test
  void readsMembersWhoseOctalSizeFillsItsField() throws IOException {
    Header header = new Header("disk", 0, '0').text(124, "%012o".formatted(TEN_GIB));
    assertLarge(new TarBuilder().raw(header.checked()));
  }

  @Test
  void opensAnArchiveOfManyTibWithAFewSmallReads() throws IOException {
    byte[] ovf = Ovfs.oneDisk("disk").getBytes(StandardCharsets.UTF_8);
    SparseSource sparse =
        new SparseSource()
            .append(new Header("disk", 0, '0').gnu().binarySize(12L << 40).checked())
            .appendZeros(12L << 40)
            .append(new TarBuilder().file("vm.ovf", ovf).end().toBytes());
    CountingSource source = new CountingSource(sparse);
    try (OvaArchive ova = OvaArchive.open(source)) {
      assertThat(ova.openDisk(ova.virtualSystem().disks().getFirst()).size()).isEqualTo(12L << 40);
    }
    assertThat(source.reads()).isLessThanOrEqualTo(4);
    assertThat(source.bytes()).isLessThan(100_000);
  }

  @Test
  void acceptsSignedChecksums() throws IOException {
    byte[] header = new Header("größe", 0, '0').checked();
    int signed = 0;
    for (int i = 0; i < header.length; i++) {
      signed += i >= 148 && i < 156 ? ' ' : header[i];
    }
    byte[] digits = "%06o\0 ".formatted(signed).getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(digits, 0, header, 148, 8);
    assertThat(scan(new TarBuilder().raw(header).end()))
        .extracting(OvaArchive.Member::name)
        .containsExactly("größe");
  }

  @Test
  void readsNamesThatAreNoUtf8AsLatin1() throws IOException {
    Header header = new Header("x", 0, '0').bytes(0, 'B', 0xfc, 'r', 'o');
    assertThat(scan(new TarBuilder().entry(header, "").end()))
        .extracting(OvaArchive.Member::name)
        .containsExactly("Büro");
  }

  @Test
  void endsAtZerosWhateverComesAfter() throws IOException {
    TarBuilder tar = new TarBuilder().file("a", "abc").raw(new byte[512]).raw(new byte[] {1, 2, 3});
    assertThat(scan(tar)).hasSize(1);
    assertThat(scan(new TarBuilder().file("a", "abc").raw(new byte[100]))).hasSize(1);
    assertThat(scan(new TarBuilder().file("a", "abc"))).hasSize(1);
  }

  @Test
  void refusesGarbageWhereAHeaderMustBe() {
    byte[] garbage = new byte[512];
    garbage[7] = 1;
    assertInvalid(new TarBuilder().file("a", "abc").raw(garbage), "offset 1024");
    assertInvalid(new TarBuilder().raw(garbage), "offset 0");
    assertInvalid(new TarBuilder().end(), "no tar header");
    assertFails(
        () -> scan(new TarBuilder().file("a", "abc").raw("x".getBytes(StandardCharsets.UTF_8))),
        ErrorCode.IMAGE_TRUNCATED,
        "offset 1024");
  }

  @Test
  void refusesHeadersWhoseChecksumDoesNotFit() {
    byte[] tar = new TarBuilder().file("a", "abc").end().toBytes();
    for (int at : new int[] {0, 99, 124, 148, 156, 300, 511}) {
      byte[] damaged = tar.clone();
      damaged[at] ^= 4;
      assertFails(() -> scan(damaged), ErrorCode.OVA_TAR_INVALID, "checksum");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0000000008\0", "-1\0", "0x10\0", "1 1\0"})
  void refusesSizesThatAreNoNumbers(String size) {
    Header header = new Header("a", 0, '0').bytes(124, new int[12]).text(124, size);
    assertInvalid(new TarBuilder().entry(header, "").end(), "size");
  }

  @Test
  void refusesSizesBeyondWhatALongHolds() {
    assertInvalid(new TarBuilder().entry(new Header("a", 0, '0').binarySize(-1), "").end(), "size");
    Header negative =
        new Header("a", 0, '0')
            .bytes(124, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255);
    assertInvalid(new TarBuilder().entry(negative, "").end(), "size");
    for (String size : List.of("-1", "9223372036854775808", "1e9", "99999999999999999999", "٣")) {
      assertInvalid(new TarBuilder().pax('x', "size=" + size).file("a", "").end(), "size");
    }
  }

  @Test
  void refusesMembersThatEndBehindTheFile() {
    for (long size : new long[] {4, 512, 1L << 33, Long.MAX_VALUE}) {
      byte[] header = new Header("a", 0, '0').binarySize(size).checked();
      assertFails(
          () -> scan(new TarBuilder().raw(header).raw(new byte[3])),
          ErrorCode.IMAGE_TRUNCATED,
          "member 'a' takes %d bytes at offset 512".formatted(size));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../a",
        "/a",
        "a/../b",
        "a/..",
        "..",
        "..\\a",
        "\\a",
        "C:\\a",
        "c:/a",
        "./../a",
        "a\\..\\b"
      })
  void refusesUnsafeNamesOfAnyKindOfMember(String name) {
    for (char type : new char[] {'0', '5', '2'}) {
      assertFails(
          () -> scan(new TarBuilder().entry(new Header(name, 0, type), "").end()),
          ErrorCode.OVA_MEMBER_NAME_UNSAFE,
          name);
    }
    assertFails(
        () -> scan(new TarBuilder().pax('x', "path=" + name).file("a", "").end()),
        ErrorCode.OVA_MEMBER_NAME_UNSAFE,
        name);
    assertFails(
        () ->
            scan(
                new TarBuilder()
                    .entry(new Header("././@LongLink", name.length() + 1, 'L'), name + "\0")
                    .file("a", "")
                    .end()),
        ErrorCode.OVA_MEMBER_NAME_UNSAFE,
        name);
  }

  @Test
  void acceptsDotsThatLeadNowhere() throws IOException {
    assertThat(
            scan(
                new TarBuilder()
                    .file("a..b", "")
                    .file("...", "")
                    .file(".././x".substring(3), "")
                    .end()))
        .extracting(OvaArchive.Member::name)
        .containsExactly("a..b", "...", "x");
  }

  @Test
  void skipsDirectoriesLinksDevicesAndLabels() throws IOException {
    TarBuilder tar = new TarBuilder();
    for (char type : new char[] {'1', '2', '3', '4', '5', '6', 'V'}) {
      tar.pax('x', "path=other" + type).entry(new Header("x", 0, type), "");
    }
    assertThat(scan(tar.file("a", "abc").end()))
        .extracting(OvaArchive.Member::name)
        .containsExactly("a");
  }

  @Test
  void refusesLinksAndOthersThatClaimToHaveData() {
    for (char type : new char[] {'1', '2', '3', '4', '5', '6'}) {
      assertInvalid(new TarBuilder().entry(new Header("a", 3, type), "abc").end(), "3 bytes");
    }
    assertInvalid(new TarBuilder().entry(new Header("a/", 3, '0'), "abc").end(), "3 bytes");
  }

  @Test
  void refusesSparseMembersInEveryDialect() {
    assertInvalid(new TarBuilder().entry(new Header("a", 3, 'S').gnu(), "abc").end(), "sparse");
    assertInvalid(
        new TarBuilder().pax('x', "GNU.sparse.major=1", "GNU.sparse.name=a").file("b", "").end(),
        "sparse");
  }

  @Test
  void refusesMembersOfUnknownTypes() {
    for (char type : new char[] {'M', 'D', '8', 0xff}) {
      assertInvalid(new TarBuilder().entry(new Header("a", 0, type), "").end(), "type 0x");
    }
  }

  @Test
  void refusesTwoMembersOfOneName() {
    assertInvalid(new TarBuilder().file("a", "1").file("./a", "2").end(), "two members named 'a'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x",
        "5 a=b\n",
        "7 a=b\n",
        "0 a=b\n",
        "6a=b\n",
        "6 a:b\n",
        "99999999999 a=b\n",
        " a=b\n",
        "-6 a=b\n",
        "6 a=bc",
        "2 \n"
      })
  void refusesDamagedPaxRecords(String records) {
    TarBuilder tar =
        new TarBuilder().entry(new Header("pax", records.length(), 'x'), records).file("a", "");
    assertInvalid(tar.end(), "pax record");
  }

  @Test
  void refusesExtendedHeadersWithoutAMember() {
    assertInvalid(new TarBuilder().pax('x', "path=a").end(), "before its member");
    assertInvalid(
        new TarBuilder().entry(new Header("l", 2, 'L'), "a\0").end(), "before its member");
  }

  @Test
  void refusesExtendedHeadersAndNamesThatAreTooLong() {
    byte[] large = new byte[(256 << 10) + 1];
    assertInvalid(new TarBuilder().entry(new Header("x", large.length, 'x'), large), "262145");
    assertInvalid(new TarBuilder().entry(new Header("x", large.length, 'L'), large), "262145");
    assertInvalid(
        new TarBuilder().pax('x', "path=" + "n".repeat(5000)).file("a", "").end(), "5000");
  }

  @Test
  void refusesMoreHeadersThanTheLimit() throws IOException {
    TarBuilder tar = new TarBuilder();
    for (int i = 0; i < TarScanner.MAX_HEADERS; i++) {
      tar.file("f" + i, "");
    }
    assertThat(scan(tar)).hasSize(TarScanner.MAX_HEADERS);
    assertInvalid(tar.file("one more", ""), "more than 1024");
  }

  private static void assertLarge(TarBuilder start, String... records) throws IOException {
    TarBuilder rest = new TarBuilder();
    if (records.length > 0) {
      rest.pax('x', records);
    }
    byte[] head = start.toBytes();
    SparseSource source =
        new SparseSource()
            .append(head)
            .appendZeros(TEN_GIB)
            .append(rest.file("behind", "abc").end().toBytes());
    List<OvaArchive.Member> members = List.copyOf(TarScanner.scan(source));
    assertThat(members.getFirst()).isEqualTo(new OvaArchive.Member("disk", head.length, TEN_GIB));
    assertThat(members.getLast().name()).isEqualTo("behind");
    assertThat(members.getLast().size()).isEqualTo(3);
  }

  private static void assertInvalid(TarBuilder tar, String detail) {
    assertFails(() -> scan(tar), ErrorCode.OVA_TAR_INVALID, detail);
  }

  private static List<OvaArchive.Member> scan(TarBuilder tar) throws IOException {
    return scan(tar.toBytes());
  }

  private static List<OvaArchive.Member> scan(byte[] tar) throws IOException {
    return List.copyOf(TarScanner.scan(new ByteArraySource("test.ova", tar)));
  }
}
