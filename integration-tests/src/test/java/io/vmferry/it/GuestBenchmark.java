package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.cli.source.LocalFiles;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.Tools;
import io.vmferry.disk.io.FileByteSource;
import io.vmferry.disk.raw.RawFormat;
import io.vmferry.functions.aws.HttpsRemoteFiles;
import io.vmferry.functions.service.Check;
import io.vmferry.functions.service.CheckReport;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.conversion.ApplianceConversion;
import io.vmferry.guest.conversion.Conversion;
import io.vmferry.guest.conversion.StopSignal;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Looks into a guest of 10 GiB on a web server, and changes it beside {@code virt-customize}. Run
 * by {@code scripts/benchmark-guest}, which says what it takes; its name keeps it out of every
 * other run. Writes its section of {@code docs/benchmarks.md}; how little a check reads is
 * asserted, no time is.
 */
class GuestBenchmark {
  private static final int RUNS = Integer.getInteger("benchmark.runs", 3);
  private static final int DISK_MIB = 10 << 10;
  private static final int FILES_MIB = 1800;
  private static final long TIMEOUT_MINUTES = 20;
  private static final Path PAGE = Fixtures.ROOT.resolve("docs/benchmarks.md");
  private static final String MARK = "benchmark-guest";

  /** Programs, libraries and texts of this machine, until there are enough. */
  private static final String FILL =
      """
      set -e
      mkdir -p "$1/usr/local/of-this-machine"
      find /usr/bin /usr/lib /usr/share -xdev -type f -size -65536k -printf '%s %p\\n' 2>/dev/null |
        sort -k2 |
        awk -v limit=$(($2 << 20)) \
          '{ sum += $1; if (sum > limit) exit; print substr($0, length($1) + 2) }' >"$1.list"
      tar -cf - -T "$1.list" 2>/dev/null | tar -xf - -C "$1/usr/local/of-this-machine"
      rm "$1.list"
      """;

  /** The edits of the same files that are comparable. */
  private static final List<String> EDITS =
      List.of(
          "/etc/fstab:s,^/dev/sda1,UUID=5b6ef2a4-1f0c-4c0e-9d0b-7a3f2c1d9e12,; s,^//,#//,",
          "/etc/network/interfaces:s,inet static,inet dhcp,; s,^ *(address|gateway).*,,",
          "/etc/default/grub:s,^GRUB_CMDLINE_LINUX=\"\",GRUB_CMDLINE_LINUX=\"console=ttyS0\",",
          "/boot/grub/grub.cfg:s,root=/dev/sda1,root=UUID=5b6ef2a4-1f0c-4c0e-9d0b-7a3f2c1d9e12,");

  @TempDir private Path directory;

  @Test
  void measures() throws Exception {
    for (String tool : new String[] {"virt-customize", "qemu-img", "mkfs.ext4"}) {
      Tools.require(tool);
    }
    Path disk =
        Fixtures.cachedDirectory(
                "benchmark-guest",
                List.of(Fixtures.ROOT.resolve("scripts/benchmark-guest")),
                List.of(Integer.toString(DISK_MIB), Integer.toString(FILES_MIB), FILL),
                GuestBenchmark::make)
            .resolve("disk.raw");
    // What is built or read for the first time counts for neither.
    modify(disk);
    Checked checked = check(disk);
    List<Double> ours = new ArrayList<>();
    List<Double> theirs = new ArrayList<>();
    for (int run = 0; run < RUNS; run++) {
      ours.add(modify(disk));
      theirs.add(virtCustomize(disk));
    }
    write(section(checked, ours, theirs));
    assertThat(checked.bytes()).isLessThan(Files.size(disk) / 20);
  }

  private record Checked(double seconds, int requests, long bytes) {}

  private static void make(Path directory) throws IOException {
    Path root = Files.createDirectory(directory.resolve("root"));
    LaidOutGuest.layOut(root);
    Tools.run("sh", "-c", FILL, "sh", root.toString(), Integer.toString(FILES_MIB));
    LaidOutGuest.assemble(directory, DISK_MIB);
  }

  private static Checked check(Path disk) throws IOException {
    try (FileServer server = FileServer.of(disk, true);
        HttpsRemoteFiles remote = new HttpsRemoteFiles(address -> true, Set.of("http"))) {
      Check check =
          new Check(
              new LocalFiles(), LocalFiles::new, remote, ApplianceConversion.inTemporaryFiles());
      DiskContainer container =
          new DiskContainer(
              server.url().toString(), Optional.of("raw"), Optional.empty(), Optional.empty());
      long start = System.nanoTime();
      CheckReport report = check.look(List.of(container), StopSignal.NEVER);
      double seconds = secondsSince(start);
      assertThat(report.facts()).as(report.findings().toString()).isPresent();
      assertThat(report.hasErrors()).as(report.findings().toString()).isFalse();
      return new Checked(seconds, server.requests(), server.bytes());
    }
  }

  /** With the sparse VMDK of the changes, which the pipeline stores. */
  private double modify(Path disk) throws IOException {
    long start = System.nanoTime();
    DiskImage image = new RawFormat().open(FileByteSource.open(disk), ReferenceResolver.REFUSE);
    try (Conversion conversion =
            ApplianceConversion.inTemporaryFiles()
                .modify(List.of(image), ModificationOptions.defaults(), StopSignal.NEVER);
        OutputStream out = Files.newOutputStream(directory.resolve("changes.vmdk"))) {
      conversion.disks().getFirst().save(out);
      assertThat(conversion.report().changes()).isNotEmpty();
    }
    return secondsSince(start);
  }

  private double virtCustomize(Path disk) throws IOException, InterruptedException {
    Path overlay = directory.resolve("overlay.qcow2");
    Files.deleteIfExists(overlay);
    Tools.run(
        "qemu-img",
        "create",
        "-q",
        "-f",
        "qcow2",
        "-F",
        "raw",
        "-b",
        disk.toString(),
        overlay.toString());
    List<String> command =
        new ArrayList<>(List.of("virt-customize", "--no-network", "-a", overlay.toString()));
    EDITS.forEach(edit -> command.addAll(List.of("--edit", edit)));
    Path log = directory.resolve("virt-customize.log");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    // As vmferry's own appliance is run.
    builder
        .environment()
        .putAll(
            Map.of(
                "LIBGUESTFS_BACKEND", "direct",
                "LIBGUESTFS_BACKEND_SETTINGS", "force_tcg",
                "LIBGUESTFS_MEMSIZE", "768"));
    long start = System.nanoTime();
    Process process = builder.start();
    try {
      assertThat(process.waitFor(TIMEOUT_MINUTES, TimeUnit.MINUTES)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).as(Files.readString(log)).isZero();
    return secondsSince(start);
  }

  private static double secondsSince(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  private static List<String> section(Checked checked, List<Double> ours, List<Double> theirs)
      throws IOException {
    String load = Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0];
    String cpu =
        Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
            .filter(line -> line.startsWith("model name"))
            .map(line -> line.substring(line.indexOf(':') + 1).strip())
            .findFirst()
            .orElse("unknown CPU");
    return String.format(
            Locale.ROOT,
            """
            A raw disk of 10 GiB with %1$d MiB of files in one ext4, laid out as a Debian 12 whose drivers are built into
            its kernel. %2$s, %3$d processors, load average %4$s at the end (each run keeps one processor busy), no KVM,
            %5$s. Command: `scripts/benchmark-guest %6$d`.

            A check of it on a web server of this machine, through the product's own source of `https://` images, takes
            %7$d requests for **%8$.1f MiB of the 10 GiB (%9$.2f %%)** and %10$.0f s, nearly all of it the appliance's start.

            The changes (fstab, network, GRUB's defaults and menu) beside `virt-customize` (emulated as well, with as much
            memory) making edits of the same four files, by turns:

            | | wall s | median |
            |---|---|---|
            | `GuestConversion.modify`, with the sparse VMDK of the changes | %11$s | %12$.1f |
            | `virt-customize --no-network --edit …`, four times `--edit` | %13$s | %14$.1f |

            Ratio of the medians: **%15$.2f**. `virt-customize` inspects with the appliance what is told here from the disk's
            own bytes.
            """,
            FILES_MIB,
            cpu,
            Runtime.getRuntime().availableProcessors(),
            load,
            LocalDate.now(Clock.system(ZoneOffset.UTC)),
            RUNS,
            checked.requests(),
            checked.bytes() / (double) (1 << 20),
            checked.bytes() * 100.0 / ((long) DISK_MIB << 20),
            checked.seconds(),
            listed(ours),
            median(ours),
            listed(theirs),
            median(theirs),
            median(ours) / median(theirs))
        .lines()
        .toList();
  }

  private static String listed(List<Double> seconds) {
    return String.join(
        ", ", seconds.stream().map(value -> String.format(Locale.ROOT, "%.1f", value)).toList());
  }

  private static double median(List<Double> values) {
    List<Double> sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  /** Replaces what is between the page's marks. */
  private static void write(List<String> section) throws IOException {
    List<String> lines = new ArrayList<>(Files.readAllLines(PAGE));
    int start = lines.indexOf("<!-- %s -->".formatted(MARK));
    int end = lines.indexOf("<!-- end of %s -->".formatted(MARK));
    assertThat(start).as("%s has the marks of %s", PAGE, MARK).isNotNegative().isLessThan(end);
    lines.subList(start + 1, end).clear();
    lines.addAll(start + 1, section);
    Files.write(PAGE, lines);
  }
}
