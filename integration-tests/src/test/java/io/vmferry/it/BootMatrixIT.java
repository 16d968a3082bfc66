package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.Tools;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Machines that come from elsewhere boot on EC2's hardware after their import, and not without it.
 *
 * <p>One guest is booted whenever the tests are run, all by {@code scripts/boot-matrix}; the
 * property {@code boot.matrix} says which: {@code small}, {@code full}, or names with commas.
 */
@Tag("slow")
class BootMatrixIT {
  private static final Duration TIMEOUT = Duration.ofMinutes(15);

  @TempDir private Path directory;

  static Stream<BootGuest> guests() {
    return switch (System.getProperty("boot.matrix", "small")) {
      case "small" -> BootGuest.SMALL.stream().map(BootGuest::named);
      case "full" -> BootGuest.ALL.stream();
      case String names -> Stream.of(names.split(",", -1)).map(BootGuest::named);
    };
  }

  @ParameterizedTest
  @MethodSource("guests")
  void bootsTwiceAfterItsImportAndNotWithout(BootGuest guest) throws Exception {
    Tools.require("qemu-system-x86_64");
    BootMatrixTable table = BootMatrixTable.of(guest);
    try {
      BootGuest.Files files = guest.made();
      if (guest.hasBios()) {
        assertBootsWhereItComesFrom(guest, files.disk());
      }
      Vmferry vmferry = Vmferry.on(directory.resolve("state"));
      assertIsStuckUnmodified(guest, vmferry, files.image());
      assertBootsTwice(guest, vmferry, files.image());
      table.passed();
    } catch (Throwable failure) {
      table.failed(failure);
      throw failure;
    }
  }

  /** Without this the negative control could fail for a fault of the guest's own. */
  private static void assertBootsWhereItComesFrom(BootGuest guest, Path disk)
      throws IOException, InterruptedException {
    try (SerialConsole console = SerialConsole.boot(disk)) {
      String shown = console.awaitText("VMFERRY-BOOT n=1 ", TIMEOUT);
      assertThat(shown).contains(guest.name() + " login:");
    }
  }

  private void assertIsStuckUnmodified(BootGuest guest, Vmferry vmferry, Path image)
      throws IOException {
    // Nobody looks into the guest: how it starts has to be said.
    String imageId =
        vmferry
            .imported(
                "--name",
                guest.name() + "-unmodified",
                "--boot-mode",
                guest.hasBios() ? "legacy-bios" : "uefi",
                image.toString())
            .get("imageId")
            .asText();
    Path log = directory.resolve("unmodified.log");

    vmferry
        .run(
            "boot",
            imageId,
            "--expect",
            guest.stuckAt(),
            "--timeout",
            "%dm".formatted(TIMEOUT.toMinutes()),
            "--console-log",
            log.toString())
        .successful();

    assertThat(console(log)).doesNotContain("login:", "VMFERRY-BOOT");
  }

  private void assertBootsTwice(BootGuest guest, Vmferry vmferry, Path image) throws IOException {
    String imageId =
        vmferry
            .importedAndModified("--name", guest.name(), image.toString())
            .get("imageId")
            .asText();
    Path log = directory.resolve("modified.log");

    vmferry
        .run(
            "boot",
            imageId,
            "--expect",
            "VMFERRY-BOOT n=1 ",
            "--expect",
            "VMFERRY-BOOT n=2 ",
            "--timeout",
            "%dm".formatted(TIMEOUT.toMinutes()),
            "--console-log",
            log.toString())
        .successful();

    String console = console(log);
    assertThat(occurrences(guest.name() + " login:", console))
        .as(console)
        .isGreaterThanOrEqualTo(2);
    List<BootReport> reports = BootReport.in(console);
    assertThat(reports).as(console).extracting(BootReport::boot).containsExactly(1, 2);
    for (BootReport report : reports) {
      // qemu's user network leases addresses of 10.0.2.0/24.
      assertThat(report.dhcp()).as(console).startsWith("10.0.2.");
      assertThat(report.failed()).as(console).isEqualTo("0");
      assertThat(report.mounts()).as(console).isEqualTo("none");
      assertThat(report.root()).as(console).matches("/dev/(nvme0n1p\\d|mapper/vg0-root)");
    }
  }

  private static int occurrences(String text, String console) {
    return Math.toIntExact(Pattern.compile(Pattern.quote(text)).matcher(console).results().count());
  }

  /** A console can print any byte. */
  private static String console(Path log) throws IOException {
    return Files.readString(log, StandardCharsets.ISO_8859_1);
  }
}
