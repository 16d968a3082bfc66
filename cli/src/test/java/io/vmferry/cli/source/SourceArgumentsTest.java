package io.vmferry.cli.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.disk.Tools;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SourceArgumentsTest {
  private static final Path EXAMPLE =
      Path.of("..", "examples", "three-partitions.ova").toAbsolutePath().normalize();

  @TempDir private Path folder = Path.of("");

  @ParameterizedTest
  @ValueSource(strings = {"s3://bucket/key", "https://example.com/disk?a=b", "S3://bucket/key"})
  void passesObjectsAndUrlsOn(String argument) {
    assertThat(parse(argument)).isEqualTo(new Source.Remote(argument));
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://example.com/disk", "ftp://host/file", "file:///etc/passwd"})
  void refusesOtherSchemes(String argument) {
    assertFails(() -> parse(argument), ErrorCode.SOURCE_LOCATION_INVALID);
  }

  @Test
  void doesNotRepeatAUrlWithItsCredentials() {
    assertThatThrownBy(() -> parse("http://user:secret@example.com/?signature=secret"))
        .message()
        .doesNotContain("secret");
  }

  @Test
  void takesAnArchiveAsItIs() {
    assertThat(parse(EXAMPLE.toString())).isEqualTo(file(EXAMPLE));
  }

  @Test
  void takesTheFilesThatADescriptorNames() throws IOException {
    Path raw = Files.write(folder.resolve("disk.raw"), new byte[1 << 20]);
    Path flat = folder.resolve("flat.vmdk");
    Tools.run(
        "qemu-img",
        "convert",
        "-f",
        "raw",
        "-O",
        "vmdk",
        "-o",
        "subformat=monolithicFlat",
        raw.toString(),
        flat.toString());

    assertThat(parse(flat.toString())).isEqualTo(file(flat, folder.resolve("flat-flat.vmdk")));

    Files.delete(folder.resolve("flat-flat.vmdk"));
    assertFails(() -> parse(flat.toString()), ErrorCode.REFERENCE_MISSING);
  }

  @ParameterizedTest
  @ValueSource(strings = {"../outside.vmdk", "/etc/hostname", "sub/flat.vmdk"})
  void takesNoFileFromAnotherFolder(String reference) throws IOException {
    Files.createDirectories(folder.resolve("sub"));
    Files.write(folder.resolve("sub/flat.vmdk"), new byte[1 << 20]);
    Path descriptor =
        Files.writeString(
            folder.resolve("disk.vmdk"),
            """
            # Disk DescriptorFile
            version=1
            CID=12345678
            parentCID=ffffffff
            createType="monolithicFlat"
            RW 2048 FLAT "%s" 0
            """
                .formatted(reference));

    assertFails(() -> parse(descriptor.toString()), ErrorCode.REFERENCE_REFUSED);
  }

  @Test
  void takesAFolderWithItsDescriptorDisksAndManifest() throws IOException {
    Tools.run("tar", "-C", folder.toString(), "-xf", EXAMPLE.toString());
    Source.LocalFile expected = expectedFolder();

    assertThat(parse(folder.toString())).isEqualTo(expected);
    assertThat(parse(folder.resolve("three-partitions.ovf").toString())).isEqualTo(expected);
  }

  @Test
  void wantsOneDescriptorInAFolder() throws IOException {
    assertFails(() -> parse(folder.toString()), ErrorCode.SOURCE_LOCATION_INVALID);
    Files.writeString(folder.resolve("a.ovf"), "");
    Files.writeString(folder.resolve("b.OVF"), "");
    assertFails(() -> parse(folder.toString()), ErrorCode.SOURCE_LOCATION_INVALID);
  }

  @Test
  void saysWhatIsWrongWithAFile() throws IOException {
    Path empty = Files.write(folder.resolve("empty.vmdk"), new byte[0]);
    Path zeros = Files.write(folder.resolve("zeros"), new byte[4096]);

    assertFails(() -> parse(folder.resolve("none").toString()), ErrorCode.SOURCE_NOT_FOUND);
    assertFails(() -> parse("/dev/null"), ErrorCode.SOURCE_LOCATION_INVALID);
    assertFails(() -> parse("nul\0character"), ErrorCode.SOURCE_LOCATION_INVALID);
    assertFails(() -> parse(empty.toString()), ErrorCode.IMAGE_EMPTY);
    assertFails(() -> parse(zeros.toString()), ErrorCode.IMAGE_FORMAT_UNKNOWN);
    assertFails(
        () -> SourceArguments.parse(EXAMPLE.toString(), Optional.of("vhd")),
        ErrorCode.IMAGE_FORMAT_MISMATCH);
    assertThat(SourceArguments.parse(zeros.toString(), Optional.of("raw"))).isEqualTo(file(zeros));
  }

  private Source.LocalFile expectedFolder() {
    return file(
        folder.resolve("three-partitions.ovf"),
        folder.resolve("three-partitions.mf"),
        folder.resolve("three-partitions-disk1.vmdk"));
  }

  private static Source parse(String argument) {
    return SourceArguments.parse(argument, Optional.empty());
  }

  private static Source.LocalFile file(Path file, Path... companions) {
    return new Source.LocalFile(file, List.of(companions));
  }

  private static void assertFails(ThrowingCallable call, ErrorCode code) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(VmferryException.class, e -> assertThat(e.code()).isEqualTo(code));
  }
}
