package io.vmferry.local.ec2;

import io.vmferry.local.ebs.SnapshotStore;
import io.vmferry.local.ec2.ImageRecord.Mapping;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** RegisterImage, DescribeImages and DeregisterImage. */
final class ImageActions {
  private static final Pattern ID = Pattern.compile("ami-([0-9a-f]{8}|[0-9a-f]{17})");

  private final SnapshotStore snapshots;
  private final ImageStore images;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();
  private final Map<String, Function<ImageRecord, Collection<String>>> attributes;

  ImageActions(SnapshotStore snapshots, ImageStore images, Clock clock) {
    this.snapshots = snapshots;
    this.images = images;
    this.clock = clock;
    this.attributes = attributes(snapshots.accountId());
  }

  private static Map<String, Function<ImageRecord, Collection<String>>> attributes(
      String accountId) {
    Map<String, Function<ImageRecord, Collection<String>>> attributes = new LinkedHashMap<>();
    attributes.put("architecture", image -> List.of(image.architecture()));
    attributes.put("boot-mode", image -> optional(image.bootMode()));
    attributes.put("creation-date", image -> List.of(SnapshotActions.time(image.creationMillis())));
    attributes.put("description", image -> optional(image.description()));
    attributes.put("ena-support", image -> List.of(String.valueOf(image.enaSupport())));
    attributes.put("hypervisor", image -> List.of("xen"));
    attributes.put("image-id", image -> List.of(image.id()));
    attributes.put("image-type", image -> List.of("machine"));
    attributes.put("imds-support", image -> optional(image.imdsSupport()));
    attributes.put("is-public", image -> List.of("false"));
    attributes.put("name", image -> List.of(image.name()));
    attributes.put("owner-alias", image -> List.of());
    attributes.put("owner-id", image -> List.of(accountId));
    attributes.put("root-device-name", image -> List.of(image.rootDeviceName()));
    attributes.put("root-device-type", image -> List.of("ebs"));
    attributes.put("state", image -> List.of("available"));
    attributes.put("tpm-support", image -> optional(image.tpmSupport()));
    attributes.put("virtualization-type", image -> List.of(image.virtualizationType()));
    mapping(attributes, "device-name", Mapping::deviceName);
    mapping(attributes, "snapshot-id", Mapping::snapshotId);
    mapping(attributes, "volume-size", mapping -> String.valueOf(mapping.volumeSize()));
    mapping(attributes, "volume-type", Mapping::volumeType);
    mapping(attributes, "encrypted", mapping -> String.valueOf(mapping.encrypted()));
    mapping(
        attributes,
        "delete-on-termination",
        mapping -> String.valueOf(mapping.deleteOnTermination()));
    return attributes;
  }

  private static void mapping(
      Map<String, Function<ImageRecord, Collection<String>>> attributes,
      String name,
      Function<Mapping, @Nullable String> value) {
    attributes.put(
        "block-device-mapping." + name,
        image -> {
          List<String> values = new ArrayList<>();
          for (Mapping mapping : image.mappings()) {
            String one = value.apply(mapping);
            if (one != null) {
              values.add(one);
            }
          }
          return values;
        });
  }

  private static List<String> optional(@Nullable String value) {
    return value == null ? List.of() : List.of(value);
  }

  static void checkId(String id) {
    if (!ID.matcher(id).matches()) {
      throw new Ec2Exception("InvalidAMIID.Malformed", "Invalid id: \"" + id + "\"");
    }
  }

  private ImageRecord find(String id) {
    checkId(id);
    return images
        .find(id)
        .orElseThrow(
            () ->
                new Ec2Exception(
                    "InvalidAMIID.NotFound", "The image id '[" + id + "]' does not exist"));
  }

  void register(Ec2Request request, XmlWriter xml) {
    ImageRecord image = new RegisterImage(snapshots).read(request, newId(), clock.millis());
    for (ImageRecord other : images.all()) {
      if (other.name().equals(image.name())) {
        throw new Ec2Exception(
            "InvalidAMIName.Duplicate",
            "AMI name " + image.name() + " is already in use by AMI " + other.id());
      }
    }
    Ec2Service.stopIfDryRun(request);
    images.add(image);
    xml.element("imageId", image.id());
  }

  private String newId() {
    byte[] bytes = new byte[8];
    random.nextBytes(bytes);
    return "ami-0" + HexFormat.of().formatHex(bytes);
  }

  void deregister(Ec2Request request) {
    ImageRecord image = find(request.require("ImageId"));
    Ec2Service.stopIfDryRun(request);
    images.remove(image.id());
  }

  void describe(Ec2Request request, XmlWriter xml) {
    List<String> ids = request.strings("ImageId");
    List<ImageRecord> candidates = images.all();
    if (!ids.isEmpty()) {
      candidates =
          ids.stream()
              .distinct()
              .map(this::find)
              .sorted(Comparator.comparing(ImageRecord::id))
              .toList();
    }
    Filters filters = Filters.of(request);
    filters.refuseUnknown(attributes.keySet());
    boolean visible =
        Ec2Service.ownedBySelf(request.strings("Owner"), snapshots.accountId())
            && Ec2Service.ownedBySelf(request.strings("ExecutableBy"), snapshots.accountId());
    List<ImageRecord> found =
        candidates.stream()
            .filter(image -> visible && filters.match(image, attributes, image.tags()))
            .toList();
    Page<ImageRecord> page = Page.of(request, found, ImageRecord::id, 1, 1000);
    xml.open("imagesSet");
    page.items().forEach(image -> write(xml, image));
    xml.close("imagesSet").element("nextToken", page.nextToken());
  }

  private void write(XmlWriter xml, ImageRecord image) {
    String account = snapshots.accountId();
    xml.open("item")
        .element("imageId", image.id())
        .element("imageLocation", account + "/" + image.name())
        .element("imageState", "available")
        .element("imageOwnerId", account)
        .element("creationDate", SnapshotActions.time(image.creationMillis()))
        .element("isPublic", false)
        .element("architecture", image.architecture())
        .element("imageType", "machine")
        .element("name", image.name())
        .element("description", image.description())
        .element("rootDeviceType", "ebs")
        .element("rootDeviceName", image.rootDeviceName())
        .open("blockDeviceMapping");
    image.mappings().forEach(mapping -> write(xml, mapping));
    xml.close("blockDeviceMapping")
        .element("virtualizationType", image.virtualizationType())
        .element("hypervisor", "xen")
        .element("enaSupport", image.enaSupport() ? Boolean.TRUE : null)
        .element("sriovNetSupport", image.sriovNetSupport())
        .element("bootMode", image.bootMode())
        .element("tpmSupport", image.tpmSupport())
        .element("imdsSupport", image.imdsSupport())
        .element("platformDetails", "Linux/UNIX")
        .element("usageOperation", "RunInstances");
    Tags.write(xml, image.tags());
    xml.close("item");
  }

  private static void write(XmlWriter xml, Mapping mapping) {
    xml.open("item").element("deviceName", mapping.deviceName());
    if (mapping.virtualName() != null) {
      xml.element("virtualName", Objects.requireNonNull(mapping.virtualName()));
    } else {
      xml.open("ebs")
          .element("deleteOnTermination", mapping.deleteOnTermination())
          .element("iops", mapping.iops())
          .element("snapshotId", mapping.snapshotId())
          .element("volumeSize", mapping.volumeSize())
          .element("volumeType", mapping.volumeType())
          .element("throughput", mapping.throughput())
          .element("encrypted", mapping.encrypted())
          .close("ebs");
    }
    xml.close("item");
  }
}
