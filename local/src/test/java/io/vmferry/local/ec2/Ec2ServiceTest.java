package io.vmferry.local.ec2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.local.RawHttp;
import io.vmferry.local.ebs.EbsFixture;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.ec2.model.ArchitectureValues;
import software.amazon.awssdk.services.ec2.model.BlockDeviceMapping;
import software.amazon.awssdk.services.ec2.model.BootModeValues;
import software.amazon.awssdk.services.ec2.model.Ec2Exception;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.Image;
import software.amazon.awssdk.services.ec2.model.ImageState;
import software.amazon.awssdk.services.ec2.model.RegisterImageRequest;
import software.amazon.awssdk.services.ec2.model.ResourceType;
import software.amazon.awssdk.services.ec2.model.Snapshot;
import software.amazon.awssdk.services.ec2.model.SnapshotState;
import software.amazon.awssdk.services.ec2.model.Tag;
import software.amazon.awssdk.services.ec2.model.TagSpecification;
import software.amazon.awssdk.services.ec2.model.TpmSupportValues;
import software.amazon.awssdk.services.ec2.model.VolumeType;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class Ec2ServiceTest {
  private EbsFixture fixture;
  private String snapshot;
  private int names;

  @BeforeAll
  void start(@TempDir Path state) {
    fixture = new EbsFixture(state);
    snapshot = fixture.completed(0);
  }

  @AfterAll
  void stop() {
    fixture.close();
  }

  private static void assertCode(ThrowingCallable call, String code) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            Ec2Exception.class,
            e -> {
              assertThat(e.awsErrorDetails().errorCode()).isEqualTo(code);
              assertThat(e.statusCode()).isBetween(400, 499);
              assertThat(e.requestId()).isNotBlank();
            });
  }

  private BlockDeviceMapping mapping(String device, String snapshotId) {
    return BlockDeviceMapping.builder()
        .deviceName(device)
        .ebs(ebs -> ebs.snapshotId(snapshotId).volumeType(VolumeType.GP3))
        .build();
  }

  /** An image that is registered as asked for, but for what a test changes. */
  private Consumer<RegisterImageRequest.Builder> image(
      Consumer<RegisterImageRequest.Builder> change) {
    String name = "image " + ++names;
    return request -> {
      request
          .name(name)
          .architecture(ArchitectureValues.X86_64)
          .virtualizationType("hvm")
          .rootDeviceName("/dev/sda1")
          .blockDeviceMappings(mapping("/dev/sda1", snapshot));
      change.accept(request);
    };
  }

  private String register(Consumer<RegisterImageRequest.Builder> change) {
    return fixture.ec2.registerImage(image(change)).imageId();
  }

  private void assertRefused(Consumer<RegisterImageRequest.Builder> change, String code) {
    assertCode(() -> fixture.ec2.registerImage(image(change)), code);
  }

  private Image describe(String id) {
    return fixture.ec2.describeImages(r -> r.imageIds(id)).images().getFirst();
  }

  @Test
  void imageIsDescribedAsItWasRegistered() {
    String data = fixture.completed(1, 2);
    String id =
        register(
            r ->
                r.description("<text> & \"more\"")
                    .bootMode(BootModeValues.UEFI_PREFERRED)
                    .enaSupport(true)
                    .sriovNetSupport("simple")
                    .tpmSupport(TpmSupportValues.V2_0)
                    .imdsSupport("v2.0")
                    .blockDeviceMappings(mapping("/dev/sda1", snapshot), mapping("/dev/sdb", data))
                    .tagSpecifications(
                        TagSpecification.builder()
                            .resourceType(ResourceType.IMAGE)
                            .tags(Tag.builder().key("k").value("v").build())
                            .build()));

    Image image = describe(id);
    assertThat(id).matches("ami-[0-9a-f]{17}");
    assertThat(image.state()).isEqualTo(ImageState.AVAILABLE);
    assertThat(image.description()).isEqualTo("<text> & \"more\"");
    assertThat(image.architectureAsString()).isEqualTo("x86_64");
    assertThat(image.virtualizationTypeAsString()).isEqualTo("hvm");
    assertThat(image.bootModeAsString()).isEqualTo("uefi-preferred");
    assertThat(image.enaSupport()).isTrue();
    assertThat(image.sriovNetSupport()).isEqualTo("simple");
    assertThat(image.tpmSupportAsString()).isEqualTo("v2.0");
    assertThat(image.imdsSupportAsString()).isEqualTo("v2.0");
    assertThat(image.rootDeviceName()).isEqualTo("/dev/sda1");
    assertThat(image.ownerId()).isEqualTo("000000000000");
    assertThat(image.tags()).containsExactly(Tag.builder().key("k").value("v").build());
    assertThat(image.blockDeviceMappings())
        .extracting(BlockDeviceMapping::deviceName, mapping -> mapping.ebs().snapshotId())
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("/dev/sda1", snapshot),
            org.assertj.core.groups.Tuple.tuple("/dev/sdb", data));
    assertThat(image.blockDeviceMappings().getFirst().ebs().volumeSize()).isEqualTo(1);
    assertThat(image.blockDeviceMappings().getFirst().ebs().deleteOnTermination()).isTrue();
  }

  @Test
  void defaultsAreThoseOfEc2() {
    String id = register(r -> r.architecture((String) null).virtualizationType(null));

    assertThat(describe(id).architectureAsString()).isEqualTo("i386");
    assertThat(describe(id).virtualizationTypeAsString()).isEqualTo("paravirtual");
  }

  @Test
  void namesAreCheckedAndUnique() {
    register(r -> r.name("taken"));

    assertRefused(r -> r.name("taken"), "InvalidAMIName.Duplicate");
    assertRefused(r -> r.name("ab"), "InvalidAMIName.Malformed");
    assertRefused(r -> r.name("a".repeat(129)), "InvalidAMIName.Malformed");
    assertRefused(r -> r.name("with:colon"), "InvalidAMIName.Malformed");
    assertRefused(r -> r.name(null), "MissingParameter");
  }

  @Test
  void mappingsAreChecked() {
    String pending = fixture.start(1);
    assertRefused(r -> r.blockDeviceMappings(List.of()), "InvalidBlockDeviceMapping");
    assertRefused(
        r -> r.blockDeviceMappings(mapping("/dev/sdb", snapshot)), "InvalidBlockDeviceMapping");
    assertRefused(
        r -> r.blockDeviceMappings(mapping("/dev/sda1", snapshot), mapping("/dev/sda1", snapshot)),
        "InvalidBlockDeviceMapping");
    assertRefused(
        r -> r.blockDeviceMappings(mapping("/dev/sda1", snapshot), mapping("/dev/null", snapshot)),
        "InvalidBlockDeviceMapping");
    assertRefused(
        r -> r.blockDeviceMappings(mapping("/dev/sda1", "snap-00000000000000000")),
        "InvalidSnapshot.NotFound");
    assertRefused(
        r -> r.blockDeviceMappings(mapping("/dev/sda1", "snap-xyz")),
        "InvalidSnapshotID.Malformed");
    assertRefused(r -> r.blockDeviceMappings(mapping("/dev/sda1", pending)), "IncorrectState");
    assertRefused(
        r ->
            r.blockDeviceMappings(
                mapping("/dev/sda1", snapshot).toBuilder()
                    .ebs(ebs -> ebs.snapshotId(snapshot).encrypted(true))
                    .build()),
        "InvalidBlockDeviceMapping");
    assertRefused(
        r ->
            r.blockDeviceMappings(
                BlockDeviceMapping.builder()
                    .deviceName("/dev/sda1")
                    .ebs(ebs -> ebs.volumeSize(1))
                    .build()),
        "InvalidBlockDeviceMapping");
  }

  @Test
  void volumesAreNotSmallerThanTheirSnapshots() {
    String large = fixture.start(2);
    fixture.complete(large, 0);

    assertRefused(
        r ->
            r.blockDeviceMappings(
                BlockDeviceMapping.builder()
                    .deviceName("/dev/sda1")
                    .ebs(ebs -> ebs.snapshotId(large).volumeSize(1))
                    .build()),
        "InvalidBlockDeviceMapping");
  }

  @Test
  void impossibleMachinesAreRefused() {
    assertRefused(
        r -> r.virtualizationType("paravirtual").enaSupport(true), "InvalidParameterCombination");
    assertRefused(
        r -> r.architecture(ArchitectureValues.ARM64).bootMode(BootModeValues.LEGACY_BIOS),
        "InvalidParameterCombination");
    assertRefused(
        r -> r.architecture(ArchitectureValues.I386).bootMode(BootModeValues.UEFI),
        "InvalidParameterCombination");
    assertRefused(r -> r.tpmSupport(TpmSupportValues.V2_0), "InvalidParameterCombination");
    assertRefused(r -> r.bootMode("bios"), "InvalidParameterValue");
    assertRefused(r -> r.architecture("sparc"), "InvalidParameterValue");
    assertRefused(r -> r.billingProducts("bp-1"), "AuthFailure");
  }

  @Test
  void snapshotInUseIsNotDeleted() {
    String used = fixture.completed(3);
    String id = register(r -> r.blockDeviceMappings(mapping("/dev/sda1", used)));

    assertCode(() -> fixture.ec2.deleteSnapshot(r -> r.snapshotId(used)), "InvalidSnapshot.InUse");
    fixture.ec2.deregisterImage(r -> r.imageId(id));
    fixture.ec2.deleteSnapshot(r -> r.snapshotId(used));

    assertCode(
        () -> fixture.ec2.describeSnapshots(r -> r.snapshotIds(used)), "InvalidSnapshot.NotFound");
    assertCode(() -> describe(id), "InvalidAMIID.NotFound");
    assertCode(() -> fixture.ec2.deregisterImage(r -> r.imageId(id)), "InvalidAMIID.NotFound");
  }

  @Test
  void snapshotsAreDescribed() {
    Snapshot described =
        fixture.ec2.describeSnapshots(r -> r.snapshotIds(snapshot)).snapshots().getFirst();

    assertThat(described.state()).isEqualTo(SnapshotState.COMPLETED);
    assertThat(described.progress()).isEqualTo("100%");
    assertThat(described.volumeSize()).isEqualTo(1);
    assertThat(described.encrypted()).isFalse();
    assertThat(described.startTime()).isEqualTo(fixture.clock.instant());
    assertThat(described.volumeId()).isEqualTo("vol-ffffffff");
  }

  @Test
  void snapshotsAreFound() {
    String tagged = fixture.completed(4);
    fixture.ec2.createTags(
        r -> r.resources(tagged).tags(Tag.builder().key("purpose").value("find me").build()));

    assertThat(find(filter("tag:purpose", "find*"))).containsExactly(tagged);
    assertThat(find(filter("tag:purpose", "find"))).isEmpty();
    assertThat(find(filter("tag-key", "purpose"), filter("status", "completed", "error")))
        .containsExactly(tagged);
    assertThat(find(filter("tag-key", "purpose"), filter("status", "pending"))).isEmpty();
    assertThat(fixture.ec2.describeSnapshots(r -> r.ownerIds("self")).snapshots()).isNotEmpty();
    assertThat(fixture.ec2.describeSnapshots(r -> r.ownerIds("amazon")).snapshots()).isEmpty();
    assertCode(() -> find(filter("colour", "red")), "InvalidParameterValue");
  }

  private static Filter filter(String name, String... values) {
    return Filter.builder().name(name).values(values).build();
  }

  private List<String> find(Filter... filters) {
    return fixture.ec2.describeSnapshots(r -> r.filters(filters)).snapshots().stream()
        .map(Snapshot::snapshotId)
        .toList();
  }

  @Test
  void imagesAreFound() {
    String id = register(r -> r.name("needle"));

    assertThat(
            fixture
                .ec2
                .describeImages(
                    r ->
                        r.owners("self")
                            .filters(
                                filter("name", "nee?le"),
                                filter("block-device-mapping.snapshot-id", snapshot)))
                .images())
        .extracting(Image::imageId)
        .containsExactly(id);
    assertCode(() -> describe("ami-1"), "InvalidAMIID.Malformed");
  }

  @Test
  void listingsGoPageByPage() {
    for (int i = 0; i < 7; i++) {
      fixture.start(1);
    }
    List<String> all =
        fixture.ec2.describeSnapshots().snapshots().stream().map(Snapshot::snapshotId).toList();
    List<String> paged = new ArrayList<>();
    fixture
        .ec2
        .describeSnapshotsPaginator(r -> r.maxResults(5))
        .forEach(
            page -> {
              assertThat(page.snapshots()).hasSizeLessThanOrEqualTo(5);
              page.snapshots().stream().map(Snapshot::snapshotId).forEach(paged::add);
            });

    assertThat(paged).isEqualTo(all).hasSizeGreaterThan(5);
    assertCode(() -> fixture.ec2.describeSnapshots(r -> r.maxResults(4)), "InvalidParameterValue");
    assertCode(
        () -> fixture.ec2.describeSnapshots(r -> r.maxResults(5).nextToken("x")),
        "InvalidNextToken");
    assertCode(
        () -> fixture.ec2.describeSnapshots(r -> r.maxResults(5).snapshotIds(snapshot)),
        "InvalidParameterCombination");
  }

  @Test
  void tagsComeAndGo() {
    String id = fixture.start(1);
    fixture.ec2.createTags(
        r ->
            r.resources(id)
                .tags(
                    Tag.builder().key("a").value("1").build(),
                    Tag.builder().key("b").value("2").build()));
    fixture.ec2.createTags(r -> r.resources(id).tags(Tag.builder().key("a").value("3").build()));
    fixture.ec2.deleteTags(
        r ->
            r.resources(id)
                .tags(Tag.builder().key("b").build(), Tag.builder().key("a").value("1").build()));

    assertThat(fixture.ec2.describeTags(r -> r.filters(filter("resource-id", id))).tags())
        .extracting(tag -> tag.key() + "=" + tag.value() + " " + tag.resourceTypeAsString())
        .containsExactly("a=3 snapshot");
    assertCode(
        () ->
            fixture.ec2.createTags(
                r -> r.resources(id).tags(Tag.builder().key("aws:x").value("1").build())),
        "InvalidParameterValue");
    assertCode(
        () ->
            fixture.ec2.createTags(
                r ->
                    r.resources("snap-00000000000000000")
                        .tags(Tag.builder().key("x").value("1").build())),
        "InvalidSnapshot.NotFound");
  }

  @Test
  void dryRunsChangeNothing() {
    assertCode(
        () -> fixture.ec2.registerImage(image(r -> r.name("dry run").dryRun(true))),
        "DryRunOperation");
    assertCode(
        () -> fixture.ec2.deleteSnapshot(r -> r.snapshotId(snapshot).dryRun(true)),
        "InvalidSnapshot.InUse");
    assertThat(fixture.ec2.describeImages(r -> r.filters(filter("name", "dry run"))).images())
        .isEmpty();
  }

  @Test
  void regionsAndZonesAreNamed() {
    assertThat(fixture.ec2.describeRegions().regions().getFirst().regionName())
        .isEqualTo("us-east-1");
    assertThat(fixture.ec2.describeAvailabilityZones().availabilityZones())
        .extracting(zone -> zone.zoneName())
        .containsExactly("us-east-1a", "us-east-1b", "us-east-1c");
  }

  @Test
  void unknownIsToldFromUnsupported() throws Exception {
    assertThat(post("Action=MakeCoffee&Version=2016-11-15")).contains("<Code>InvalidAction</Code>");
    assertThat(post("Action=RunInstances&Version=2016-11-15"))
        .contains("<Code>UnsupportedOperation</Code>");
    assertThat(post("Action=DescribeSnapshots&Version=2016-11-15&Colour=red"))
        .contains("<Code>UnknownParameter</Code>");
    assertThat(post("Action=DescribeSnapshots&Version=2016-11-15&Filter.1.Colour=red"))
        .contains("<Code>UnknownParameter</Code>");
    assertThat(post("Action=RegisterImage&Version=2016-11-15&Name=abc&KernelId=aki-1"))
        .contains("<Code>UnsupportedOperation</Code>");
    assertThat(post("Action=DescribeSnapshots&Version=2016-11-15&MaxResults=5&MaxResults=6"))
        .contains("<Code>InvalidQueryParameter</Code>");
    assertThat(post("Action=DescribeSnapshots&Version=2014-01-01"))
        .contains("<Code>NoSuchVersion</Code>");
    assertThat(post("Version=2016-11-15")).contains("<Code>MissingAction</Code>");
    assertThat(post("Action=DescribeSnapshots&Version=2016-11-15&SnapshotId.99999999=x"))
        .contains("<Code>");
  }

  private String post(String form) throws Exception {
    try (RawHttp http = new RawHttp(fixture.aws.endpoint())) {
      HttpResponse<String> answer =
          http.send(
              "ec2",
              "POST",
              "/",
              form.getBytes(StandardCharsets.UTF_8),
              "Content-Type",
              "application/x-www-form-urlencoded; charset=utf-8");
      assertThat(answer.statusCode()).isBetween(400, 499);
      return answer.body();
    }
  }
}
