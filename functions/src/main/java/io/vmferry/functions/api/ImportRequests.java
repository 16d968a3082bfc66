package io.vmferry.functions.api;

import io.vmferry.disk.DiskFormat;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.ImportOptions;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.SourceLocation;
import io.vmferry.functions.task.TaskKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Makes tasks' requests of the parameters of ImportImage and ImportSnapshot. */
final class ImportRequests {
  private static final List<String> PLATFORMS = List.of("Linux", "Windows");
  private static final List<String> HYPERVISORS = List.of("xen");
  private static final List<String> ARCHITECTURES = List.of("x86_64", "arm64", "i386");
  private static final List<String> BOOT_MODES = List.of("legacy-bios", "uefi", "uefi-preferred");
  private static final Pattern DEVICE =
      Pattern.compile("/dev/(sda1|xvda|sd[b-z][1-9]?|xvd[b-z]|xvd[a-z][a-z])");
  private static final Pattern KEY_ARN =
      Pattern.compile("arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]{1,64}");
  private static final Pattern KEY_ID =
      Pattern.compile("(mrk-)?[0-9A-Za-z]{1,32}(-[0-9A-Za-z]{1,16}){0,6}");
  private static final Pattern ROLE = Pattern.compile("[\\w+=,.@-]{1,64}");

  private final String roleName;

  /**
   * A reader of requests.
   *
   * @param roleName the one service role that requests may name; the stack's functions have roles
   *     of their own and take its part
   */
  ImportRequests(String roleName) {
    this.roleName = roleName;
  }

  /** ImportImage. */
  ImportRequest image(QueryRequest request, Caller caller) {
    Optional<String> platform = request.oneOf("Platform", PLATFORMS);
    Optional<String> hypervisor = request.oneOf("Hypervisor", HYPERVISORS);
    Licensing.Choice license = Licensing.read(request, platform);
    List<DiskContainer> containers = new ArrayList<>();
    for (QueryRequest container : request.members("DiskContainer")) {
      containers.add(container(container));
    }
    if (containers.isEmpty()) {
      throw ApiException.missing("DiskContainer");
    }
    return read(
        request,
        caller,
        TaskKind.IMPORT_IMAGE,
        containers,
        new ImportOptions(
            platform,
            hypervisor,
            license.type(),
            license.usageOperation(),
            role(request),
            TagSpecifications.read(request, "import-image-task")),
        GuestOptions.MODIFIED);
  }

  /** ImportSnapshot. */
  ImportRequest snapshot(QueryRequest request, Caller caller) {
    QueryRequest container = request.member("DiskContainer");
    if (container.isEmpty()) {
      throw ApiException.missing("DiskContainer");
    }
    Map<String, String> tags = TagSpecifications.read(request, "import-snapshot-task");
    return read(
        request,
        caller,
        TaskKind.IMPORT_SNAPSHOT,
        List.of(container(container)),
        new ImportOptions(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            role(request),
            tags),
        GuestOptions.AS_IT_IS);
  }

  private static ImportRequest read(
      QueryRequest request,
      Caller caller,
      TaskKind kind,
      List<DiskContainer> containers,
      ImportOptions options,
      GuestOptions guest) {
    return new ImportRequest(
        kind,
        containers,
        Optional.empty(),
        request.get("Description"),
        request.oneOf("Architecture", ARCHITECTURES),
        request.oneOf("BootMode", BOOT_MODES),
        request.bool("Encrypted"),
        key(request, caller),
        request.get("ClientToken"),
        Map.of(),
        guest,
        options,
        Optional.empty());
  }

  private Optional<String> role(QueryRequest request) {
    Optional<String> role = request.get("RoleName");
    if (role.isPresent() && !ROLE.matcher(role.get()).matches()) {
      throw ApiException.invalidValue("RoleName", role.get(), "the name of an IAM role");
    }
    if (role.isPresent() && !role.get().equals(roleName)) {
      throw new ApiException(
          "InvalidParameter",
          "The service role %s does not exist or does not have sufficient permissions for the service to continue: the functions of this stack have roles of their own, which go by the name of %s. Leave the parameter RoleName out"
              .formatted(role.get(), roleName));
    }
    return role;
  }

  /** The key as an ARN, which is what EBS takes. */
  private static Optional<String> key(QueryRequest request, Caller caller) {
    Optional<String> given = request.get("KmsKeyId");
    if (given.isEmpty()) {
      return given;
    }
    if (!request.isTrue("Encrypted")) {
      throw ApiException.combination(
          "The parameter KmsKeyId requires the parameter Encrypted to be true");
    }
    String key = given.get();
    if (key.startsWith("alias/") || key.contains(":alias/")) {
      throw ApiException.unsupported(
          "An alias of a key is not supported in the parameter KmsKeyId: give the key's id or ARN");
    }
    if (KEY_ARN.matcher(key).matches()) {
      return given;
    }
    String id = key.startsWith("key/") ? key.substring("key/".length()) : key;
    if (!KEY_ID.matcher(id).matches()) {
      throw ApiException.invalidValue("KmsKeyId", key, "the id or the ARN of a KMS key");
    }
    return Optional.of(
        "arn:%s:kms:%s:%s:key/%s"
            .formatted(caller.partition(), caller.region(), caller.accountId(), id));
  }

  private static DiskContainer container(QueryRequest container) {
    QueryRequest bucket = container.member("UserBucket");
    Optional<String> url = container.get("Url");
    Optional<String> snapshot = container.get("SnapshotId");
    int sources =
        (bucket.isEmpty() ? 0 : 1) + (url.isPresent() ? 1 : 0) + (snapshot.isPresent() ? 1 : 0);
    if (sources != 1) {
      throw ApiException.combination(
          "Of the parameters %s, %s and %s exactly one has to be given; there are %d"
              .formatted(
                  container.name("Url"),
                  container.name("UserBucket"),
                  container.name("SnapshotId"),
                  sources));
    }
    Optional<String> device = container.get("DeviceName");
    if (device.isPresent() && !DEVICE.matcher(device.get()).matches()) {
      throw ApiException.invalidValue(
          container.name("DeviceName"), device.get(), "/dev/sda1 | /dev/xvda | /dev/sd[b-z]");
    }
    Optional<String> format = format(container, snapshot.isPresent());
    Optional<String> description = container.get("Description");
    if (description.map(String::length).orElse(0) > 255) {
      throw ApiException.invalidValue(
          container.name("Description"), description.orElse(""), "at most 255 characters");
    }
    return new DiskContainer(
        snapshot
            .map(id -> snapshotUrl(container, id))
            .or(() -> url)
            .orElseGet(() -> bucketUrl(bucket)),
        format,
        description,
        device,
        !bucket.isEmpty());
  }

  private static Optional<String> format(QueryRequest container, boolean ofSnapshot) {
    Optional<String> format = container.get("Format");
    if (ofSnapshot) {
      if (format.filter(name -> !name.equalsIgnoreCase("raw")).isPresent()) {
        throw ApiException.combination(
            "The parameter %s has to be RAW or left out where the disk is a snapshot"
                .formatted(container.name("Format")));
      }
      return Optional.of("raw");
    }
    format
        .filter(name -> !name.equalsIgnoreCase("ova") && !name.equalsIgnoreCase("ovf"))
        .filter(name -> DiskFormat.of(name).isEmpty())
        .ifPresent(
            name -> {
              throw new VmferryException(
                  ErrorCode.IMAGE_FORMAT_UNKNOWN,
                  "there is no format '%s'; known are raw, vmdk, vhd, vhdx, ova, ovf"
                      .formatted(ApiException.shown(name)));
            });
    return format;
  }

  private static String snapshotUrl(QueryRequest container, String id) {
    if (!SourceLocation.Snapshot.isId(id)) {
      throw new ApiException(
          "InvalidSnapshotID.Malformed",
          "Value (%s) for parameter %s is malformed"
              .formatted(ApiException.shown(id), container.name("SnapshotId")));
    }
    return SourceLocation.Snapshot.SCHEME + id;
  }

  private static String bucketUrl(QueryRequest bucket) {
    String name = bucket.require("S3Bucket");
    if (name.contains("/")) {
      throw new VmferryException(
          ErrorCode.SOURCE_LOCATION_INVALID,
          "'%s' names no bucket".formatted(ApiException.shown(name)));
    }
    return "s3://%s/%s".formatted(name, bucket.require("S3Key"));
  }
}
