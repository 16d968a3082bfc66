package io.vmferry.disk.ova;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.vmferry.disk.io.ByteArraySource;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Whatever the bytes are, there is an answer or a failure with a code. */
class OvaFuzzTest {

  @FuzzTest(maxDuration = "10m")
  void scansTarArchives(byte[] data) throws IOException {
    open(data);
    open(withFittingChecksums(data));
  }

  @FuzzTest(maxDuration = "10m")
  void parsesOvfs(byte[] data) {
    try {
      VirtualSystem system = OvfParser.parse("fuzz.ovf", data);
      assertThat(system.name()).isNotEmpty();
      assertThat(system.disks()).doesNotHaveDuplicates();
      for (OvfDisk disk : system.disks()) {
        assertThat(disk.capacity().orElse(0)).isNotNegative();
      }
    } catch (VmferryException e) {
      assertUserFailure(e);
    }
  }

  @FuzzTest(maxDuration = "10m")
  void parsesManifests(byte[] data) throws IOException {
    try {
      Manifest manifest = Manifest.parse("fuzz.mf", data);
      for (String file : manifest.digests().keySet()) {
        assertThat(manifest.digest(file)).isPresent();
        // No digest of this length can be guessed.
        assertFailsToVerify(manifest, file, data);
      }
    } catch (VmferryException e) {
      assertUserFailure(e);
    }
  }

  private static void open(byte[] tar) throws IOException {
    try (OvaArchive ova = OvaArchive.open(new ByteArraySource("fuzz.ova", tar))) {
      for (OvaArchive.Member member : ova.members()) {
        assertThat(FileNames.isUnsafe(member.name())).isFalse();
        try (ByteSource source = ova.openMember(member.name())) {
          source.readFully(0, ByteBuffer.allocate((int) source.size()));
        }
      }
      for (OvfDisk disk : ova.virtualSystem().disks()) {
        if (disk.fileName().isPresent()) {
          ova.openDisk(disk).close();
        }
      }
    } catch (VmferryException e) {
      assertUserFailure(e);
    }
  }

  /** Lets the fuzzer past the checksums, which it would hardly ever hit. */
  private static byte[] withFittingChecksums(byte[] data) {
    byte[] repaired = data.clone();
    for (int at = 0; at + TarHeader.BLOCK <= data.length; at += TarHeader.BLOCK) {
      if (new String(data, at + 257, 5, StandardCharsets.ISO_8859_1).equals("ustar")) {
        int sum = 8 * ' ';
        for (int i = 0; i < TarHeader.BLOCK; i++) {
          sum += i >= 148 && i < 156 ? 0 : data[at + i] & 0xff;
        }
        byte[] digits = "%06o\0 ".formatted(sum).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(digits, 0, repaired, at + 148, digits.length);
      }
    }
    return repaired;
  }

  private static void assertFailsToVerify(Manifest manifest, String file, byte[] data)
      throws IOException {
    try {
      boolean verified =
          manifest.verify(
              file, new ByteArraySource(file, data), read -> assertThat(read).isPositive());
      assertThat(verified).isFalse();
    } catch (VmferryException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.OVA_MANIFEST_MISMATCH);
    }
  }

  private static void assertUserFailure(VmferryException failure) {
    assertThat(failure.code().category()).isEqualTo(ErrorCode.Category.USER);
    assertThat(failure.detail()).isNotBlank();
    assertThat(failure.detail().chars().noneMatch(c -> c < ' ')).isTrue();
  }
}
