package io.vmferry.guest.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.Tools;
import io.vmferry.disk.io.FileByteSource;
import io.vmferry.disk.overlay.OverlayImage;
import io.vmferry.disk.raw.RawFormat;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.FileStatus;
import io.vmferry.guest.appliance.GuestAppliance.Access;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Appliances that fail, hang or are left alone: each is told apart, and nothing stays behind. */
@Timeout(600)
class ApplianceFailureIT {
  private static final Duration START = Duration.ofMinutes(5);

  @TempDir Path directory;

  @BeforeAll
  static void needsQemu() {
    Tools.require("guestfish");
  }

  private ApplianceOptions options(Duration call) {
    ApplianceOptions defaults = ApplianceOptions.defaults();
    return new ApplianceOptions(
        directory,
        defaults.cacheDirectory(),
        defaults.fixedAppliance(),
        defaults.memoryMib(),
        defaults.kvm(),
        START,
        call,
        defaults.maxOverlayBytes());
  }

  private void assertNothingIsLeft() throws IOException {
    assertThat(qemus(ProcessHandle.current())).isEmpty();
    try (var left = Files.list(directory)) {
      assertThat(left).isEmpty();
    }
  }

  private static List<ProcessHandle> qemus(ProcessHandle parent) {
    return parent
        .descendants()
        .filter(child -> child.info().command().orElse("").contains("qemu-system"))
        .toList();
  }

  @Test
  void tellsWhyADiskFailsAndEndsAnApplianceThatHangs() throws IOException {
    FailingImage image = new FailingImage(64 << 20);
    GuestAppliance appliance = GuestAppliance.open(List.of(image), options(Duration.ofSeconds(20)));
    try (appliance) {
      assertThat(appliance.mount("/dev/sda", Optional.empty(), "/", Access.READ))
          .as("zeros are no file system")
          .isPresent();
      image.fails = true;
      assertThatThrownBy(() -> appliance.mount("/dev/sda", Optional.empty(), "/", Access.READ))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("the object cannot be read at");
      for (ProcessHandle qemu : qemus(ProcessHandle.current())) {
        Tools.run("kill", "-STOP", Long.toString(qemu.pid()));
      }
      assertThatThrownBy(() -> appliance.files().status("/etc"))
          .isInstanceOfSatisfying(
              VmferryException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.GUEST_APPLIANCE_TIMEOUT));
      assertThat(qemus(ProcessHandle.current())).isEmpty();
    }
    assertNothingIsLeft();
  }

  @Test
  void tellsThatTheApplianceHasGone() throws IOException {
    GuestAppliance appliance =
        GuestAppliance.open(List.of(new FailingImage(1 << 20)), options(START));
    try (appliance) {
      qemus(ProcessHandle.current()).forEach(ProcessHandle::destroyForcibly);
      for (int attempt = 0; attempt < 2; attempt++) {
        assertThatThrownBy(() -> appliance.files().status("/etc"))
            .isInstanceOfSatisfying(
                VmferryException.class,
                e -> assertThat(e.code()).isEqualTo(ErrorCode.GUEST_APPLIANCE_FAILED));
      }
    }
    assertNothingIsLeft();
  }

  @Test
  void tellsThatAGuestWritesMoreThanItMay() throws IOException {
    Path file = directory.resolve("disk.raw");
    Tools.run("qemu-img", "create", "-q", "-f", "raw", file.toString(), "64M");
    Tools.run("mkfs.ext4", "-q", "-E", "lazy_itable_init=0", file.toString());
    try (DiskImage disk =
            new RawFormat().open(FileByteSource.open(file), ReferenceResolver.REFUSE);
        OverlayImage overlay = OverlayImage.over(disk, directory, 4 << 20);
        GuestAppliance appliance = GuestAppliance.open(List.of(overlay), options(START))) {
      assertThat(appliance.mount("/dev/sda", Optional.empty(), "/", Access.WRITE)).isEmpty();
      assertThatThrownBy(
              () -> {
                byte[] content = new byte[16 << 20];
                Arrays.fill(content, (byte) 1);
                appliance
                    .files()
                    .replace("/large", ByteBuffer.wrap(content), FileStatus.ofNewFile(0644));
                appliance.finish();
              })
          .isInstanceOfSatisfying(
              VmferryException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OVERLAY_FULL));
    }
    Files.delete(file);
    assertNothingIsLeft();
  }

  @Test
  void endsAStartThatTakesTooLong() throws IOException {
    ApplianceOptions hasty = options(START).withLimits(Duration.ofSeconds(2), START);
    assertThatThrownBy(() -> GuestAppliance.open(List.of(new FailingImage(1 << 20)), hasty))
        .isInstanceOfSatisfying(
            VmferryException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.GUEST_APPLIANCE_TIMEOUT));
    assertNothingIsLeft();
  }

  @Test
  void tellsThatThereIsNoAppliance() throws IOException {
    ApplianceOptions defaults = options(START);
    Path empty = Files.createDirectory(directory.resolve("empty"));
    ApplianceOptions without =
        new ApplianceOptions(
            directory,
            Optional.empty(),
            Optional.of(empty),
            defaults.memoryMib(),
            defaults.kvm(),
            START,
            START,
            1 << 20);
    assertThatThrownBy(() -> GuestAppliance.open(List.of(new FailingImage(1 << 20)), without))
        .isInstanceOfSatisfying(
            VmferryException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.GUEST_APPLIANCE_UNAVAILABLE))
        .hasMessageContaining("cannot find any suitable libguestfs supermin");
    Files.delete(empty);
    assertNothingIsLeft();
  }

  @Test
  void leavesNoQemuWhenTheJvmIsKilled() throws Exception {
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.io.tmpdir=" + directory,
                "-cp",
                System.getProperty("java.class.path"),
                ApplianceProcess.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader output = jvm.inputReader()) {
      assertThat(output.readLine()).isEqualTo("open 1");
      List<ProcessHandle> qemus = qemus(jvm.toHandle());
      assertThat(qemus).hasSize(1);
      ProcessHandle qemu = Objects.requireNonNull(qemus.getFirst());
      jvm.destroyForcibly().waitFor();
      qemu.onExit().get(60, TimeUnit.SECONDS);
      assertThat(qemu.isAlive()).isFalse();
    } finally {
      jvm.destroyForcibly();
    }
  }
}
