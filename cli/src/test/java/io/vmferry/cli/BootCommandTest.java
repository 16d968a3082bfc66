package io.vmferry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.cli.backend.Inventory;
import io.vmferry.functions.port.SnapshotStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command on a fake back end and a fake qemu: a script that notes what it is given. */
final class BootCommandTest {
  private final CliRun cli = new CliRun();
  @TempDir private Path folder = Path.of("");
  private Path disks = Path.of("");

  @BeforeEach
  void makeImage() throws Exception {
    String snapshot = snapshot("hello from the disk\n");
    cli.backend.images.add(
        image("ami-1", "x86_64", List.of(new Inventory.Device("/dev/sda1", snapshot, 1))));
    disks = Files.createDirectory(folder.resolve("disks"));
    cli.variables.put("PATH", folder + ":" + System.getenv("PATH"));
    cli.variables.put("TMPDIR", disks.toString());
  }

  @Test
  void showsTheConsoleUpToTheExpectedTextAndEndsTheMachine() throws Exception {
    qemu("printf 'web \\033[1mlogin\\033[0m: '; exec sleep 600");

    assertThat(cli.run("boot", "ami-1", "--expect", "from the disk", "--expect", "web login:"))
        .as(cli.err())
        .isZero();

    assertThat(cli.out()).contains("hello from the disk", "web ");
    assertThat(cli.err()).contains("booting ami-1", "ami-1 showed 'from the disk', 'web login:'");
    assertThat(Files.readAllLines(folder.resolve("arguments")))
        .anyMatch(line -> line.startsWith("nvme,drive=disk0,serial=vol"))
        .anyMatch(line -> line.startsWith("e1000e,"))
        .contains("1024M");
    assertNothingIsLeft();
  }

  @Test
  void saysWhatTheConsoleShowedLastIfTheTextDoesNotCome() throws Exception {
    qemu("echo 'ALERT!  /dev/sda1 does not exist.'; printf '(initramfs) '; exec sleep 600");

    assertThat(cli.run("boot", "ami-1", "--expect", "login:", "--timeout", "2s")).isEqualTo(3);

    assertThat(cli.err())
        .contains("vmferry: BOOT_TEXT_NOT_SHOWN: ")
        .contains("did not show 'login:' within 2s")
        .contains("/dev/sda1 does not exist. | (initramfs)");
    assertNothingIsLeft();
  }

  @Test
  void aMachineThatSwitchesItselfOffHasNotShownTheText() throws Exception {
    qemu("echo 'reboot: Power down'");

    assertThat(cli.run("boot", "ami-1", "--expect", "login:")).isEqualTo(3);

    assertThat(cli.err())
        .contains("did not show 'login:' before the machine was switched off")
        .contains("hello from the disk | reboot: Power down");
    assertNothingIsLeft();
  }

  @Test
  void aQemuThatFailsIsNotTheImagesFault() throws Exception {
    qemu("echo 'cannot allocate memory' >&2; exit 1");

    assertThat(cli.run("boot", "ami-1", "--expect", "login:")).isEqualTo(4);

    assertThat(cli.err())
        .contains("vmferry: BOOT_MACHINE_FAILED: qemu ended with status 1: cannot allocate memory");
    assertNothingIsLeft();
  }

  @Test
  void withoutQemuNothingIsCopied() throws IOException {
    cli.variables.put("PATH", folder.toString());

    assertThat(cli.run("boot", "ami-1", "--expect", "login:")).isEqualTo(3);

    assertThat(cli.err())
        .contains("vmferry: BOOT_PROGRAM_MISSING: ")
        .contains("apt-get install qemu-system-x86");
    assertThat(disks).isEmptyDirectory();
  }

  @Test
  void passesOptionsOn() throws Exception {
    qemu("exec sleep 600");
    Path log = folder.resolve("console.log");

    assertThat(
            cli.run(
                "boot",
                "ami-1",
                "--expect",
                "hello",
                "--memory",
                "512",
                "--cpus",
                "1",
                "--network-card",
                "virtio",
                "--console-log",
                log.toString()))
        .as(cli.err())
        .isZero();

    assertThat(Files.readAllLines(folder.resolve("arguments")))
        .contains("512M", "virtio-net-pci,netdev=network,romfile=")
        .contains("stdio,id=console,signal=off,logfile=" + log);
  }

  @Test
  void saysThatTheConsoleCannotBeLogged() {
    String log = folder.resolve("none/console.log").toString();

    assertThat(cli.run("boot", "ami-1", "--console-log", log)).isEqualTo(3);

    assertThat(cli.err()).contains("vmferry: OUTPUT_UNUSABLE: " + log);
  }

  @Test
  void refusesImagesThatAreNotThereOrOfAnotherArchitecture() {
    cli.backend.images.add(image("ami-2", "arm64", List.of()));

    assertThat(cli.run("boot", "ami-0", "--expect", "x")).isEqualTo(3);
    assertThat(cli.err()).contains("vmferry: AMI_NOT_FOUND: there is no image 'ami-0'");
    assertThat(cli.run("boot", "ami-2", "--expect", "x")).isEqualTo(3);
    assertThat(cli.err()).contains("vmferry: AMI_ARCHITECTURE_UNSUPPORTED: ");
  }

  private void assertNothingIsLeft() throws Exception {
    assertThat(disks).isEmptyDirectory();
    long pid = Long.parseLong(Files.readString(folder.resolve("pid")).strip());
    Instant limit = Instant.now().plusSeconds(30);
    while (ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent()) {
      assertThat(Instant.now()).as("process %d still runs", pid).isBefore(limit);
      Thread.sleep(50);
    }
  }

  private void qemu(String script) throws IOException {
    Path file = folder.resolve("qemu-system-x86_64");
    Files.writeString(
        file,
        """
        #!/bin/sh
        for argument; do
          case $argument in
            # The question whether KVM works.
            isa-debug-exit*) exit 1 ;;
            if=none,id=disk0,*) disk=${argument##*,file=} ;;
          esac
        done
        printf '%%s\\n' "$@" >'%1$s/arguments'
        echo $$ >'%1$s/pid'
        head -n 1 "$disk"
        %2$s
        """
            .formatted(folder, script));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
  }

  private static Inventory.Image image(
      String id, String architecture, List<Inventory.Device> devices) {
    return new Inventory.Image(
        id,
        "web",
        "available",
        "2026-01-02T03:04:06Z",
        architecture,
        Optional.of("legacy-bios"),
        devices);
  }

  private String snapshot(String text) throws GeneralSecurityException {
    byte[] block = Arrays.copyOf(text.getBytes(StandardCharsets.UTF_8), SnapshotStore.BLOCK_SIZE);
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(block);
    String snapshot =
        cli.backend.snapshotStore.start(
            new SnapshotStore.Request(
                1, "", "token", Optional.empty(), Optional.empty(), Map.of()));
    cli.backend.snapshotStore.putBlock(snapshot, 0, ByteBuffer.wrap(block), digest);
    cli.backend.snapshotStore.complete(
        snapshot, 1, MessageDigest.getInstance("SHA-256").digest(digest));
    return snapshot;
  }
}
