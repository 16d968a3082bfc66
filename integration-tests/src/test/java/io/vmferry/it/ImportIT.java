package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.services.ec2.model.BlockDeviceMapping;
import software.amazon.awssdk.services.ec2.model.Image;

/** Images of every format become AMIs whose snapshots hold what the disks hold. */
class ImportIT {
  @TempDir private static Path directory;

  private static LocalAws aws;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    aws = LocalAws.start(directory.resolve("state"));
  }

  @AfterAll
  static void stop() {
    aws.close();
  }

  @ParameterizedTest
  @EnumSource
  void theSnapshotHoldsWhatTheImageHolds(ImageFixture fixture) throws IOException {
    List<String> arguments = new ArrayList<>();
    fixture.declaredFormat().ifPresent(format -> arguments.addAll(List.of("--format", format)));
    arguments.add(fixture.image().toString());

    JsonNode task = aws.vmferry().imported(arguments.toArray(String[]::new));

    assertThat(task.get("status").asText()).isEqualTo("completed");
    assertThat(task.get("disks")).hasSize(1);
    String snapshotId = task.get("disks").get(0).get("snapshotId").asText();
    assertHolds(snapshotId, fixture.expected());
    aws.account().assertNothingIsPending();
    assertThat(aws.account().objects(Account.IMAGES)).isEmpty();
    aws.account().delete(task.get("imageId").asText(), List.of(snapshotId));
  }

  @Test
  void aMachineWithTwoDisksBecomesOneImageWithTwoBlockDeviceMappings() throws IOException {
    ImageFixture root = ImageFixture.VMDK_STREAM_OPTIMIZED;
    ImageFixture data = ImageFixture.VMDK_STREAM_OF_VMWARE;
    Path first = Files.copy(root.image(), directory.resolve("two-disk1.vmdk"));
    Path second = Files.copy(data.image(), directory.resolve("two-disk2.vmdk"));
    Path ova = Ova.pack("two", List.of(first, second));

    JsonNode task = aws.vmferry().imported("--name", "two disks", ova.toString());

    assertThat(aws.account().images()).hasSize(1);
    Image image = aws.account().images().getFirst();
    assertThat(image.imageId()).isEqualTo(task.get("imageId").asText());
    assertThat(image.name()).isEqualTo("two disks");
    assertThat(image.architectureAsString()).isEqualTo("x86_64");
    assertThat(image.virtualizationTypeAsString()).isEqualTo("hvm");
    assertThat(image.rootDeviceName()).isEqualTo("/dev/sda1");
    List<BlockDeviceMapping> mappings = image.blockDeviceMappings();
    assertThat(mappings)
        .extracting(BlockDeviceMapping::deviceName)
        .containsExactly("/dev/sda1", "/dev/sdb");
    assertThat(mappings).extracting(mapping -> mapping.ebs().volumeSize()).containsExactly(3, 1);
    List<String> snapshotIds =
        mappings.stream().map(mapping -> mapping.ebs().snapshotId()).toList();
    assertHolds(snapshotIds.get(0), root.expected());
    assertHolds(snapshotIds.get(1), data.expected());
    aws.account().delete(image.imageId(), snapshotIds);
  }

  @Test
  void severalFilesAreSeveralDisksOfOneImage() throws IOException {
    ImageFixture root = ImageFixture.VHDX_WITH_DIRTY_LOG;
    ImageFixture data = ImageFixture.VHD_DYNAMIC;

    JsonNode task = aws.vmferry().imported(root.image().toString(), data.image().toString());

    Image image = aws.account().images().getFirst();
    assertThat(image.imageId()).isEqualTo(task.get("imageId").asText());
    List<String> snapshotIds =
        image.blockDeviceMappings().stream().map(mapping -> mapping.ebs().snapshotId()).toList();
    assertThat(snapshotIds).hasSize(2);
    assertHolds(snapshotIds.get(0), root.expected());
    assertHolds(snapshotIds.get(1), data.expected());
    aws.account().delete(image.imageId(), snapshotIds);
  }

  @Test
  void aSnapshotImportMakesASnapshotAndNoImage() throws IOException {
    ImageFixture fixture = ImageFixture.VHDX_WITH_SECTORS_OF_4096_BYTES;

    JsonNode task = aws.vmferry().imported("--snapshot", fixture.image().toString());

    assertThat(task.get("taskId").asText()).startsWith("import-snap-");
    assertThat(task.has("imageId")).isFalse();
    assertThat(aws.account().images()).isEmpty();
    String snapshotId = task.get("disks").get(0).get("snapshotId").asText();
    assertHolds(snapshotId, fixture.expected());
    aws.account().clients().ec2().deleteSnapshot(delete -> delete.snapshotId(snapshotId));
  }

  private static void assertHolds(String snapshotId, Path expected) throws IOException {
    Path content = directory.resolve(snapshotId + ".raw");
    aws.vmferry().run("snapshot", "read", snapshotId, "-o", content.toString()).successful();
    Contents.assertEqualsPadded(content, expected);
    Files.delete(content);
    aws.account().assertNoBlockIsZero(snapshotId);
  }
}
