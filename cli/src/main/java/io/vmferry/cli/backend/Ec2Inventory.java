package io.vmferry.cli.backend;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.BlockDeviceMapping;

/** Images and snapshots as EC2 lists them. */
final class Ec2Inventory implements Inventory {
  private static final String SELF = "self";

  private final Ec2Client ec2;

  Ec2Inventory(Ec2Client ec2) {
    this.ec2 = ec2;
  }

  @Override
  public List<Image> images() {
    return call(
        "ec2:DescribeImages",
        () ->
            ec2.describeImagesPaginator(r -> r.owners(SELF)).images().stream()
                .map(Ec2Inventory::image)
                .sorted(Comparator.comparing(Image::createdAt).reversed())
                .toList());
  }

  @Override
  public List<Snapshot> snapshots() {
    return call(
        "ec2:DescribeSnapshots",
        () ->
            ec2.describeSnapshotsPaginator(r -> r.ownerIds(SELF)).snapshots().stream()
                .map(Ec2Inventory::snapshot)
                .sorted(Comparator.comparing(Snapshot::startedAt).reversed())
                .toList());
  }

  private static Image image(software.amazon.awssdk.services.ec2.model.Image image) {
    return new Image(
        image.imageId(),
        text(image.name()),
        text(image.stateAsString()),
        text(image.creationDate()),
        text(image.architectureAsString()),
        Optional.ofNullable(image.bootModeAsString()),
        image.blockDeviceMappings().stream()
            .filter(mapping -> mapping.ebs() != null && mapping.ebs().snapshotId() != null)
            .map(Ec2Inventory::device)
            .toList());
  }

  private static Device device(BlockDeviceMapping mapping) {
    return new Device(
        text(mapping.deviceName()),
        mapping.ebs().snapshotId(),
        Objects.requireNonNullElse(mapping.ebs().volumeSize(), 0));
  }

  private static Snapshot snapshot(software.amazon.awssdk.services.ec2.model.Snapshot snapshot) {
    return new Snapshot(
        snapshot.snapshotId(),
        text(snapshot.stateAsString()),
        text(snapshot.progress()),
        Objects.requireNonNullElse(snapshot.startTime(), Instant.EPOCH).toString(),
        Objects.requireNonNullElse(snapshot.volumeSize(), 0),
        text(snapshot.description()));
  }

  private static String text(String value) {
    return Objects.requireNonNullElse(value, "");
  }

  private static <T> T call(String action, Supplier<T> call) {
    try {
      return call.get();
    } catch (SdkException e) {
      throw new VmferryException(
          ErrorCode.SERVICE_UNAVAILABLE, "%s: %s".formatted(action, e.getMessage()), e);
    }
  }
}
