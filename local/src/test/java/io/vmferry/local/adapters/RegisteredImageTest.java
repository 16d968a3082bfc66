package io.vmferry.local.adapters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.vmferry.functions.port.ImageStore.Mapping;
import io.vmferry.functions.port.ImageStore.Request;
import io.vmferry.functions.port.SnapshotStore;
import io.vmferry.local.edge.FaultInjector;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.ec2.model.ArchitectureValues;
import software.amazon.awssdk.services.ec2.model.BootModeValues;
import software.amazon.awssdk.services.ec2.model.DeviceType;
import software.amazon.awssdk.services.ec2.model.Image;
import software.amazon.awssdk.services.ec2.model.Tag;
import software.amazon.awssdk.services.ec2.model.VirtualizationType;
import software.amazon.awssdk.services.ec2.model.VolumeType;

final class RegisteredImageTest {
  @Test
  void anImageHasWhatWasAskedForAndNoneOfTheDefaultTraps() throws IOException {
    try (Adapters adapters = new Adapters(new FaultInjector(0), false)) {
      String root = adapters.completedSnapshot();
      String data = adapters.completedSnapshot();
      String id =
          adapters
              .images()
              .register(
                  new Request(
                      "import-ami-0123456789abcdef0",
                      "a name",
                      "a machine",
                      "arm64",
                      Optional.of("uefi"),
                      true,
                      List.of(new Mapping("/dev/sda1", root), new Mapping("/dev/sdb", data)),
                      Map.of("colour", "green")));

      Image image =
          adapters.clients().ec2().describeImages(r -> r.imageIds(id)).images().getFirst();
      assertThat(image.architecture()).isEqualTo(ArchitectureValues.ARM64);
      assertThat(image.virtualizationType()).isEqualTo(VirtualizationType.HVM);
      assertThat(image.bootMode()).isEqualTo(BootModeValues.UEFI);
      assertThat(image.enaSupport()).isTrue();
      assertThat(image.name()).isEqualTo("a name");
      assertThat(image.description()).isEqualTo("a machine");
      assertThat(image.rootDeviceName()).isEqualTo("/dev/sda1");
      assertThat(image.rootDeviceType()).isEqualTo(DeviceType.EBS);
      assertThat(image.blockDeviceMappings())
          .extracting(mapping -> mapping.deviceName() + "=" + mapping.ebs().snapshotId())
          .containsExactly("/dev/sda1=" + root, "/dev/sdb=" + data);
      assertThat(image.blockDeviceMappings())
          .allMatch(mapping -> mapping.ebs().volumeType() == VolumeType.GP3)
          .allMatch(mapping -> mapping.ebs().deleteOnTermination());
      assertThat(image.tags())
          .extracting(Tag::key, Tag::value)
          .containsExactlyInAnyOrder(
              tuple(SnapshotStore.TASK_TAG, "import-ami-0123456789abcdef0"),
              tuple("colour", "green"));
    }
  }
}
