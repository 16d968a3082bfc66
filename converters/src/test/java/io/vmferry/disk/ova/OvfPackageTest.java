package io.vmferry.disk.ova;

import static io.vmferry.disk.ova.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.io.ByteArraySource;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OvfPackageTest {
  private final List<String> asked = new ArrayList<>();

  @Test
  void opensTheFilesBesideTheOvf() throws IOException {
    try (OvfPackage ovf = open(Ovfs.oneDisk("a.vmdk"), Map.of("a.vmdk", "disk", "a-f.vmdk", "x"))) {
      OvfDisk disk = ovf.virtualSystem().disks().getFirst();
      assertThat(disk.fileName()).contains("a.vmdk");
      assertThat(ovf.manifest()).isEmpty();
      try (ByteSource source = ovf.openDisk(disk)) {
        assertThat(source.size()).isEqualTo(4);
      }
      try (ByteSource extent = ovf.resolver().resolve("a.vmdk", "a-f.vmdk")) {
        assertThat(extent.size()).isEqualTo(1);
      }
      assertFails(
          () -> ovf.resolver().resolve("a.vmdk", "../a-f.vmdk"), ErrorCode.REFERENCE_REFUSED, "..");
    }
    assertThat(asked).contains("vm.mf", "a.vmdk");
  }

  @Test
  void checksTheOvfAgainstItsManifest() throws IOException {
    String xml = Ovfs.oneDisk("a.vmdk");
    String digest =
        HexFormat.of()
            .formatHex(
                Manifest.Algorithm.SHA256.newDigest().digest(xml.getBytes(StandardCharsets.UTF_8)));
    Map<String, String> good =
        Map.of("a.vmdk", "disk", "vm.mf", "SHA256(vm.ovf)= %s\n".formatted(digest));
    try (OvfPackage ovf = open(xml, good)) {
      assertThat(ovf.manifest().orElseThrow().digests()).containsOnlyKeys("vm.ovf");
    }
    assertFails(() -> open(xml + " ", good).close(), ErrorCode.OVA_MANIFEST_MISMATCH, digest);
    assertFails(
        () -> open(xml, Map.of("vm.mf", "nonsense")).close(),
        ErrorCode.OVA_MANIFEST_INVALID,
        "line 1");
  }

  @Test
  void decodesPercentEncodedNamesOnlyWhereTheLiteralNameIsAbsent() throws IOException {
    String xml = Ovfs.oneDisk("./a%20b");
    try (OvfPackage ovf = open(xml, Map.of("a b", "disk"))) {
      assertThat(ovf.virtualSystem().disks().getFirst().fileName()).contains("a b");
    }
    try (OvfPackage ovf = open(xml, Map.of("a b", "disk", "a%20b", "disk"))) {
      assertThat(ovf.virtualSystem().disks().getFirst().fileName()).contains("a%20b");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../a",
        "/etc/passwd",
        "folder/a",
        "folder\\a",
        "http://example.com/a",
        "%2e%2e%2fa",
        ".."
      })
  void neverAsksForAnythingButPlainNames(String href) {
    assertFails(
        () -> open(Ovfs.oneDisk(href), Map.of("a", "disk")).close(),
        ErrorCode.REFERENCE_REFUSED,
        "plain name");
    assertThat(asked).allMatch(FileNames::isPlain);
  }

  @Test
  void saysWhichFileIsMissing() {
    assertFails(
        () -> open(Ovfs.oneDisk("a.vmdk"), Map.of()).close(), ErrorCode.OVF_FILE_MISSING, "a.vmdk");
  }

  @Test
  void refusesWhenNoFilesAreGiven() {
    assertFails(
        () ->
            OvfPackage.open(
                    new ByteArraySource(
                        "vm.ovf", Ovfs.oneDisk("a").getBytes(StandardCharsets.UTF_8)),
                    ReferenceResolver.REFUSE)
                .close(),
        ErrorCode.REFERENCE_REFUSED,
        "'a'");
  }

  @Test
  void refusesEmptyTooLongAndDisklessOvfsAndClosesThem() {
    for (byte[] content :
        List.of(
            new byte[0],
            new byte[OvfParser.MAX_LENGTH + 1],
            Ovfs.envelope("", "", "").getBytes(StandardCharsets.UTF_8))) {
      CountingSource source = new CountingSource(new ByteArraySource("vm.ovf", content));
      ErrorCode expected =
          switch (content.length) {
            case 0 -> ErrorCode.IMAGE_EMPTY;
            case OvfParser.MAX_LENGTH + 1 -> ErrorCode.OVF_INVALID;
            default -> ErrorCode.OVF_WITHOUT_DISK;
          };
      assertFails(() -> OvfPackage.open(source, resolver(Map.of())).close(), expected, "vm.ovf");
      assertThat(source.closed()).isTrue();
    }
  }

  private OvfPackage open(String xml, Map<String, String> files) throws IOException {
    return OvfPackage.open(
        new ByteArraySource("s3://bucket/vm.ovf", xml.getBytes(StandardCharsets.UTF_8)),
        resolver(files));
  }

  private ReferenceResolver resolver(Map<String, String> files) {
    return (image, reference) -> {
      asked.add(reference);
      String content = files.get(reference);
      if (content == null) {
        throw new VmferryException(ErrorCode.REFERENCE_MISSING, reference);
      }
      return new ByteArraySource(reference, content.getBytes(StandardCharsets.UTF_8));
    };
  }
}
