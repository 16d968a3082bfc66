package io.vmferry.guest.linux.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.Change;
import io.vmferry.guest.Change.Action;
import io.vmferry.guest.FileStatus;
import io.vmferry.guest.GuestCommands;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.linux.config.ConfigGuest;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SystemModificationsTest {
  private static final String DEBIAN = "# facts: DEBIAN debian 12 systemd deb\n";
  private static final String OLD = "# facts: RED_HAT centos 6 rpm\n";
  private static final String SCRIPT = "/var/lib/vmferry/vmferry-ssm-agent";
  private static final ModificationOptions RESET =
      new ModificationOptions(false, true, Optional.empty(), Optional.empty());

  @TempDir private Path directory;

  @Test
  void masksUnitsOfToolsAndNoOthers() throws IOException {
    ConfigGuest guest =
        ConfigGuest.parse(
            DEBIAN
                + """
                === /usr/lib/systemd/system/open-vm-tools.service
                === /usr/lib/systemd/system/hv-kvp-daemon.service
                === /usr/lib/systemd/system/run-vmblock\\x2dfuse.mount
                === /usr/lib/systemd/system/prltoolsd.service
                === /usr/lib/systemd/system/ssh.service
                === /usr/lib/systemd/system/open-vm-tools.service.d/
                === /etc/systemd/system/vmware-tools.service
                """);
    assertThat(guest.apply(new HypervisorTools()))
        .extracting(change -> change.path().orElseThrow())
        .containsExactly(
            "/etc/systemd/system/vmware-tools.service",
            "/etc/systemd/system/hv-kvp-daemon.service",
            "/etc/systemd/system/open-vm-tools.service",
            "/etc/systemd/system/prltoolsd.service",
            "/etc/systemd/system/run-vmblock\\x2dfuse.mount");
    assertThat(guest.files().status("/etc/systemd/system/.vmware-tools.service.vmferry.orig"))
        .isPresent();
    assertThat(guest.apply(new HypervisorTools())).isEmpty();
  }

  @Test
  void tellsOfAToolThatCannotBeStoppedAndGoesOn() throws IOException {
    ConfigGuest guest =
        ConfigGuest.parse(
            """
            # facts: DEBIAN ubuntu 14 deb
            === /etc/init/vmware-tools.conf
            === /etc/init/vmware-tools.override special
            === /etc/init/open-vm-tools.conf
            """);
    List<Change> changes = guest.apply(new HypervisorTools());
    assertThat(changes).filteredOn(change -> change.action() == Action.NOTE).isNotEmpty();
    assertThat(guest.files().textOf("/etc/init/open-vm-tools.override")).isEqualTo("manual\n");
  }

  @Test
  void addsManualToAnOverrideThatIsThere() throws IOException {
    ConfigGuest guest =
        ConfigGuest.parse("# facts: DEBIAN ubuntu 14 deb\n=== /etc/init/vmware-tools.conf\n");
    guest.files().file("/etc/init/vmware-tools.override", "env A=1");
    guest.apply(new HypervisorTools());
    assertThat(guest.files().textOf("/etc/init/vmware-tools.override"))
        .isEqualTo("env A=1\nmanual\n");
  }

  @Test
  void putsAsideWhatRemembersTheOldDisks() throws IOException {
    ConfigGuest guest =
        ConfigGuest.parse(
            DEBIAN
                + "=== /etc/lvm/devices/system.devices\nx\n=== /etc/blkid.tab\nx\n"
                + "=== /etc/multipath/wwids\nx\n");
    assertThat(guest.apply(new StorageCaches())).hasSize(3);
    assertThat(guest.apply(new StorageCaches())).isEmpty();
  }

  @Test
  void relabelsOnlyWhatIsNewWithTheGuestsOwnProgram() throws IOException {
    ConfigGuest guest = selinux();
    List<List<String>> commands = new ArrayList<>();
    List<Change> changes = relabel(guest, Optional.of(recorder(commands)));
    assertThat(commands)
        .containsExactly(
            List.of(
                "/usr/sbin/setfiles",
                "-F",
                "/etc/selinux/targeted/contexts/files/file_contexts",
                "/etc/systemd/system"));
    assertThat(changes).noneMatch(change -> change.modification().equals("selinux"));
    assertThat(guest.files().status("/.autorelabel")).isEmpty();
  }

  @Test
  void hasTheFirstBootRelabelWhereTheProgramFailsOrCannotRun() throws IOException {
    ConfigGuest failing = selinux();
    relabel(failing, Optional.of(failure()));
    assertThat(failing.files().status("/.autorelabel")).isPresent();
    ConfigGuest without = selinux();
    relabel(without, Optional.empty());
    assertThat(without.files().status("/.autorelabel")).isPresent();
    assertThat(relabel(without, Optional.empty())).isEmpty();
  }

  @Test
  void makesKeysAndIdAnewWhereThatIsAskedFor() throws IOException {
    ConfigGuest guest =
        ConfigGuest.parse(
            DEBIAN
                + """
                === /etc/ssh/ssh_host_rsa_key 0600
                secret
                === /etc/ssh/ssh_host_rsa_key.pub
                public
                === /etc/ssh/sshd_config
                x
                === /etc/machine-id 0444
                0123456789abcdef0123456789abcdef
                === /var/lib/dbus/machine-id
                0123456789abcdef0123456789abcdef
                """);
    assertThat(guest.apply(new IdentityReset())).isEmpty();
    guest.apply(List.of(new IdentityReset()), RESET, Optional.empty());
    assertThat(guest.files().list("/etc/ssh"))
        .containsExactly(
            ".ssh_host_rsa_key.pub.vmferry.orig", ".ssh_host_rsa_key.vmferry.orig", "sshd_config");
    assertThat(guest.files().status("/etc/ssh/.ssh_host_rsa_key.vmferry.orig").orElseThrow().mode())
        .isEqualTo(0600);
    assertThat(guest.files().textOf("/etc/machine-id")).isEmpty();
    assertThat(guest.files().status("/var/lib/dbus/machine-id").flatMap(FileStatus::linkTarget))
        .contains("/etc/machine-id");
    assertThat(guest.files().textOf("/var/lib/vmferry/vmferry-ssh-keys")).contains("ssh-keygen -A");
    assertThat(guest.apply(List.of(new IdentityReset()), RESET, Optional.empty())).isEmpty();
  }

  @Test
  void installsThePackageRightAwayWhereTheGuestsProgramsRun() throws IOException {
    ConfigGuest guest = ConfigGuest.parse(DEBIAN);
    List<List<String>> commands = new ArrayList<>();
    List<Change> changes =
        guest.apply(agent(), withPackage("!<arch>\n..."), Optional.of(recorder(commands)));
    assertThat(commands)
        .containsExactly(
            List.of("dpkg", "--force-confold", "-i", "/var/lib/vmferry/amazon-ssm-agent.deb"));
    assertThat(changes).last().matches(change -> change.summary().contains("is installed"));
    assertThat(guest.files().status(SCRIPT)).isEmpty();
  }

  @Test
  void installsThePackageAtFirstBootWhereThatFails() throws IOException {
    ConfigGuest guest = ConfigGuest.parse(DEBIAN);
    guest.apply(agent(), withPackage("!<arch>\n..."), Optional.of(failure()));
    assertThat(guest.files().textOf(SCRIPT))
        .contains("dpkg --force-confold -i /var/lib/vmferry/amazon-ssm-agent.deb || return 1");
    assertThat(
            guest
                .files()
                .status("/etc/systemd/system/multi-user.target.wants/vmferry-ssm-agent.service"))
        .isPresent();
  }

  @Test
  void installsNothingOfTheWrongKind() throws IOException {
    ConfigGuest guest = ConfigGuest.parse("# facts: RED_HAT rhel 9 systemd rpm\n");
    assertThat(guest.apply(agent(), withPackage("!<arch>\n..."), Optional.empty()))
        .singleElement()
        .matches(change -> change.action() == Action.NOTE)
        .matches(change -> change.summary().contains("is no rpm package"));
    ModificationOptions missing =
        new ModificationOptions(
            false, false, Optional.of(directory.resolve("missing")), Optional.empty());
    assertThat(guest.apply(agent(), missing, Optional.empty()))
        .singleElement()
        .matches(change -> change.action() == Action.NOTE);
  }

  @Test
  void leavesAnInstalledAgentAlone() throws IOException {
    ConfigGuest guest = ConfigGuest.parse(DEBIAN + "=== /usr/bin/amazon-ssm-agent 0755\nx\n");
    assertThat(guest.apply(agent(), withUrl("https://example.com/a"), Optional.empty())).isEmpty();
  }

  @Test
  void fetchesAtFirstBootFromRcLocalWithoutSystemd() throws IOException {
    ConfigGuest guest =
        ConfigGuest.parse(
            OLD
                + "=== /etc/rc.local -> rc.d/rc.local\n=== /etc/rc.d/rc.local 0755\n#!/bin/sh\nx\n");
    guest.apply(agent(), withUrl("https://example.com/a"), Optional.empty());
    assertThat(guest.files().textOf("/etc/rc.d/rc.local"))
        .isEqualTo("#!/bin/sh\nx\n[ ! -x %1$s ] || %1$s &\n".formatted(SCRIPT));
    ConfigGuest debian = ConfigGuest.parse("# facts: DEBIAN debian 7 deb\n");
    debian.files().file("/etc/rc.local", "#!/bin/sh -e\nx\n\nexit 0\n");
    debian.apply(agent(), withUrl("https://example.com/a"), Optional.empty());
    assertThat(debian.files().textOf("/etc/rc.local"))
        .isEqualTo("#!/bin/sh -e\nx\n\n[ ! -x %1$s ] || %1$s &\nexit 0\n".formatted(SCRIPT));
  }

  @Test
  void runsAFirstBootScriptThatFetchesInstallsAndRemovesItself() throws Exception {
    String script = script("https://example.com/a?b='$(touch evil)'&c");
    stub("curl", "printf '%s\\n' \"$@\" > \"$OUT/curl\"");
    stub("dpkg", "printf '%s\\n' \"$@\" > \"$OUT/dpkg\"");
    assertThat(run(script)).isZero();
    assertThat(Files.readString(directory.resolve("curl")))
        .contains("https://example.com/a?b='$(touch%20evil)'&c");
    assertThat(Files.readString(directory.resolve("dpkg"))).contains("-i");
    assertThat(directory.resolve("script")).doesNotExist();
    assertThat(directory.resolve("evil")).doesNotExist();
  }

  @Test
  void endsWellWhenNothingCanBeInstalled() throws Exception {
    String script = script("https://example.com/a");
    stub("curl", "exit 7");
    stub("wget", "exit 4");
    stub("sleep", "echo x >> \"$OUT/sleep\"");
    assertThat(run(script)).isZero();
    assertThat(Files.readAllLines(directory.resolve("sleep"))).hasSize(29);
    assertThat(directory.resolve("script")).doesNotExist();
  }

  @Test
  void startsALoginOnTheSerialConsoleOnce() throws IOException {
    ConfigGuest guest = ConfigGuest.parse(OLD);
    guest.files().file("/etc/inittab", "1:2345:respawn:/sbin/mingetty tty1");
    guest.apply(new SerialLogin());
    assertThat(guest.files().textOf("/etc/inittab"))
        .isEqualTo(
            """
            1:2345:respawn:/sbin/mingetty tty1
            S0:2345:respawn:/sbin/agetty -L 115200 ttyS0 vt102
            """);
    assertThat(guest.apply(new SerialLogin())).isEmpty();
    ConfigGuest upstart =
        ConfigGuest.parse(OLD + "=== /etc/inittab\nid:3:initdefault:\n=== /etc/init/serial.conf\n");
    assertThat(upstart.apply(new SerialLogin())).isEmpty();
  }

  private String script(String url) throws IOException {
    ConfigGuest guest = ConfigGuest.parse(DEBIAN);
    URI uri = URI.create(url.replace(" ", "%20"));
    guest.apply(
        agent(),
        new ModificationOptions(false, false, Optional.empty(), Optional.of(uri)),
        Optional.empty());
    // Into the directory of the test, and with its programs first.
    return guest
        .files()
        .textOf(SCRIPT)
        .replace("/var/lib/vmferry/vmferry-ssm-agent", directory.resolve("script").toString())
        .replace("/var/lib/vmferry", directory.toString())
        .replace("/etc/systemd/system", directory.toString())
        .replace("PATH=", "PATH=" + directory.resolve("bin") + ":");
  }

  private void stub(String name, String body) throws IOException {
    Path bin = Files.createDirectories(directory.resolve("bin"));
    for (String each : List.of(name, "systemctl", "start")) {
      Path file = bin.resolve(each);
      if (each.equals(name) || !Files.exists(file)) {
        Files.writeString(file, "#!/bin/sh\n" + (each.equals(name) ? body : "exit 0") + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
      }
    }
  }

  private int run(String script) throws IOException, InterruptedException {
    Path file = directory.resolve("script");
    Files.writeString(file, script.replace("> /dev/console", "> /dev/null"));
    ProcessBuilder builder = new ProcessBuilder("sh", file.toString());
    builder.directory(directory.toFile()).redirectErrorStream(true);
    builder.redirectOutput(directory.resolve("output").toFile());
    builder.environment().put("OUT", directory.toString());
    Process process = builder.start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  private static List<Modification> agent() {
    return List.of(new SsmAgent());
  }

  private ModificationOptions withPackage(String content) throws IOException {
    Path file = directory.resolve("agent.package");
    Files.write(file, content.getBytes(StandardCharsets.ISO_8859_1));
    return new ModificationOptions(false, false, Optional.of(file), Optional.empty());
  }

  private static ModificationOptions withUrl(String url) {
    return new ModificationOptions(false, false, Optional.empty(), Optional.of(URI.create(url)));
  }

  private static GuestCommands recorder(List<List<String>> commands) {
    return (arguments, limit) -> {
      commands.add(arguments);
      return "";
    };
  }

  private static GuestCommands failure() {
    return (arguments, limit) -> {
      throw new VmferryException(ErrorCode.GUEST_COMMAND_FAILED, arguments.getFirst() + " failed");
    };
  }

  private static ConfigGuest selinux() {
    return ConfigGuest.parse(
        """
        # facts: RED_HAT rhel 9 systemd selinux rpm
        === /usr/lib/systemd/system/vmtoolsd.service
        === /usr/sbin/setfiles 0755
        === /etc/selinux/config
        SELINUXTYPE=targeted
        === /etc/selinux/targeted/contexts/files/file_contexts
        /.* system_u:object_r:default_t:s0
        """);
  }

  private static List<Change> relabel(ConfigGuest guest, Optional<GuestCommands> commands)
      throws IOException {
    return guest.apply(
        List.of(new HypervisorTools(), new SelinuxRelabel()),
        ModificationOptions.defaults(),
        commands);
  }
}
