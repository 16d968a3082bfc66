package io.vmferry.functions.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.port.ImageStore;
import io.vmferry.functions.port.SnapshotStore;
import io.vmferry.functions.task.Disk;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.ImportOptions;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import io.vmferry.guest.Architecture;
import io.vmferry.guest.BootLoader;
import io.vmferry.guest.Change;
import io.vmferry.guest.Distribution;
import io.vmferry.guest.Finding;
import io.vmferry.guest.Firmware;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.NetworkSystem;
import io.vmferry.guest.conversion.ConversionReport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuestPipelineTest {
  private static final int BLOCK = SnapshotStore.BLOCK_SIZE;
  private static final Change FSTAB =
      new Change(
          "fstab",
          Change.Action.CHANGED,
          Optional.of("/etc/fstab"),
          Optional.of("/etc/.fstab.vmferry.orig"),
          "/dev/sda1 is UUID=1-2");

  private final Pipeline described = new Pipeline(1);

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aSnapshotHoldsTheSourceWithTheChangesOverIt(int times) throws IOException {
    Pipeline pipeline = new Pipeline(times);
    // Data, zeros, and data; the last block is not whole.
    byte[] disk = disk(1, 9 * BLOCK + 4096);
    Arrays.fill(disk, 3 * BLOCK, 6 * BLOCK, (byte) 0);
    byte[] expected = disk.clone();
    pipeline.objects.put("b", "disk.raw", disk);
    pipeline.guests.reports(new ConversionReport(Optional.empty(), List.of(), List.of(FSTAB)));
    pipeline.guests.edits(
        disks -> {
          // In the middle of data, where there was nothing, over the end, and zeros over data.
          disks.getFirst().write(BLOCK + 17, text("changed"));
          disks.getFirst().write(4L * BLOCK + 1, text("new"));
          disks.getFirst().write(9L * BLOCK + 4000, text("end"));
          disks.getFirst().writeZeroes(7L * BLOCK, BLOCK);
        });
    put(expected, BLOCK + 17, "changed");
    put(expected, 4 * BLOCK + 1, "new");
    put(expected, 9 * BLOCK + 4000, "end");
    Arrays.fill(expected, 7 * BLOCK, 8 * BLOCK, (byte) 0);

    String id = pipeline.start(modified("s3://b/disk.raw"));
    pipeline.validateAndPlan(id);
    pipeline.convertWithGuest(id);
    Task task = pipeline.finish(id);

    assertThat(task.status()).isEqualTo(TaskStatus.COMPLETED);
    Disk first = task.disk(0);
    assertThat(content(pipeline, first, expected.length)).isEqualTo(expected);
    // The block that became zeros stays one that was written: it counts, and counts once.
    assertThat(pipeline.snapshots.blocks(first.snapshotId().orElseThrow()))
        .containsOnlyKeys(0, 1, 2, 4, 6, 7, 8, 9);
    assertThat(task.guest().orElseThrow().changes()).containsExactly(FSTAB);
    assertThat(pipeline.objects.keys(Pipeline.WORK)).isEmpty();
    assertThat(pipeline.effects.list(id)).isEmpty();
    assertThat(pipeline.guests.openDisks()).isZero();
  }

  @Test
  void changesOfSeveralDisksGoToTheirOwnSnapshots() throws IOException {
    Pipeline pipeline = new Pipeline(1);
    pipeline.objects.put("b", "1.raw", disk(1, 2 * BLOCK));
    pipeline.objects.put("b", "2.raw", disk(2, 2 * BLOCK));
    pipeline.objects.put("b", "3.raw", disk(3, 2 * BLOCK));
    pipeline.guests.edits(
        disks -> {
          disks.get(0).write(0, text("one"));
          disks.get(2).write(BLOCK, text("three"));
        });

    String id = pipeline.start(modified("s3://b/1.raw", "s3://b/2.raw", "s3://b/3.raw"));
    pipeline.validateAndPlan(id);
    pipeline.convertWithGuest(id);
    Task task = pipeline.finish(id);

    byte[] first = disk(1, 2 * BLOCK);
    put(first, 0, "one");
    byte[] third = disk(3, 2 * BLOCK);
    put(third, BLOCK, "three");
    assertThat(content(pipeline, task.disk(0), 2 * BLOCK)).isEqualTo(first);
    assertThat(content(pipeline, task.disk(1), 2 * BLOCK)).isEqualTo(disk(2, 2 * BLOCK));
    assertThat(content(pipeline, task.disk(2), 2 * BLOCK)).isEqualTo(third);
  }

  @Test
  void changesThatWereWrittenInPartAreWrittenAgain() throws IOException {
    Pipeline pipeline = new Pipeline(1);
    byte[] disk = disk(1, 6 * BLOCK);
    pipeline.objects.put("b", "disk.raw", disk);
    pipeline.guests.edits(
        disks -> {
          for (int block = 0; block < 6; block++) {
            disks.getFirst().write((long) block * BLOCK, text("block"));
          }
        });
    String id = pipeline.start(modified("s3://b/disk.raw"));
    pipeline.validateAndPlan(id);
    pipeline.convert(id);
    pipeline.modifyOs(id);
    pipeline
        .snapshots
        .faults()
        .failNext("putBlock", new VmferryException(ErrorCode.SERVICE_THROTTLED, "too fast"));
    assertThatThrownBy(() -> pipeline.applyChanges(id)).isInstanceOf(CapacityException.class);

    pipeline.applyChanges(id);

    assertThat(pipeline.finish(id).status()).isEqualTo(TaskStatus.COMPLETED);
    byte[] expected = disk.clone();
    IntStream.range(0, 6).forEach(block -> put(expected, block * BLOCK, "block"));
    Disk written = pipeline.tasks.find(id).orElseThrow().disk(0);
    assertThat(content(pipeline, written, disk.length)).isEqualTo(expected);
  }

  @Test
  void aDryRunListsTheChangesAndMakesNothing() throws IOException {
    Pipeline pipeline = new Pipeline(1);
    pipeline.objects.put("b", "disk.raw", disk(1, 2 * BLOCK));
    pipeline.guests.reports(new ConversionReport(Optional.empty(), List.of(), List.of(FSTAB)));
    pipeline.guests.edits(disks -> disks.getFirst().write(0, text("changed")));
    String id =
        pipeline.start(
            Pipeline.withGuest(
                modified("s3://b/disk.raw"),
                new GuestOptions(true, true, false, false, Optional.empty(), Optional.empty())));

    pipeline.validateAndPlan(id);
    assertThat(pipeline.snapshots.ids()).isEmpty();
    pipeline.convertWithGuest(id);
    pipeline.register(id);

    Task task = pipeline.tasks.find(id).orElseThrow();
    assertThat(task.status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(task.statusMessage()).isEqualTo("completed: nothing was made, as asked");
    assertThat(task.guest().orElseThrow().changes()).containsExactly(FSTAB);
    assertThat(task.imageId()).isEmpty();
    assertThat(pipeline.leftOver()).isEmpty();
  }

  @Test
  void aRefusedGuestFailsTheTaskWithTheGuidesTextAndLeavesNothing() throws IOException {
    Pipeline pipeline = new Pipeline(1);
    pipeline.objects.put("b", "disk.raw", disk(1, 2 * BLOCK));
    pipeline
        .guests
        .faults()
        .failNext(
            "modify",
            new VmferryException(ErrorCode.GUEST_FILE_UNREADABLE, "/etc/fstab is a FIFO"));
    String id = pipeline.start(modified("s3://b/disk.raw"));
    pipeline.validateAndPlan(id);
    pipeline.convert(id);

    StepException[] failure = new StepException[1];
    assertThatThrownBy(() -> pipeline.modifyOs(id))
        .isInstanceOfSatisfying(UserException.class, e -> failure[0] = e);
    Task task = pipeline.fail(id, Objects.requireNonNull(failure[0]));

    assertThat(task.status()).isEqualTo(TaskStatus.DELETED);
    assertThat(task.error().orElseThrow().code()).isEqualTo(ErrorCode.GUEST_FILE_UNREADABLE);
    assertThat(task.statusMessage()).contains("/etc/fstab is a FIFO");
    assertThat(pipeline.leftOver()).isEmpty();
    assertThat(pipeline.guests.openDisks()).isZero();
  }

  @Test
  void saysAtOnceWhereGuestsCannotBeOpened() throws IOException {
    Pipeline pipeline = new Pipeline(1);
    pipeline.objects.put("b", "disk.raw", disk(1, BLOCK));
    pipeline
        .guests
        .faults()
        .failNext(
            "checkAvailable",
            new VmferryException(ErrorCode.GUEST_APPLIANCE_UNAVAILABLE, "libguestfs0 is missing"));
    String id = pipeline.start(modified("s3://b/disk.raw"));
    pipeline.validateAndPlan(id);

    assertThatThrownBy(() -> pipeline.modifyOs(id))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("libguestfs0 is missing")
        .hasMessageContaining("--no-modify-os");
    assertThat(pipeline.guests.options()).isEmpty();
  }

  @Test
  void aTaskThatIsRemovedMeanwhileLeavesNothing() throws IOException {
    Pipeline pipeline = new Pipeline(1);
    pipeline.objects.put("b", "disk.raw", disk(1, 2 * BLOCK));
    String id = pipeline.start(modified("s3://b/disk.raw"));
    pipeline.validateAndPlan(id);
    pipeline.convert(id);
    pipeline.guests.edits(
        disks -> {
          disks.getFirst().write(0, text("changed"));
          pipeline.fail(id, "TaskCancelled", "");
        });

    assertThatThrownBy(() -> pipeline.modifyOs(id))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("TASK_STATE_CONFLICT");

    assertThat(pipeline.leftOver()).isEmpty();
    assertThat(pipeline.guests.openDisks()).isZero();
  }

  @Test
  void aTaskThatIsRemovedWhileTheResultIsStoredLeavesNothing() throws IOException {
    Pipeline pipeline = new Pipeline(1);
    pipeline.objects.put("b", "disk.raw", disk(1, 2 * BLOCK));
    String id = pipeline.start(modified("s3://b/disk.raw"));
    pipeline.validateAndPlan(id);
    pipeline.convert(id);
    // Nothing changed, so that the result is the only thing stored, after the last look.
    pipeline.guests.edits(disks -> pipeline.fail(id, "TaskCancelled", ""));

    assertThatThrownBy(() -> pipeline.modifyOs(id)).isInstanceOf(UserException.class);

    assertThat(pipeline.leftOver()).isEmpty();
  }

  @Test
  void theAgentsPackageIsBroughtToTheModifications() throws IOException {
    Pipeline pipeline = new Pipeline(1);
    pipeline.objects.put("b", "disk.raw", disk(1, BLOCK));
    pipeline.objects.put("b", "agents/agent.deb", "a package".getBytes(StandardCharsets.UTF_8));
    List<String> seen = new ArrayList<>();
    pipeline.guests.edits(
        disks -> {
          Path agent = pipeline.guests.options().getFirst().agentPackage().orElseThrow();
          seen.add(Objects.requireNonNull(agent.getFileName()) + ": " + Files.readString(agent));
        });
    String id =
        pipeline.start(
            Pipeline.withGuest(
                modified("s3://b/disk.raw"),
                new GuestOptions(
                    true,
                    false,
                    true,
                    true,
                    Optional.of("s3://b/agents/agent.deb"),
                    Optional.of("https://example.org/agent.deb"))));
    pipeline.validateAndPlan(id);
    pipeline.modifyOs(id);

    assertThat(seen).containsExactly("agent.deb: a package");
    var options = pipeline.guests.options().getFirst();
    assertThat(options.rebuildInitramfs()).isTrue();
    assertThat(options.resetIdentity()).isTrue();
    assertThat(options.agentUrl().orElseThrow()).hasToString("https://example.org/agent.deb");
    assertThat(options.agentPackage().orElseThrow()).doesNotExist();
  }

  @Test
  void theImagesAttributesFollowFromTheGuest() throws IOException {
    ImageStore.Request image = imported(Firmware.UEFI, Optional.empty(), Optional.empty());

    assertThat(image.architecture()).isEqualTo("arm64");
    assertThat(image.bootMode()).contains("uefi");
    assertThat(image.enaSupport()).isFalse();
    assertThat(image.mappings().getFirst().deviceName()).isEqualTo("/dev/sda1");
    assertThat(findings()).isEmpty();
  }

  @Test
  void aRequestThatContradictsTheGuestHasItsWayAndIsTold() throws IOException {
    ImageStore.Request image =
        imported(Firmware.UEFI, Optional.of("x86_64"), Optional.of("legacy-bios"));

    assertThat(image.architecture()).isEqualTo("x86_64");
    assertThat(image.bootMode()).contains("legacy-bios");
    assertThat(findings())
        .extracting(Finding::severity, Finding::code, Finding::detail)
        .containsExactly(
            tuple(
                Finding.Severity.WARNING,
                ErrorCode.GUEST_ATTRIBUTE_CONTRADICTED,
                "the architecture asked for is x86_64, and the guest's is arm64"),
            tuple(
                Finding.Severity.WARNING,
                ErrorCode.GUEST_ATTRIBUTE_CONTRADICTED,
                "the boot mode asked for is legacy-bios, and the guest's is uefi"));
  }

  @Test
  void aGuestThatBootsEitherWayTakesWhatIsAskedFor() throws IOException {
    ImageStore.Request image =
        imported(Firmware.BIOS_AND_UEFI, Optional.empty(), Optional.of("uefi"));

    assertThat(image.bootMode()).contains("uefi");
    assertThat(findings()).isEmpty();
  }

  @Test
  void aPlatformThatContradictsTheGuestIsTold() throws IOException {
    ImportOptions windows =
        new ImportOptions(
            Optional.of("Windows"),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Map.of());

    imported(Firmware.UEFI, Optional.empty(), Optional.empty(), windows);

    assertThat(findings())
        .extracting(Finding::detail)
        .containsExactly("the platform asked for is Windows, and the guest's is Linux");
  }

  @Test
  void aUsageOperationOfAnotherSystemFailsTheTask() {
    ImportOptions windows =
        new ImportOptions(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of("RunInstances:0800"),
            Optional.empty(),
            Map.of());

    assertThatThrownBy(() -> imported(Firmware.UEFI, Optional.empty(), Optional.empty(), windows))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(ErrorCode.LICENSE_INCOMPATIBLE.name())
        .hasMessageContaining("RunInstances:0800");
    assertThat(described.guests.openDisks()).isZero();
  }

  private List<Finding> findings() {
    return described.tasks.list(TaskKind.IMPORT_IMAGE, 1, null).tasks().getFirst().guest().stream()
        .flatMap(report -> report.findings().stream())
        .toList();
  }

  /** Imports an Arm guest without ENA. */
  private ImageStore.Request imported(
      Firmware firmware, Optional<String> architecture, Optional<String> bootMode)
      throws IOException {
    return imported(firmware, architecture, bootMode, ImportOptions.NONE);
  }

  private ImageStore.Request imported(
      Firmware firmware,
      Optional<String> architecture,
      Optional<String> bootMode,
      ImportOptions options)
      throws IOException {
    described.objects.put("b", "disk.raw", disk(1, BLOCK));
    LinuxFacts linux =
        new LinuxFacts(
            new Distribution(
                Distribution.Family.DEBIAN,
                "debian",
                OptionalInt.of(12),
                OptionalInt.empty(),
                "Debian GNU/Linux 12"),
            Architecture.ARM64,
            "/dev/sda1",
            Optional.empty(),
            List.of(),
            new BootLoader(BootLoader.Kind.GRUB2, Optional.empty(), Optional.empty()),
            Set.of(NetworkSystem.NETWORKD),
            Optional.of("deb"),
            true,
            false,
            List.of());
    described.guests.reports(
        new ConversionReport(
            Optional.of(new GuestFacts(List.of(), List.of(), firmware, linux)),
            List.of(),
            List.of()));
    ImportRequest asked = modified("s3://b/disk.raw");
    String id =
        described.start(
            new ImportRequest(
                asked.kind(),
                asked.containers(),
                asked.name(),
                asked.description(),
                architecture,
                bootMode,
                asked.encrypted(),
                asked.kmsKeyId(),
                asked.clientToken(),
                asked.tags(),
                asked.guest(),
                options,
                Optional.empty()));
    described.validateAndPlan(id);
    described.convertWithGuest(id);
    Task task = described.finish(id);
    return Objects.requireNonNull(described.images.images().get(task.imageId().orElseThrow()));
  }

  @Test
  void aSnapshotImportLeavesTheGuestAlone() throws IOException {
    Pipeline pipeline = new Pipeline(1);
    pipeline.objects.put("b", "disk.raw", disk(1, BLOCK));
    ImportRequest request =
        Pipeline.withGuest(
            Pipeline.request(TaskKind.IMPORT_SNAPSHOT, "raw", "s3://b/disk.raw"),
            GuestOptions.MODIFIED);

    Task task = pipeline.run(pipeline.start(request));

    assertThat(task.status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(task.guest()).isEmpty();
    assertThat(pipeline.guests.options()).isEmpty();
  }

  @Test
  void aHugeReportIsCutToWhatATaskHasRoomForAndSaysSo() throws IOException {
    Pipeline pipeline = new Pipeline(1);
    pipeline.objects.put("b", "disk.raw", disk(1, BLOCK));
    Change change =
        new Change(
            "network-ifupdown",
            Change.Action.CHANGED,
            Optional.of("/etc/" + "x".repeat(4000)),
            Optional.empty(),
            "changed");
    Finding finding =
        new Finding(Finding.Severity.WARNING, ErrorCode.GUEST_FILE_UNREADABLE, "a finding");
    pipeline.guests.reports(
        new ConversionReport(
            Optional.empty(),
            List.of(finding),
            IntStream.range(0, 500).mapToObj(i -> change).toList()));
    String id = pipeline.start(modified("s3://b/disk.raw"));
    pipeline.validateAndPlan(id);
    pipeline.modifyOs(id);

    ConversionReport kept = pipeline.tasks.find(id).orElseThrow().guest().orElseThrow();
    assertThat(Json.write(kept).length()).isLessThan(300 << 10);
    assertThat(kept.findings()).containsExactly(finding);
    assertThat(kept.changes()).hasSizeBetween(50, 499);
    assertThat(kept.changes().getLast().summary()).contains("more changes");
  }

  private static ImportRequest modified(String... urls) {
    return Pipeline.withGuest(
        Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", urls), GuestOptions.MODIFIED);
  }

  private static byte[] content(Pipeline pipeline, Disk disk, int length) {
    byte[] content = new byte[Math.ceilDiv(length, BLOCK) * BLOCK];
    pipeline
        .snapshots
        .blocks(disk.snapshotId().orElseThrow())
        .forEach((index, block) -> System.arraycopy(block, 0, content, index * BLOCK, BLOCK));
    assertThat(Arrays.copyOfRange(content, length, content.length))
        .isEqualTo(new byte[content.length - length]);
    return Arrays.copyOf(content, length);
  }

  private static byte[] disk(long seed, int size) {
    byte[] disk = new byte[size];
    new Random(seed).nextBytes(disk);
    return disk;
  }

  private static ByteBuffer text(String text) {
    return StandardCharsets.UTF_8.encode(text);
  }

  private static void put(byte[] disk, int offset, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    System.arraycopy(bytes, 0, disk, offset, bytes.length);
  }
}
