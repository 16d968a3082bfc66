package io.vmferry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.json.Json;
import io.vmferry.guest.Architecture;
import io.vmferry.guest.BootLoader;
import io.vmferry.guest.DiskFacts;
import io.vmferry.guest.Distribution;
import io.vmferry.guest.FileSystemFacts;
import io.vmferry.guest.Finding;
import io.vmferry.guest.Firmware;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.Kernel;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.NetworkSystem;
import io.vmferry.guest.conversion.ConversionReport;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CheckCommandTest {
  private static final int MIB = 1 << 20;
  private static final Finding WARNING =
      new Finding(
          Finding.Severity.WARNING, ErrorCode.GUEST_FILE_UNREADABLE, "/etc/fstab\u001b[2J is odd");

  @TempDir private Path directory;
  private final CliRun cli = new CliRun();

  @Test
  void aMachineWithNothingButWarningsCanBeImported() throws IOException {
    Path disk = Files.write(directory.resolve("disk.raw"), new byte[MIB]);
    cli.guests.reports(new ConversionReport(Optional.of(debian()), List.of(WARNING), List.of()));

    int exitCode = cli.run("check", "--format", "raw", disk.toString());

    assertThat(exitCode).as(cli.err()).isZero();
    assertThat(cli.out())
        .contains("Debian GNU/Linux 12", "warning", "GUEST_FILE_UNREADABLE", "Look at the file")
        .doesNotContain("\u001b");
    assertThat(cli.err()).containsPattern("read \\d.* of 1 MiB");
    assertThat(cli.backend.opened).isEmpty();
  }

  @Test
  void whatIsWrongWithTheImageIsAFindingAndEndsWithThree() throws IOException {
    Path disk = Files.write(directory.resolve("disk.vmdk"), new byte[MIB]);

    int exitCode = cli.run("check", "--json", "--format", "vmdk", disk.toString());

    JsonNode report = Json.mapper().readTree(cli.out());
    assertThat(exitCode).isEqualTo(ExitCode.USER);
    assertThat(report.path("importable").asBoolean()).isFalse();
    JsonNode finding = report.path("findings").path(0);
    assertThat(finding.path("severity").asText()).isEqualTo("ERROR");
    assertThat(finding.path("code").asText()).isEqualTo("IMAGE_FORMAT_MISMATCH");
    assertThat(finding.path("remedy").asText()).isNotEmpty();
  }

  @Test
  void everySourceIsLookedAtThoughOneIsBad() throws IOException {
    Path good = Files.write(directory.resolve("good.raw"), new byte[MIB]);
    Path empty = Files.write(directory.resolve("empty.raw"), new byte[0]);

    int exitCode = cli.run("check", "--format", "raw", empty.toString(), good.toString());

    assertThat(exitCode).isEqualTo(ExitCode.USER);
    assertThat(cli.out()).contains("IMAGE_EMPTY").contains("raw, 1 MiB");
    // Half a machine is not looked into.
    assertThat(cli.guests.inspections()).isZero();
  }

  @Test
  void refusesAFileThatIsNotThere() {
    assertThat(cli.run("check", directory.resolve("missing").toString())).isEqualTo(ExitCode.USER);
    assertThat(cli.err()).contains("SOURCE_NOT_FOUND");
  }

  @Test
  void saysThatTheGuestCouldNotBeLookedInto() throws IOException {
    Path disk = Files.write(directory.resolve("disk.raw"), new byte[MIB]);
    cli.guests
        .faults()
        .failNext(
            "checkAvailable",
            new VmferryException(ErrorCode.GUEST_APPLIANCE_UNAVAILABLE, "libguestfs0 is missing"));

    int exitCode = cli.run("check", "--format", "raw", disk.toString());

    assertThat(exitCode).isEqualTo(ExitCode.USER);
    assertThat(cli.out()).contains("error", "GUEST_APPLIANCE_UNAVAILABLE", "libguestfs0");
  }

  @Test
  void looksAtObjectsAndAtFilesOnServersWithoutFetchingThem() throws IOException {
    byte[] disk = new byte[64 * MIB];
    cli.backend.objects.put("bucket", "disk.raw", disk);
    URI url = URI.create("https://example.org/disk.raw?signature=secret");
    cli.remoteFiles.serve(url, disk);
    cli.guests.reports(new ConversionReport(Optional.of(debian()), List.of(), List.of()));

    int exitCode =
        cli.run("check", "--json", "--format", "raw", "s3://bucket/disk.raw", url.toString());

    JsonNode report = Json.mapper().readTree(cli.out());
    assertThat(exitCode).as(cli.err()).isZero();
    assertThat(report.path("bytesTotal").asLong()).isEqualTo(128L * MIB);
    assertThat(report.path("bytesRead").asLong()).isLessThan(128L * MIB / 20);
    assertThat(report.path("facts").path("system").path("kind").asText()).isEqualTo("linux");
    assertThat(cli.out()).doesNotContain("secret");
    assertThat(cli.backend.closed).isEqualTo(1);
  }

  @Test
  void aServerWithoutRangesCannotBeLookedInto() {
    URI url = URI.create("https://example.org/disk.raw");
    cli.remoteFiles.serveWhole(url, new byte[MIB]);

    int exitCode = cli.run("check", "--format", "raw", url.toString());

    assertThat(exitCode).isEqualTo(ExitCode.USER);
    assertThat(cli.out()).contains("SOURCE_WITHOUT_RANGES");
  }

  @Test
  void inspectPrintsTheFactsAsTextAndAsJson() throws IOException {
    Path disk = Files.write(directory.resolve("disk.raw"), new byte[MIB]);
    cli.guests.reports(new ConversionReport(Optional.of(debian()), List.of(), List.of()));

    assertThat(cli.run("inspect", "--format", "raw", disk.toString())).isZero();

    assertThat(cli.out())
        .contains(
            "Debian GNU/Linux 12, x86_64",
            "firmware  bios",
            "/dev/sda1",
            "grub2, /boot/grub/grub.cfg, boots 6.1.0-18-amd64",
            "6.1.0-18-amd64, /boot/vmlinuz-6.1.0-18-amd64",
            "nvme module",
            "ifupdown",
            "ext4 'root' 1-2-3 on /",
            "active");

    CliRun json = new CliRun();
    json.guests.reports(new ConversionReport(Optional.of(debian()), List.of(), List.of()));
    assertThat(json.run("inspect", "--json", "--format", "raw", disk.toString())).isZero();
    JsonNode facts = Json.mapper().readTree(json.out()).path("facts");
    assertThat(Json.mapper().treeToValue(facts, GuestFacts.class)).isEqualTo(debian());
  }

  @Test
  void inspectSaysWhyThereIsNoSystem() throws IOException {
    Path disk = Files.write(directory.resolve("disk.raw"), new byte[MIB]);
    cli.guests.reports(
        new ConversionReport(
            Optional.empty(),
            List.of(
                new Finding(
                    Finding.Severity.ERROR, ErrorCode.GUEST_FILE_UNREADABLE, "nothing there")),
            List.of()));

    assertThat(cli.run("inspect", "--format", "raw", disk.toString())).isEqualTo(ExitCode.USER);

    assertThat(cli.err()).contains("GUEST_FILE_UNREADABLE", "nothing there");
  }

  @Test
  void refusesAFormatThereIsNot() {
    assertThat(cli.run("check", "--format", "floppy", "disk")).isEqualTo(2);
    assertThat(cli.err()).contains("'floppy' is none of ova, ovf, raw");
  }

  static GuestFacts debian() {
    return new GuestFacts(
        List.of(
            new DiskFacts(
                0,
                2L << 30,
                DiskFacts.PartitionTable.MBR,
                List.of(
                    new DiskFacts.Partition(
                        1, MIB, 2047L * MIB, "83", true, Optional.of("5b6ef2a4-01"))))),
        List.of(
            new FileSystemFacts(
                "/dev/sda1",
                "ext4",
                OptionalInt.of(0),
                OptionalInt.of(1),
                Optional.of("1-2-3"),
                Optional.of("root"),
                Optional.of("5b6ef2a4-01"),
                List.of(),
                Optional.of("/"))),
        Firmware.BIOS,
        new LinuxFacts(
            new Distribution(
                Distribution.Family.DEBIAN,
                "debian",
                OptionalInt.of(12),
                OptionalInt.empty(),
                "Debian GNU/Linux 12"),
            Architecture.X86_64,
            "/dev/sda1",
            Optional.empty(),
            List.of(
                new Kernel(
                    "6.1.0-18-amd64",
                    "/boot/vmlinuz-6.1.0-18-amd64",
                    Optional.of("/boot/initrd.img-6.1.0-18-amd64"),
                    Optional.of("/usr/lib/modules/6.1.0-18-amd64"),
                    Map.of(Kernel.Driver.NVME, Kernel.Presence.MODULE))),
            new BootLoader(
                BootLoader.Kind.GRUB2,
                Optional.of("/boot/grub/grub.cfg"),
                Optional.of("6.1.0-18-amd64")),
            Set.of(NetworkSystem.IFUPDOWN),
            Optional.of("deb"),
            true,
            false,
            List.of()));
  }
}
