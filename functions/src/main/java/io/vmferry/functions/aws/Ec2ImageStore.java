package io.vmferry.functions.aws;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.ImageStore;
import io.vmferry.functions.port.SnapshotStore;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.ArchitectureValues;
import software.amazon.awssdk.services.ec2.model.BlockDeviceMapping;
import software.amazon.awssdk.services.ec2.model.BootModeValues;
import software.amazon.awssdk.services.ec2.model.DescribeImagesRequest;
import software.amazon.awssdk.services.ec2.model.Ec2Exception;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.Image;
import software.amazon.awssdk.services.ec2.model.RegisterImageRequest;
import software.amazon.awssdk.services.ec2.model.ResourceType;
import software.amazon.awssdk.services.ec2.model.Tag;
import software.amazon.awssdk.services.ec2.model.TagSpecification;
import software.amazon.awssdk.services.ec2.model.VolumeType;

/** AMIs in EC2. */
public final class Ec2ImageStore implements ImageStore {
  private final Supplier<Ec2Client> ec2;

  /** Images as that client reaches them. */
  public Ec2ImageStore(Supplier<Ec2Client> ec2) {
    this.ec2 = ec2;
  }

  @Override
  public String register(Request request) {
    List<String> earlier = findByTask(request.taskId());
    if (!earlier.isEmpty()) {
      return earlier.getFirst();
    }
    String subject = "image '%s'".formatted(request.name());
    try {
      return ec2.get().registerImage(registration(request)).imageId();
    } catch (Ec2Exception e) {
      if (AwsFailures.hasCode(e, "InvalidAMIName.Duplicate")) {
        return ofSameName(request, e);
      }
      if (AwsFailures.hasCode(e, "InvalidAMIName.Malformed")) {
        throw new VmferryException(
            ErrorCode.PARAMETER_INVALID,
            "EC2 refuses the image's name '%s': %s"
                .formatted(request.name(), AwsFailures.describe(e)),
            e);
      }
      throw AwsFailures.translate(e, "ec2:RegisterImage", subject);
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "ec2:RegisterImage", subject);
    }
  }

  private static RegisterImageRequest registration(Request request) {
    RegisterImageRequest.Builder registration =
        RegisterImageRequest.builder()
            .name(request.name())
            .description(request.description())
            // The defaults are i386 and paravirtual.
            .architecture(ArchitectureValues.fromValue(request.architecture()))
            .virtualizationType("hvm")
            .enaSupport(request.enaSupport())
            .rootDeviceName(request.mappings().getFirst().deviceName())
            .blockDeviceMappings(
                request.mappings().stream().map(Ec2ImageStore::blockDevice).toList())
            .tagSpecifications(tags(request));
    request.bootMode().map(BootModeValues::fromValue).ifPresent(registration::bootMode);
    return registration.build();
  }

  private static BlockDeviceMapping blockDevice(Mapping mapping) {
    return BlockDeviceMapping.builder()
        .deviceName(mapping.deviceName())
        // Encryption is the snapshot's: a mapping that names one may not set it.
        .ebs(
            ebs ->
                ebs.snapshotId(mapping.snapshotId())
                    .volumeType(VolumeType.GP3)
                    .deleteOnTermination(true))
        .build();
  }

  private static TagSpecification tags(Request request) {
    Map<String, String> tags = new TreeMap<>(request.tags());
    tags.put(SnapshotStore.TASK_TAG, request.taskId());
    return TagSpecification.builder()
        .resourceType(ResourceType.IMAGE)
        .tags(
            tags.entrySet().stream()
                .map(tag -> Tag.builder().key(tag.getKey()).value(tag.getValue()).build())
                .toList())
        .build();
  }

  /**
   * The image that has the name already, if it is this task's: an attempt whose answer was lost
   * registered it, and the search by tag did not see it yet.
   */
  private String ofSameName(Request request, Ec2Exception duplicate) {
    List<Image> images = describe("name", request.name(), "image '%s'".formatted(request.name()));
    for (Image image : images) {
      boolean ours =
          image.tags().stream()
              .anyMatch(
                  tag ->
                      tag.key().equals(SnapshotStore.TASK_TAG)
                          && tag.value().equals(request.taskId()));
      if (ours) {
        return image.imageId();
      }
    }
    throw new VmferryException(
        ErrorCode.PARAMETER_INVALID,
        "the account has an image named '%s' already%s"
            .formatted(request.name(), images.isEmpty() ? "" : ": " + images.getFirst().imageId()),
        duplicate);
  }

  @Override
  public void deregister(String imageId) {
    try {
      ec2.get().deregisterImage(r -> r.imageId(imageId));
    } catch (Ec2Exception e) {
      if (!AwsFailures.hasCode(e, "InvalidAMIID.NotFound")
          && !AwsFailures.hasCode(e, "InvalidAMIID.Unavailable")) {
        throw AwsFailures.translate(e, "ec2:DeregisterImage", imageId);
      }
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "ec2:DeregisterImage", imageId);
    }
  }

  @Override
  public List<String> findByTask(String taskId) {
    return describe("tag:" + SnapshotStore.TASK_TAG, taskId, "the images of " + taskId).stream()
        .map(Image::imageId)
        .toList();
  }

  private List<Image> describe(String filter, String value, String subject) {
    DescribeImagesRequest request =
        DescribeImagesRequest.builder()
            .owners("self")
            .filters(Filter.builder().name(filter).values(literal(value)).build())
            .build();
    return AwsFailures.call(
        "ec2:DescribeImages",
        subject,
        () -> ec2.get().describeImagesPaginator(request).images().stream().toList());
  }

  /**
   * A filter's value that stands for itself: filters know the wildcards {@code *} and {@code ?}.
   */
  private static String literal(String value) {
    return value.replaceAll("([*?\\\\])", "\\\\$1");
  }
}
