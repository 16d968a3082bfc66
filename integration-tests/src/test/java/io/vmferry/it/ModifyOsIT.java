package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.cli.source.LocalFiles;
import io.vmferry.disk.Tools;
import io.vmferry.functions.aws.HttpsRemoteFiles;
import io.vmferry.functions.service.Check;
import io.vmferry.functions.service.CheckReport;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.guest.conversion.ApplianceConversion;
import io.vmferry.guest.conversion.StopSignal;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Guests are opened, looked into and changed by the whole system, in a real appliance. */
class ModifyOsIT {
  private static final int BLOCK = 512 << 10;
  private static final Duration TIMEOUT = Duration.ofMinutes(8);
  private static final Pattern TASK = Pattern.compile("task (import-ami-[0-9a-f]{17})\\R");

  @TempDir private Path directory;
  private Path temporary = Path.of("");
  private Vmferry vmferry = Vmferry.on(Path.of(""));

  @BeforeEach
  void prepare() throws IOException {
    Tools.require("guestfish");
    // Of its own, so that what is left in it is this test's.
    temporary = Files.createTempDirectory(Path.of("/tmp"), "vf");
    vmferry = new Vmferry(directory.resolve("state"), "-Djava.io.tmpdir=" + temporary);
  }

  @Test
  void theSnapshotHoldsTheSourceWithTheChangesOverIt() throws Exception {
    String guest = LaidOutGuest.vmdk().toString();
    String agent = AgentPackage.deb(directory).toString();
    JsonNode dryRun =
        vmferry.run("import", "--json", "--dry-run", "--agent", agent, guest).successful().json();
    assertThat(dryRun.has("imageId")).isFalse();
    try (LocalAws aws = LocalAws.start(vmferry.state())) {
      aws.account().assertIsEmpty();
    }

    JsonNode task = vmferry.run("import", "--json", "--agent", agent, guest).successful().json();

    String snapshotId = task.get("disks").get(0).get("snapshotId").asText();
    Path content = directory.resolve("content.raw");
    vmferry.run("snapshot", "read", snapshotId, "-o", content.toString()).successful();
    assertThat(LaidOutGuest.read(content, "/etc/fstab"))
        .contains("UUID=5b6ef2a4-1f0c-4c0e-9d0b-7a3f2c1d9e12 / ext4")
        .contains("nofail")
        .doesNotContainPattern("(?m)^/dev/sda1")
        .doesNotContainPattern("(?m)^//server");
    assertThat(LaidOutGuest.read(content, "/etc/.fstab.vmferry.orig"))
        .isEqualTo(LaidOutGuest.FSTAB);
    assertThat(LaidOutGuest.read(content, "/etc/network/interfaces")).contains("dhcp");
    assertThat(LaidOutGuest.read(content, "/boot/grub/grub.cfg"))
        .contains("root=UUID=5b6ef2a4-1f0c-4c0e-9d0b-7a3f2c1d9e12")
        .contains("console=ttyS0");
    assertAgentIsInstalled(content, task);
    Tools.run(
        "sh",
        "-c",
        "PATH=$PATH:/usr/sbin:/sbin e2fsck -fn \"$1?offset=1048576\"",
        "sh",
        content.toString());
    int changed = differingBlocks(LaidOutGuest.disk(), content);
    assertThat(changed).isBetween(1, 200);
    assertReport(task, dryRun);
    assertNothingIsLeft();
    try (LocalAws aws = LocalAws.start(vmferry.state())) {
      aws.account().assertNothingIsPending();
      assertThat(aws.account().images().getFirst().bootModeAsString()).isEqualTo("legacy-bios");
      assertThat(aws.account().images().getFirst().enaSupport()).isTrue();
    }
  }

  /** By the guest's own dpkg, which ran the package's script too. */
  private static void assertAgentIsInstalled(Path content, JsonNode task) throws IOException {
    assertThat(LaidOutGuest.read(content, "/usr/bin/amazon-ssm-agent")).startsWith("#!/bin/sh");
    assertThat(LaidOutGuest.read(content, "/etc/amazon-ssm-agent.state"))
        .startsWith("configured configure");
    assertThat(LaidOutGuest.read(content, "/var/lib/dpkg/status"))
        .contains("Package: amazon-ssm-agent\nStatus: install ok installed");
    assertThat(task.path("guest").path("changes").findValuesAsText("summary"))
        .contains("the SSM agent is installed");
  }

  private void assertReport(JsonNode task, JsonNode dryRun) throws IOException {
    assertThat(task.path("guest").path("facts").path("system").path("distribution").path("id"))
        .hasToString("\"debian\"");
    List<String> changes = changes(task);
    assertThat(changes).anyMatch(change -> change.endsWith(" /etc/fstab"));
    assertThat(changes(dryRun)).isEqualTo(changes);
    String id = task.path("taskId").asText();
    String shown = vmferry.run("task", id).successful().out();
    assertThat(shown).contains("change    fstab").contains("Debian GNU/Linux 12");
  }

  private static List<String> changes(JsonNode task) {
    return StreamSupport.stream(task.path("guest").path("changes").spliterator(), false)
        .map(change -> change.path("modification").asText() + " " + change.path("path").asText())
        .toList();
  }

  @Test
  void aWindowsMachineIsImportedAsItIsWithAWarning() throws Exception {
    Path disk = directory.resolve("windows.raw");
    try (InputStream packed =
            Objects.requireNonNull(ModifyOsIT.class.getResourceAsStream("windows.raw.gz"));
        InputStream content = new GZIPInputStream(packed)) {
      Files.copy(content, disk);
    }
    Path vhd = directory.resolve("windows.vhd");
    Tools.run(
        "qemu-img",
        "convert",
        "-f",
        "raw",
        "-O",
        "vpc",
        "-o",
        "subformat=dynamic,force_size=on",
        disk.toString(),
        vhd.toString());

    JsonNode task = vmferry.importedAndModified(vhd.toString());

    assertThat(task.path("imageId").asText()).startsWith("ami-");
    assertThat(codes(task.path("guest"))).contains("OS_NOT_MODIFIED");
    assertThat(changes(task)).isEmpty();
    assertThat(vmferry.run("task", task.path("taskId").asText()).successful().out())
        .contains("OS_NOT_MODIFIED", "/dev/sda1 holds Windows");
    String snapshotId = task.get("disks").get(0).get("snapshotId").asText();
    Path content = directory.resolve("content.raw");
    vmferry.run("snapshot", "read", snapshotId, "-o", content.toString()).successful();
    Contents.assertEqualsPadded(content, disk);
    assertNothingIsLeft();
  }

  @Test
  void aMachineWithoutASystemIsRefusedWithTheGuidesText() throws Exception {
    Vmferry.Result result =
        vmferry.run("import", ImageFixture.VMDK_STREAM_OPTIMIZED.image().toString());

    assertThat(result.exitCode()).isEqualTo(Vmferry.USER);
    assertThat(result.err())
        .containsAnyOf("No bootable partition found", "Unknown OS / Missing OS files");
    assertNothingIsLeft();
    try (LocalAws aws = LocalAws.start(vmferry.state())) {
      aws.account().assertIsEmpty();
    }
  }

  @Test
  void cancellingWhileTheGuestIsOpenLeavesNothing() throws Exception {
    try (Vmferry.Running running = vmferry.start("import", LaidOutGuest.vmdk().toString())) {
      running.err().await(TASK, TIMEOUT);
      String id = taskId(running.err().soFar());
      awaitAppliance();

      vmferry.run("cancel", id).successful();

      Vmferry.Result ended = running.await(TIMEOUT);
      assertThat(ended.exitCode()).isEqualTo(Vmferry.USER);
      assertThat(ended.err()).contains("TASK_CANCELLED");
    }
    assertNothingIsLeft();
    try (LocalAws aws = LocalAws.start(vmferry.state())) {
      aws.account().assertIsEmpty();
    }
  }

  @Test
  void anImportThatIsKilledWhileTheGuestIsOpenGoesOnWithTheNextStart() throws Exception {
    String id;
    String agent = "https://192.0.2.80/agent.deb?'$(reboot)'";
    try (Vmferry.Running running =
        vmferry.start("import", "--agent-url", agent, LaidOutGuest.vmdk().toString())) {
      running.err().await(TASK, TIMEOUT);
      id = taskId(running.err().soFar());
      awaitAppliance();
      running.kill();
    }
    awaitNoAppliance();

    JsonNode task = vmferry.run("task", "--wait", "--json", id).successful().json();

    String snapshotId = task.get("disks").get(0).get("snapshotId").asText();
    Path content = directory.resolve("content.raw");
    vmferry.run("snapshot", "read", snapshotId, "-o", content.toString()).successful();
    assertThat(LaidOutGuest.read(content, "/etc/fstab")).contains("UUID=5b6ef2a4");
    assertThat(LaidOutGuest.read(content, "/var/lib/vmferry/vmferry-ssm-agent"))
        .contains("url='https://192.0.2.80/agent.deb?'\\''$(reboot)'\\'''\n");
    assertThat(LaidOutGuest.read(content, "/etc/systemd/system/vmferry-ssm-agent.service"))
        .contains("ExecStart=-/var/lib/vmferry/vmferry-ssm-agent");
    assertThat(appliances()).isEmpty();
    try (LocalAws aws = LocalAws.start(vmferry.state())) {
      aws.account().assertNothingIsPending();
    }
  }

  @Test
  void checkTellsWhatWouldKeepAMachineFromBeingImported() throws Exception {
    Vmferry.Result good = vmferry.run("check", "--json", LaidOutGuest.vmdk().toString());
    assertThat(good.exitCode()).as(good.out()).isZero();
    assertThat(good.json().path("importable").asBoolean()).isTrue();
    assertThat(codes(good)).contains("FSTAB_ENTRY_UNKNOWN");

    Vmferry.Result bad =
        vmferry.run("check", "--json", ImageFixture.VMDK_STREAM_OPTIMIZED.image().toString());
    assertThat(bad.exitCode()).isEqualTo(Vmferry.USER);
    assertThat(codes(bad)).containsAnyOf("OS_NOT_FOUND", "PARTITION_NOT_BOOTABLE");

    String inspected = vmferry.run("inspect", LaidOutGuest.vmdk().toString()).successful().out();
    assertThat(inspected).contains("Debian GNU/Linux 12 (bookworm)", "/dev/sda1", "ifupdown");
    assertThat(Files.exists(vmferry.state())).isFalse();
    assertNothingIsLeft();
  }

  @Test
  void checkReadsASmallPartOfADiskOnAWebServer() throws Exception {
    try (FileServer server = FileServer.of(LaidOutGuest.disk(), true);
        HttpsRemoteFiles remote = new HttpsRemoteFiles(address -> true, Set.of("http"))) {
      Check check =
          new Check(
              new LocalFiles(), LocalFiles::new, remote, ApplianceConversion.inTemporaryFiles());

      CheckReport report =
          check.look(
              List.of(
                  new DiskContainer(
                      server.url().toString(),
                      Optional.of("raw"),
                      Optional.empty(),
                      Optional.empty())),
              StopSignal.NEVER);

      assertThat(report.hasErrors()).as(report.findings().toString()).isFalse();
      assertThat(report.facts()).isPresent();
      assertThat(report.bytesTotal()).isEqualTo(Files.size(LaidOutGuest.disk()));
      assertThat(report.bytesRead()).isLessThan(report.bytesTotal() / 20);
    }
  }

  private static List<String> codes(Vmferry.Result result) throws IOException {
    return codes(result.json());
  }

  private static List<String> codes(JsonNode report) {
    List<String> codes = new ArrayList<>();
    report.path("findings").forEach(finding -> codes.add(finding.path("code").asText()));
    return codes;
  }

  private static String taskId(String err) {
    Matcher matcher = TASK.matcher(err);
    assertThat(matcher.find()).isTrue();
    return matcher.group(1);
  }

  private static int differingBlocks(Path source, Path written) throws IOException {
    int differing = 0;
    byte[] left = new byte[BLOCK];
    byte[] right = new byte[BLOCK];
    try (RandomAccessFile first = new RandomAccessFile(source.toFile(), "r");
        RandomAccessFile second = new RandomAccessFile(written.toFile(), "r")) {
      for (long at = 0; at < first.length(); at += BLOCK) {
        int length = (int) Math.min(BLOCK, first.length() - at);
        first.seek(at);
        first.readFully(left, 0, length);
        second.seek(at);
        second.readFully(right, 0, length);
        boolean same = ByteBuffer.wrap(left, 0, length).equals(ByteBuffer.wrap(right, 0, length));
        differing += same ? 0 : 1;
      }
    }
    return differing;
  }

  private void awaitAppliance() throws InterruptedException {
    long deadline = System.nanoTime() + TIMEOUT.toNanos();
    while (appliances().isEmpty()) {
      assertThat(System.nanoTime()).as("no appliance was started").isLessThan(deadline);
      Thread.sleep(100);
    }
  }

  private void awaitNoAppliance() throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    while (!appliances().isEmpty()) {
      assertThat(System.nanoTime()).as("%s", appliances()).isLessThan(deadline);
      Thread.sleep(100);
    }
  }

  /** The processes of qemu whose disks are this test's. */
  private List<String> appliances() {
    return ProcessHandle.allProcesses()
        .map(ModifyOsIT::commandLine)
        .filter(line -> line.contains("qemu") && line.contains(temporary.toString()))
        .toList();
  }

  private static String commandLine(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc", String.valueOf(process.pid()), "cmdline"));
    } catch (IOException e) {
      // It has ended.
      return "";
    }
  }

  private void assertNothingIsLeft() throws IOException {
    assertThat(appliances()).isEmpty();
    try (Stream<Path> left = Files.walk(temporary)) {
      assertThat(left.filter(path -> !path.equals(temporary)))
          .as("temporary files")
          .allMatch(path -> path.getFileName().toString().startsWith("hsperfdata"));
    }
  }
}
