package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.vmferry.disk.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * A guest crafted to attack is contained by the whole command: it is imported once, with the
 * agent's package, and what came of it is looked at.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileGuestIT {
  private Path directory = Path.of("");
  private Vmferry vmferry = Vmferry.on(Path.of(""));
  private JsonNode task = NullNode.getInstance();
  private Path content = Path.of("");

  @BeforeAll
  void importIt(@TempDir Path emptyDirectory) throws IOException {
    Tools.require("guestfish");
    directory = emptyDirectory;
    vmferry = Vmferry.on(directory.resolve("state"));
    Path agent = directory.resolve("agent.rpm");
    byte[] rpm = {(byte) 0xed, (byte) 0xab, (byte) 0xee, (byte) 0xdb, 3, 0};
    Files.write(agent, rpm);
    task =
        vmferry.importedAndModified(
            "--format", "raw", "--agent", agent.toString(), HostileGuest.disk().toString());
    content = directory.resolve("content.raw");
    String snapshot = task.get("disks").get(0).get("snapshotId").asText();
    vmferry.run("snapshot", "read", snapshot, "-o", content.toString()).successful();
  }

  @Test
  void changesNothingOutsideOfWhatBelongsToABoot() throws IOException {
    assertThat(LaidOutGuest.read(content, "/etc/shadow")).isEqualTo(HostileGuest.SECRET);
    assertThat(HostileGuest.other(content)).isEqualTo(HostileGuest.other(HostileGuest.disk()));
    assertThat(LaidOutGuest.read(content, "/boot/loader/entries/elsewhere.conf"))
        .contains("linux /../../etc/shadow");
  }

  @Test
  void changesWhatItShouldAllTheSame() throws IOException {
    assertThat(LaidOutGuest.read(content, "/etc/fstab"))
        .contains("UUID=7d2f5c1e-3b4a-4c5d-8e6f-0a1b2c3d4e5f / ext4");
    assertThat(LaidOutGuest.read(content, "/boot/loader/entries/good.conf"))
        .contains("root=UUID=7d2f5c1e-3b4a-4c5d-8e6f-0a1b2c3d4e5f", "console=ttyS0");
  }

  @Test
  void tellsWhatItLeftAloneInOneLineEachAndNoSecret() throws IOException {
    List<String> summaries = task.path("guest").path("changes").findValuesAsText("summary");
    assertThat(summaries)
        .anyMatch(summary -> summary.contains("/etc/crypttab"))
        .anyMatch(summary -> summary.contains("/etc/default/grub"))
        .anyMatch(summary -> summary.contains("/boot/loader/entries/outside.conf"));
    String shown = vmferry.run("task", task.path("taskId").asText()).successful().out();
    assertThat(shown).doesNotContain("\u001b", "not-for-anybody");
    assertThat(shown.lines()).noneMatch(line -> line.startsWith("lines"));
    assertThat(task.toString()).doesNotContain("not-for-anybody");
  }

  @Test
  void installsThePackageByTheGuestsRpm() throws IOException {
    assertThat(LaidOutGuest.read(content, "/usr/bin/amazon-ssm-agent"))
        .isEqualTo("rpm -U --replacepkgs /var/lib/vmferry/amazon-ssm-agent.rpm\n");
    assertThat(task.path("guest").path("changes").findValuesAsText("summary"))
        .contains("the SSM agent is installed");
  }

  @Test
  void refusesAnFstabOfTenGibibytes() throws IOException {
    Path disk = HostileGuest.withEnormousFstab(directory.resolve("enormous.raw"));

    Vmferry.Result result = vmferry.run("check", "--json", "--format", "raw", disk.toString());

    assertThat(result.exitCode()).isEqualTo(Vmferry.USER);
    assertThat(result.json().path("findings").findValuesAsText("code"))
        .contains("FSTAB_UNREADABLE");
    assertThat(result.json().path("bytesRead").asLong()).isLessThan(Files.size(disk) / 2);
  }
}
