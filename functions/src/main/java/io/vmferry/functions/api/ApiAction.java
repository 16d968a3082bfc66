package io.vmferry.functions.api;

import io.vmferry.functions.api.ApiParameter.Support;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * The actions that are answered here, with every parameter EC2's model has for them: what is in
 * this table is known to EC2, so what is not is unknown.
 */
public enum ApiAction {
  /** Disk images become an AMI. */
  IMPORT_IMAGE("ImportImage", ApiAction::importImage),
  /** Lists imports of images. */
  DESCRIBE_IMPORT_IMAGE_TASKS(
      "DescribeImportImageTasks", list -> list.describe("Filters", "ImportTaskId")),
  /** A disk image becomes a snapshot. */
  IMPORT_SNAPSHOT("ImportSnapshot", ApiAction::importSnapshot),
  /** Lists imports of snapshots. */
  DESCRIBE_IMPORT_SNAPSHOT_TASKS(
      "DescribeImportSnapshotTasks", list -> list.describe("Filters", "ImportTaskId")),
  /** Ends an import. */
  CANCEL_IMPORT_TASK(
      "CancelImportTask",
      list ->
          list.works("CancelReason", "ImportTaskId").works(ApiParameter.Type.BOOLEAN, "DryRun")),
  /** An AMI becomes a disk image. */
  EXPORT_IMAGE("ExportImage", ApiAction::exportImage),
  /** Lists exports of images. */
  DESCRIBE_EXPORT_IMAGE_TASKS(
      "DescribeExportImageTasks", list -> list.describe("Filter", "ExportImageTaskId")),
  /** An instance becomes a disk image. */
  CREATE_INSTANCE_EXPORT_TASK("CreateInstanceExportTask", ApiAction::exportInstance),
  /** Lists exports of instances. */
  DESCRIBE_EXPORT_TASKS(
      "DescribeExportTasks",
      list -> list.works("Filter.N.Name", "Filter.N.Value.N", "ExportTaskId.N")),
  /** Ends an export. */
  CANCEL_EXPORT_TASK("CancelExportTask", list -> list.works("ExportTaskId"));

  private static final Pattern INDEX = Pattern.compile("(?<=\\.)[1-9][0-9]{0,3}(?=\\.|$)");
  private static final Pattern INTEGER = Pattern.compile("-?[0-9]{1,10}");
  private static final Pattern DOUBLE =
      Pattern.compile("-?[0-9]{1,30}(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?");
  private static final int LONGEST_NAME = 200;

  private final String actionName;

  // A copy that does not change.
  @SuppressWarnings("Immutable")
  private final Map<String, ApiParameter> parameters;

  ApiAction(String actionName, Consumer<Parameters> list) {
    this.actionName = actionName;
    Parameters all = new Parameters();
    list.accept(all);
    this.parameters = Map.copyOf(all.byName);
  }

  /** The action of that name. */
  public static Optional<ApiAction> of(String name) {
    for (ApiAction action : values()) {
      if (action.actionName.equals(name)) {
        return Optional.of(action);
      }
    }
    return Optional.empty();
  }

  /** What requests call it. */
  public String actionName() {
    return actionName;
  }

  /** Its parameters in the order of their names. */
  public List<ApiParameter> parameters() {
    List<ApiParameter> sorted = new ArrayList<>(parameters.values());
    sorted.sort(Comparator.comparing(ApiParameter::name));
    return List.copyOf(sorted);
  }

  /**
   * Checks the names and the types of a request's parameters.
   *
   * @throws ApiException {@code UnknownParameter} or {@code InvalidParameterValue}
   */
  void check(Map<String, String> request) {
    request.forEach(
        (name, value) -> {
          Optional<ApiParameter> parameter =
              name.length() > LONGEST_NAME
                  ? Optional.empty()
                  : Optional.ofNullable(parameters.get(INDEX.matcher(name).replaceAll("N")));
          // "N" itself is no index.
          if (parameter.isEmpty() || (name + ".").contains(".N.")) {
            throw ApiException.unknownParameter(name);
          }
          check(parameter.get(), name, value);
        });
  }

  private static void check(ApiParameter parameter, String name, String value) {
    boolean right =
        value.isEmpty()
            || switch (parameter.type()) {
              case STRING -> true;
              case BOOLEAN -> value.equalsIgnoreCase("true") || value.equalsIgnoreCase("false");
              case INTEGER -> INTEGER.matcher(value).matches() && isInt(value);
              case DOUBLE -> DOUBLE.matcher(value).matches();
              case TIMESTAMP -> isTime(value);
            };
    if (!right) {
      throw ApiException.invalidValue(
          name,
          value,
          switch (parameter.type()) {
            case STRING -> "text";
            case BOOLEAN -> "true | false";
            case INTEGER -> "a whole number";
            case DOUBLE -> "a number";
            case TIMESTAMP -> "a time as in 2026-01-31T12:00:00Z";
          });
    }
  }

  private static boolean isInt(String value) {
    long number = Long.parseLong(value);
    return number == (int) number;
  }

  private static boolean isTime(String value) {
    try {
      return OffsetDateTime.parse(value).getYear() > 0;
    } catch (DateTimeException e) {
      return false;
    }
  }

  /** Collects the parameters of an action. */
  private static final class Parameters {
    private final Map<String, ApiParameter> byName = new LinkedHashMap<>();

    Parameters works(String... names) {
      return works(ApiParameter.Type.STRING, names);
    }

    Parameters works(ApiParameter.Type type, String... names) {
      for (String name : names) {
        add(name, type, Support.WORKS, "");
      }
      return this;
    }

    Parameters add(String name, ApiParameter.Type type, Support support, String note) {
      byName.put(name, new ApiParameter(name, type, support, note));
      return this;
    }

    Parameters note(String name, String note) {
      return add(name, ApiParameter.Type.STRING, Support.WORKS, note);
    }

    Parameters describe(String filters, String ids) {
      note(filters + ".N.Name", "`task-state`; others are refused")
          .note(filters + ".N.Value.N", "`active`, `completed`, `deleting`, `deleted`")
          .works(ids + ".N", "NextToken")
          .works(ApiParameter.Type.BOOLEAN, "DryRun")
          .add(
              "MaxResults",
              ApiParameter.Type.INTEGER,
              Support.WORKS,
              "1 to 500; 100 if it is not given");
      return this;
    }

    Parameters tags(String type) {
      return note("TagSpecification.N.ResourceType", "`" + type + "`")
          .works("TagSpecification.N.Tag.N.Key", "TagSpecification.N.Tag.N.Value");
    }

    /** What both kinds of import have. */
    Parameters imports() {
      String clientData = "a note of the client's that EC2 shows nowhere";
      return add("ClientData.Comment", ApiParameter.Type.STRING, Support.NO_EFFECT, clientData)
          .add("ClientData.UploadEnd", ApiParameter.Type.TIMESTAMP, Support.NO_EFFECT, clientData)
          .add("ClientData.UploadSize", ApiParameter.Type.DOUBLE, Support.NO_EFFECT, clientData)
          .add("ClientData.UploadStart", ApiParameter.Type.TIMESTAMP, Support.NO_EFFECT, clientData)
          .note("ClientToken", "at most 64 characters")
          .note("Description", "at most 255 characters")
          .works(ApiParameter.Type.BOOLEAN, "DryRun", "Encrypted")
          .note("KmsKeyId", "an id or ARN of a key; with `Encrypted=true` only; no alias")
          .add(
              "RoleName",
              ApiParameter.Type.STRING,
              Support.NO_EFFECT,
              "the stack's functions have roles of their own; the name they go by is checked");
    }
  }

  private static final String FORMATS =
      "`ova`, `vmdk`, `vhd`, `vhdx`, `raw`, and `ovf` of vmferry; checked against the bytes";
  private static final String URL = "`s3://bucket/key` or `https://…`";

  private static void importImage(Parameters list) {
    list.imports()
        .tags("import-image-task")
        .note("Architecture", "`x86_64`, `arm64`, `i386`; the guest's if it is not given")
        .note("BootMode", "`legacy-bios`, `uefi`, `uefi-preferred`; the guest's if not given")
        .note("DiskContainer.N.Description", "shown with the task")
        .note("DiskContainer.N.DeviceName", "`/dev/sda1` of the first, else the next free one")
        .note("DiskContainer.N.Format", FORMATS)
        .note("DiskContainer.N.SnapshotId", "a completed snapshot, which is copied")
        .note("DiskContainer.N.Url", URL)
        .works("DiskContainer.N.UserBucket.S3Bucket", "DiskContainer.N.UserBucket.S3Key")
        .note("Hypervisor", "`xen`, as in EC2; the image boots on every hypervisor")
        .add(
            "LicenseSpecifications.N.LicenseConfigurationArn",
            ApiParameter.Type.STRING,
            Support.REFUSED,
            "licence configurations are not attached yet; their ARNs are checked first")
        .note("LicenseType", "`Auto`, `BYOL`; `AWS` is refused: no licence is included yet")
        .note("Platform", "`Linux`, `Windows`")
        .note(
            "UsageOperation",
            "`RunInstances`, `RunInstances:0800`; those that include a licence are refused");
  }

  private static void importSnapshot(Parameters list) {
    list.imports()
        .tags("import-snapshot-task")
        .note("DiskContainer.Description", "shown with the task")
        .note("DiskContainer.Format", FORMATS)
        .note("DiskContainer.Url", URL)
        .works("DiskContainer.UserBucket.S3Bucket", "DiskContainer.UserBucket.S3Key");
  }

  private static void exportImage(Parameters list) {
    list.tags("export-image-task")
        .works("ClientToken", "Description", "ImageId")
        .works("S3ExportLocation.S3Bucket", "S3ExportLocation.S3Prefix", "RoleName")
        .note("DiskImageFormat", "`VMDK`, `RAW`, `VHD`")
        .works(ApiParameter.Type.BOOLEAN, "DryRun");
  }

  private static void exportInstance(Parameters list) {
    list.tags("export-instance-task")
        .works("Description", "InstanceId", "ExportToS3.S3Bucket", "ExportToS3.S3Prefix")
        .note("TargetEnvironment", "`citrix`, `vmware`, `microsoft`")
        .note("ExportToS3.DiskImageFormat", "`VMDK`, `VHD`")
        .note("ExportToS3.ContainerFormat", "`ova`, with `vmware` only");
  }
}
