package io.vmferry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Progress;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.guest.Change;
import io.vmferry.guest.Finding;
import io.vmferry.guest.conversion.ConversionReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ImportCommandTest {
  private final CliRun cli = new CliRun();
  private Path disk = Path.of("");
  private Path second = Path.of("");

  @BeforeEach
  void makeDisks(@TempDir Path folder) throws IOException {
    disk = Files.write(folder.resolve("disk.raw"), new byte[4096]);
    second = Files.write(folder.resolve("second.raw"), new byte[2048]);
  }

  @Test
  void importsAFileAndPrintsImageAndSnapshots() {
    cli.backend.then(
        Tasks.validating(), Tasks.converting(Tasks.GIB, 5), Tasks.completed("ami-0abc"));

    assertThat(cli.run("import", "--format", "raw", disk.toString())).isZero();
    assertThat(cli.out())
        .isEqualTo(
            """
            image     ami-0abc
            snapshot  snap-00000000000000000  /dev/sda1  1 GiB  vmdk
            snapshot  snap-00000000000000001  /dev/sdb  1 GiB  vmdk
            """);
    assertThat(cli.err())
        .contains("uploading 50 %, 2.00 KiB of 4.00 KiB")
        .contains("task " + FakeBackend.TASK_ID)
        .contains("converting");
  }

  @Test
  void removesTheUploadOnceTheTaskHasEnded() {
    cli.backend.then(Tasks.completed("ami-0abc"));

    cli.run("import", "--format", "raw", disk.toString());

    assertThat(cli.backend.uploads).isEmpty();
    assertThat(cli.backend.discarded).singleElement().asString().endsWith("/disk.raw");
  }

  @Test
  void removesTheUploadIfTheRequestIsRefused() {
    cli.backend.startFailure = new VmferryException(ErrorCode.TASK_LIMIT_EXCEEDED, "5 of 5");

    assertThat(cli.run("import", "--format", "raw", disk.toString())).isEqualTo(5);
    assertThat(cli.backend.uploads).isEmpty();
    assertThat(cli.backend.discarded).hasSize(1);
    assertThat(cli.backend.closed).isEqualTo(1);
  }

  @Test
  void changesTheGuestUnlessItIsToldNotTo() {
    cli.backend.then(Tasks.completed("ami-0abc"));
    cli.run("import", "--format", "raw", disk.toString());
    cli.backend.then(Tasks.completed("ami-0abd"));
    cli.run("import", "--no-modify-os", "--format", "raw", disk.toString());
    cli.backend.then(Tasks.completed("ami-0abe"));
    cli.run("import", "--snapshot", "--format", "raw", disk.toString());

    assertThat(cli.backend.requests)
        .extracting(ImportRequest::guest)
        .containsExactly(GuestOptions.MODIFIED, GuestOptions.AS_IT_IS, GuestOptions.AS_IT_IS);
  }

  @Test
  void passesTheGuestsOptionsOnAndUploadsTheAgentsPackage() throws IOException {
    Path agent = Files.write(disk.resolveSibling("agent.deb"), new byte[16]);
    cli.backend.then(Tasks.completed("ami-0abc"));

    cli.run(
        "import",
        "--format=raw",
        "--rebuild-initramfs",
        "--reset-identity",
        "--agent=" + agent,
        disk.toString());

    GuestOptions guest = cli.backend.requests.getFirst().guest();
    assertThat(guest.rebuildInitramfs()).isTrue();
    assertThat(guest.resetIdentity()).isTrue();
    assertThat(guest.dryRun()).isFalse();
    assertThat(guest.agentPackage().orElseThrow()).startsWith("s3://").endsWith("/agent.deb");
    assertThat(cli.backend.uploads).isEmpty();
    assertThat(cli.backend.discarded).hasSize(2);
  }

  @Test
  void saysBeforeUploadingThatGuestsCannotBeOpenedHere() {
    cli.guests
        .faults()
        .failNext(
            "checkAvailable",
            new VmferryException(ErrorCode.GUEST_APPLIANCE_UNAVAILABLE, "libguestfs0 is missing"));

    assertThat(cli.run("import", "--format", "raw", disk.toString())).isEqualTo(ExitCode.USER);

    assertThat(cli.err()).contains("GUEST_APPLIANCE_UNAVAILABLE", "--no-modify-os");
    assertThat(cli.backend.requests).isEmpty();
    assertThat(cli.backend.discarded).isEmpty();
  }

  @Test
  void saysWhatHappensToTheGuestOnceAllIsConverted() {
    cli.backend.progress = new Progress(Tasks.GIB, 0, 0);
    cli.backend.then(
        Tasks.converting(Tasks.GIB),
        task -> task.advanced(task.status(), "changing the guest"),
        Tasks.completed("ami-0abc"));

    cli.run("import", "--format", "raw", disk.toString());

    assertThat(cli.err()).contains("changing the guest");
  }

  @Test
  void aDryRunPrintsTheChangesAndWhatWasFound() {
    cli.backend.then(
        Tasks.completed("ami-unused"),
        task ->
            task.withGuest(
                new ConversionReport(
                    Optional.of(CheckCommandTest.debian()),
                    List.of(
                        new Finding(
                            Finding.Severity.WARNING, ErrorCode.GUEST_FILE_UNREADABLE, "odd")),
                    List.of(
                        new Change(
                            "fstab",
                            Change.Action.CHANGED,
                            Optional.of("/etc/fstab"),
                            Optional.empty(),
                            "/dev/sda1 is UUID=1-2-3")))));

    cli.run("import", "--dry-run", "--format", "raw", disk.toString());
    cli.run("task", FakeBackend.TASK_ID);

    assertThat(cli.backend.requests.getFirst().guest().dryRun()).isTrue();
    assertThat(cli.out())
        .contains(
            "system    Debian GNU/Linux 12, x86_64",
            "warning   GUEST_FILE_UNREADABLE: odd",
            "change    fstab",
            "changed /etc/fstab: /dev/sda1 is UUID=1-2-3");
  }

  @Test
  void refusesGuestOptionsForAGuestThatIsLeftAsItIs() {
    assertThat(cli.run("import", "--no-modify-os", "--dry-run", disk.toString())).isEqualTo(2);
    assertThat(cli.run("import", "--snapshot", "--reset-identity", disk.toString())).isEqualTo(2);
    assertThat(cli.run("import", "--agent-url=http://host/agent", disk.toString())).isEqualTo(2);
    assertThat(cli.backend.requests).isEmpty();
  }

  @Test
  void passesEveryOptionOn() {
    cli.backend.then(Tasks.completed("ami-0abc"));

    int exitCode =
        cli.run(
            "import",
            "--format=RAW",
            "--name=web",
            "--description=a web server",
            "--architecture=arm64",
            "--boot-mode=uefi",
            "--encrypted",
            "--kms-key=alias/disks",
            "--tag=team=infra",
            "--tag=cost=a=b",
            "--client-token=once",
            disk.toString(),
            "s3://bucket/second.vmdk");

    assertThat(exitCode).isZero();
    ImportRequest request = cli.backend.requests.getFirst();
    assertThat(request.kind()).isEqualTo(TaskKind.IMPORT_IMAGE);
    assertThat(request.containers())
        .extracting(DiskContainer::url)
        .element(1)
        .isEqualTo("s3://bucket/second.vmdk");
    assertThat(request.containers()).allMatch(c -> c.format().orElseThrow().equals("raw"));
    assertThat(request.name()).contains("web");
    assertThat(request.description()).contains("a web server");
    assertThat(request.architecture()).contains("arm64");
    assertThat(request.bootMode()).contains("uefi");
    assertThat(request.encrypted()).contains(true);
    assertThat(request.kmsKeyId()).contains("alias/disks");
    assertThat(request.clientToken()).contains("once");
    assertThat(request.tags()).isEqualTo(Map.of("team", "infra", "cost", "a=b"));
  }

  @Test
  void leavesToTheAccountWhatIsNotGiven() {
    cli.backend.then(Tasks.completed("ami-0abc"));
    cli.run("import", "s3://bucket/disk.vmdk");
    cli.backend.then(Tasks.completed("ami-0abd"));
    cli.run("import", "--no-encrypted", "s3://bucket/disk.vmdk");

    ImportRequest bare = cli.backend.requests.getFirst();
    assertThat(bare.containers()).containsExactly(DiskContainer.of("s3://bucket/disk.vmdk"));
    assertThat(bare.encrypted()).isEmpty();
    assertThat(bare.name()).isEmpty();
    assertThat(bare.tags()).isEmpty();
    assertThat(cli.backend.requests.getLast().encrypted()).contains(false);
  }

  @Test
  void severalFilesAreSeveralDisksInTheirOrder() {
    cli.backend.then(Tasks.completed("ami-0abc"));

    assertThat(cli.run("import", "--format", "raw", disk.toString(), second.toString())).isZero();
    assertThat(cli.backend.requests.getFirst().containers())
        .extracting(c -> c.url().substring(c.url().lastIndexOf('/')))
        .containsExactly("/disk.raw", "/second.raw");
    assertThat(cli.err()).contains("of 6.00 KiB");
  }

  @Test
  void filesOfOneNameDoNotReplaceEachOther(@TempDir Path other) throws IOException {
    Path namesake = Files.write(other.resolve("disk.raw"), new byte[1024]);
    cli.backend.then(Tasks.completed("ami-0abc"));

    cli.run("import", "--format", "raw", disk.toString(), namesake.toString());

    assertThat(cli.backend.discarded).hasSize(2).doesNotHaveDuplicates();
  }

  @Test
  void aRepeatedClientTokenNamesTheSameObjects() {
    for (int i = 0; i < 2; i++) {
      cli.backend.then(Tasks.completed("ami-0abc"));
      cli.run("import", "--format=raw", "--client-token=once", disk.toString());
    }
    cli.backend.then(Tasks.completed("ami-0abc"));
    cli.run("import", "--format=raw", "--client-token=twice", disk.toString());

    assertThat(cli.backend.requests.get(0)).isEqualTo(cli.backend.requests.get(1));
    assertThat(cli.backend.requests.get(1).containers())
        .isNotEqualTo(cli.backend.requests.get(2).containers());
  }

  @Test
  void makesASnapshot() {
    cli.backend.then(Tasks.converting(5), Tasks.completed("unused"));

    assertThat(cli.run("import", "--snapshot", "--format=raw", disk.toString())).isZero();
    assertThat(cli.backend.requests.getFirst().kind()).isEqualTo(TaskKind.IMPORT_SNAPSHOT);
    assertThat(cli.out()).contains("snapshot  snap-00000000000000000");
  }

  @Test
  void printsOneJsonDocumentOnTheStandardOutput() {
    cli.backend.then(Tasks.converting(Tasks.GIB), Tasks.completed("ami-0abc"));

    assertThat(cli.run("import", "--json", "--format=raw", disk.toString())).isZero();
    JsonNode json = Json.read(cli.out(), JsonNode.class);
    assertThat(json.path("imageId").asText()).isEqualTo("ami-0abc");
    assertThat(json.path("status").asText()).isEqualTo("completed");
    assertThat(json.path("progress").asInt()).isEqualTo(100);
    assertThat(json.path("disks").path(0).path("snapshotId").asText())
        .isEqualTo("snap-00000000000000000");
    assertThat(json.path("disks").path(0).path("volumeSizeGib").asInt()).isEqualTo(1);
  }

  @Test
  void aFailedTaskGivesItsErrorAndItsCategorysExitCode() {
    cli.backend.then(
        Tasks.validating(), Tasks.failed(ErrorCode.SOURCE_UNREACHABLE, "no answer\nfrom x"));

    assertThat(cli.run("import", "--json", "https://example.com/disk.vmdk")).isEqualTo(4);
    JsonNode error = Json.read(cli.out(), JsonNode.class).path("error");
    assertThat(error.path("code").asText()).isEqualTo("SOURCE_UNREACHABLE");
    assertThat(error.path("category").asText()).isEqualTo("EXTERNAL");
    assertThat(cli.err()).contains("vmferry: SOURCE_UNREACHABLE: no answer from x\n");
  }

  @Test
  void aCancelledTaskIsNoSuccess() {
    cli.backend.then(Tasks.deleted());

    assertThat(cli.run("import", "s3://bucket/disk.vmdk")).isEqualTo(3);
    assertThat(cli.err()).contains("was cancelled");
    assertThat(cli.out()).isEmpty();
  }

  @Test
  void whatCannotBeImportedIsRefusedBeforeAnythingIsStarted() {
    assertThat(cli.run("import", "--json", disk.toString())).isEqualTo(3);
    assertThat(cli.err()).startsWith("vmferry: IMAGE_FORMAT_UNKNOWN: ");
    assertThat(Json.read(cli.out(), JsonNode.class).path("error").path("code").asText())
        .isEqualTo("IMAGE_FORMAT_UNKNOWN");
    assertThat(cli.backend.opened).isEmpty();
  }

  @Test
  void showsABarOnATerminal() {
    cli.columns = OptionalInt.of(100);
    cli.backend.progress = new Progress(Tasks.GIB / 4, 0, 0);
    cli.backend.then(
        Tasks.validating(), Tasks.converting(Tasks.GIB), task -> task, Tasks.completed("ami-0abc"));

    assertThat(cli.run("import", "s3://bucket/disk.vmdk")).isZero();
    assertThat(cli.err())
        .contains("\rvalidating…\u001b[K")
        .contains("[##########------------------------------]   25 %  256 MiB of 1.00 GiB")
        .contains("\r\u001b[K");
    assertThat(cli.out()).startsWith("image     ami-0abc\n");
  }
}
