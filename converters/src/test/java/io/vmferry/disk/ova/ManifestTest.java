package io.vmferry.disk.ova;

import static io.vmferry.disk.ova.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.io.ByteArraySource;
import io.vmferry.error.ErrorCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestTest {
  private static final String SHA1 = "0123456789abcdef0123456789abcdef01234567";
  private static final String SHA256 = SHA1 + "0123456789abcdef01234567";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SHA256(a b.vmdk)= %s",
        "SHA256 (a b.vmdk) = %s",
        "SHA256(a b.vmdk)=%s",
        "sha256(a b.vmdk)= %s\r\n",
        "SHA-256(a b.vmdk)= %s\n",
        "\ufeffSHA256(a b.vmdk)= %s\n\n\n",
        "  SHA256\t(a b.vmdk)\t=\t%s  \n\0\0\0",
        "SHA256(./a b.vmdk)= %s",
      })
  void readsEverySpelling(String line) {
    Manifest manifest = parse(line.formatted(SHA256));
    assertThat(manifest.digest("a b.vmdk"))
        .contains(new Manifest.Digest(Manifest.Algorithm.SHA256, SHA256));
    assertThat(manifest.digest("./a b.vmdk")).isPresent();
    assertThat(manifest.digest("other")).isEmpty();
  }

  @Test
  void readsMixedAlgorithmsUpperCaseDigestsAndNamesWithParentheses() {
    Manifest manifest =
        parse(
            "SHA1(a (1).vmdk)= %s\r\nSHA384(ä)= %s\r\nSHA512(c)= %s\r\n"
                .formatted(
                    SHA1.toUpperCase(java.util.Locale.ROOT),
                    SHA256 + SHA256.substring(32),
                    SHA256 + SHA256));
    assertThat(manifest.digests()).containsOnlyKeys("a (1).vmdk", "ä", "c");
    assertThat(manifest.digest("a (1).vmdk"))
        .contains(new Manifest.Digest(Manifest.Algorithm.SHA1, SHA1));
  }

  @Test
  void keepsTheStrongerOfTwoDigestsInWhicheverOrder() {
    String weak = "SHA1(a)= " + SHA1 + "\n";
    String strong = "SHA256(a)= " + SHA256 + "\n";
    for (String text : List.of(weak + strong, strong + weak, strong + strong + weak)) {
      assertThat(parse(text).digest("a").orElseThrow().hex()).isEqualTo(SHA256);
    }
  }

  @Test
  void refusesTwoDigestsThatContradictEachOther() {
    String other = SHA1.replace('0', '1');
    assertFails(
        () -> parse("SHA1(a)= %s\nSHA1(./a)= %s\n".formatted(SHA1, other)),
        ErrorCode.OVA_MANIFEST_INVALID,
        "'a'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hello",
        "SHA1()= " + SHA1,
        "SHA1 a = " + SHA1,
        "SHA1(a= " + SHA1,
        "SHA1)a(= " + SHA1,
        "SHA1(a) " + SHA1,
        "SHA1(a) x= " + SHA1,
        "SHA1(a)=",
        "SHA1(a)= " + SHA1 + "00",
        "SHA256(a)= " + SHA1,
        "SHA1(a)= xyz3456789abcdef0123456789abcdef01234567",
        "MD5(a)= 0123456789abcdef0123456789abcdef",
        "(a)= " + SHA1,
        SHA256 + "  a",
        "-----BEGIN CERTIFICATE-----"
      })
  void refusesLinesThatAreNoDigests(String line) {
    assertFails(
        () -> parse("SHA1(first)= " + SHA1 + "\n" + line + "\n"),
        ErrorCode.OVA_MANIFEST_INVALID,
        "line 2");
  }

  @Test
  void refusesManifestsThatAreTooLong() {
    assertFails(
        () -> Manifest.parse("m.mf", new byte[Manifest.MAX_LENGTH + 1]),
        ErrorCode.OVA_MANIFEST_INVALID,
        "1048577");
  }

  @Test
  void acceptsAnEmptyManifest() {
    assertThat(parse("").digests()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Manifest.Algorithm.class)
  void verifiesAFileAndReportsProgress(Manifest.Algorithm algorithm) throws IOException {
    byte[] content = new byte[(2 << 20) + 77];
    new Random(1).nextBytes(content);
    String hex = HexFormat.of().formatHex(algorithm.newDigest().digest(content));
    Manifest manifest = parse("%s(a)= %s\n".formatted(algorithm, hex));
    List<Long> progress = new ArrayList<>();
    assertThat(manifest.verify("a", new ByteArraySource("a", content), progress::add)).isTrue();
    assertThat(progress).containsExactly(1L << 20, 1L << 20, 77L);
    content[content.length - 1] ^= 1;
    assertFails(
        () -> manifest.verify("a", new ByteArraySource("a", content), read -> {}),
        ErrorCode.OVA_MANIFEST_MISMATCH,
        hex);
  }

  @Test
  void verifiesAnEmptyFile() throws IOException {
    Manifest manifest = parse("SHA1(a)= da39a3ee5e6b4b0d3255bfef95601890afd80709");
    assertThat(manifest.verify("a", new ByteArraySource("a", new byte[0]), read -> {})).isTrue();
  }

  @Test
  void readsNothingOfAFileItHasNoDigestFor() throws IOException {
    CountingSource source = new CountingSource(new ByteArraySource("b", new byte[9]));
    assertThat(parse("SHA1(a)= " + SHA1).verify("b", source, read -> {})).isFalse();
    assertThat(source.reads()).isZero();
  }

  private static Manifest parse(String text) {
    return Manifest.parse("m.mf", text.getBytes(StandardCharsets.UTF_8));
  }
}
