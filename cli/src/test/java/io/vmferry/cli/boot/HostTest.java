package io.vmferry.cli.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is looked for on the computer, and what is left on it. */
final class HostTest {
  @TempDir private Path root = Path.of("");

  @Test
  void findsProgramsOnThePathAlone() throws IOException {
    Path bin = Files.createDirectories(root.resolve("bin"));
    Files.writeString(bin.resolve("no-program"), "");
    Path program = program(bin.resolve("program"), "exit 0");
    HostPrograms programs = new HostPrograms(":" + root.resolve("none") + ":" + bin, root);

    assertThat(programs.find("program")).contains(program);
    assertThat(programs.find("no-program")).isEmpty();
    assertThat(programs.find("bin")).isEmpty();
    assertThatThrownBy(() -> programs.require("qemu-system-x86_64", "qemu-system-x86"))
        .isInstanceOfSatisfying(
            VmferryException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.BOOT_PROGRAM_MISSING))
        .hasMessageContaining("apt-get install qemu-system-x86");
  }

  @Test
  void findsTheFirmwareOfUefiMachines() throws IOException {
    HostPrograms programs = new HostPrograms("", root);
    assertThatThrownBy(programs::requireUefi)
        .isInstanceOf(VmferryException.class)
        .hasMessageContaining("apt-get install ovmf");

    Path folder = Files.createDirectories(root.resolve("usr/share/OVMF"));
    Files.writeString(folder.resolve("OVMF_CODE_4M.fd"), "code without variables");
    Files.writeString(folder.resolve("OVMF_CODE.fd"), "code");
    Files.writeString(folder.resolve("OVMF_VARS.fd"), "variables");

    assertThat(programs.requireUefi())
        .isEqualTo(
            new HostPrograms.UefiImage(
                folder.resolve("OVMF_CODE.fd"), folder.resolve("OVMF_VARS.fd")));
  }

  @Test
  void kvmIsUsedOnlyIfAMachineRunsToItsEndUnderIt() throws Exception {
    Path works = program(root.resolve("works"), "exit 33");
    assertThat(new KvmProbe(works, root).works(root)).as("without a device").isFalse();

    Files.createDirectories(root.resolve("dev"));
    Files.writeString(root.resolve("dev/kvm"), "");
    assertThat(new KvmProbe(works, root).works(root)).isTrue();

    Path fails = program(root.resolve("fails"), underKvm("echo no KVM >&2; exit 134"));
    assertThat(new KvmProbe(fails, root).works(root)).isFalse();
    Path broken = program(root.resolve("broken"), "exit 1");
    assertThat(new KvmProbe(broken, root).works(root)).as("without emulation").isFalse();

    Path hangs =
        program(
            root.resolve("hangs"), underKvm("echo $$ >'%s/pid'; exec sleep 600".formatted(root)));
    Instant before = Instant.now();
    assertThat(new KvmProbe(hangs, root).works(root)).isFalse();
    assertThat(Duration.between(before, Instant.now())).isLessThan(Duration.ofMinutes(2));
    assertEnds(Long.parseLong(Files.readString(root.resolve("pid")).strip()));
    assertThat(root.resolve("probe.raw")).doesNotExist();
  }

  @Test
  void aBootsDirectoryGoesWithIt() throws IOException {
    Path path;
    try (BootDirectory directory = BootDirectory.make(root)) {
      path = directory.path();
      Files.createDirectory(path.resolve("folder"));
      Files.writeString(path.resolve("folder/disk0.raw"), "content");
    }

    assertThat(path).doesNotExist();
  }

  @Test
  void theDirectoryOfABootThatWasKilledGoesWithTheNext() throws IOException {
    Path abandoned = Files.createDirectory(root.resolve("vmferry-boot-1"));
    Files.writeString(abandoned.resolve("lock"), "");
    Files.writeString(abandoned.resolve("disk0.raw"), "content");
    Path begun = Files.createDirectory(root.resolve("vmferry-boot-2"));
    Path held = Files.createDirectory(root.resolve("vmferry-boot-3"));
    Path other = Files.createDirectory(root.resolve("vmferry-bo"));

    try (FileChannel channel =
            FileChannel.open(
                held.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        var lock = channel.lock();
        BootDirectory directory = BootDirectory.make(root);
        BootDirectory second = BootDirectory.make(root)) {
      assertThat(lock.isValid()).isTrue();
      assertThat(abandoned).doesNotExist();
      assertThat(begun).exists();
      assertThat(held).exists();
      assertThat(other).exists();
      assertThat(directory.path()).exists();
      assertThat(second.path()).exists();
    }
  }

  @Test
  void saysThatTheresNoPlaceForTheDisks() {
    assertThatThrownBy(() -> BootDirectory.make(root.resolve("none")))
        .isInstanceOfSatisfying(
            VmferryException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OUTPUT_UNUSABLE))
        .hasMessageContaining("$TMPDIR");
  }

  /** A script that ends as the probe does by emulation, and in another way under KVM. */
  private static String underKvm(String script) {
    return "case \"$*\" in *'-accel kvm'*) %s ;; esac; exit 33".formatted(script);
  }

  private static void assertEnds(long pid) throws InterruptedException {
    Instant limit = Instant.now().plusSeconds(30);
    while (ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent()) {
      assertThat(Instant.now()).as("process %d still runs", pid).isBefore(limit);
      Thread.sleep(50);
    }
  }

  private static Path program(Path file, String script) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + script + "\n");
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
  }
}
