package io.vmferry.functions.api;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The request side of exports. A request that would start one is checked whole and then refused, as
 * exports cannot be run yet; hence there are no tasks to list or cancel.
 */
final class Exports {
  private static final Pattern IMAGE = Pattern.compile("ami-([0-9a-f]{8}|[0-9a-f]{17})");
  private static final Pattern INSTANCE = Pattern.compile("i-([0-9a-f]{8}|[0-9a-f]{17})");
  private static final Pattern IMAGE_TASK =
      Pattern.compile("export-ami-([0-9a-f]{8}|[0-9a-f]{17})");
  private static final Pattern INSTANCE_TASK =
      Pattern.compile("export-i-([0-9a-f]{8}|[0-9a-f]{17})");

  /** Names as S3 takes them for new buckets. */
  private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");

  private static final int LONGEST_PREFIX = 900;
  private static final int LONGEST_TEXT = 255;
  private static final int LONGEST_TOKEN = 64;

  private static final List<String> FORMATS = List.of("VMDK", "RAW", "VHD");
  private static final List<String> ENVIRONMENTS = List.of("citrix", "vmware", "microsoft");

  /** What each environment's instances are exported as, without a container. */
  private static final Map<String, String> FORMAT_OF =
      Map.of("citrix", "VHD", "vmware", "VMDK", "microsoft", "VHD");

  private Exports() {}

  /** ExportImage. */
  static void exportImage(QueryRequest request) {
    checkId("ImageId", request.require("ImageId"), IMAGE, "InvalidAMIID.Malformed");
    request.require("DiskImageFormat");
    request.oneOf("DiskImageFormat", FORMATS);
    QueryRequest location = request.member("S3ExportLocation");
    if (location.isEmpty()) {
      throw ApiException.missing("S3ExportLocation");
    }
    checkTarget(location);
    checkLength(request, "Description", LONGEST_TEXT);
    checkLength(request, "ClientToken", LONGEST_TOKEN);
    checkLength(request, "RoleName", LONGEST_TOKEN);
    TagSpecifications.read(request, "export-image-task");
    Api.stopIfDryRun(request);
    throw cannotRun();
  }

  /** CreateInstanceExportTask. */
  static void exportInstance(QueryRequest request) {
    checkId("InstanceId", request.require("InstanceId"), INSTANCE, "InvalidInstanceID.Malformed");
    request.require("TargetEnvironment");
    String environment = request.oneOf("TargetEnvironment", ENVIRONMENTS).orElseThrow();
    QueryRequest target = request.member("ExportToS3");
    if (target.isEmpty()) {
      throw ApiException.missing("ExportToS3");
    }
    checkTarget(target);
    String fitting = FORMAT_OF.getOrDefault(environment, "");
    target
        .oneOf("DiskImageFormat", FORMATS)
        .filter(format -> !format.equals(fitting))
        .ifPresent(
            format -> {
              throw ApiException.combination(
                  "The disk image format %s is not compatible with the target environment %s, which takes %s"
                      .formatted(format, environment, fitting));
            });
    boolean ova = target.oneOf("ContainerFormat", List.of("ova")).isPresent();
    if (ova && !environment.equals("vmware")) {
      throw ApiException.combination(
          "The container format ova is not compatible with the target environment %s"
              .formatted(environment));
    }
    checkLength(request, "Description", LONGEST_TEXT);
    TagSpecifications.read(request, "export-instance-task");
    throw cannotRun();
  }

  /** DescribeExportImageTasks. */
  static void describeImageTasks(QueryRequest request, XmlWriter xml) {
    Listing.states(request, "Filter");
    Listing.maxResults(request);
    request.get("NextToken").ifPresent(Listing::decode);
    Api.stopIfDryRun(request);
    for (String id : request.strings("ExportImageTaskId")) {
      checkId("ExportImageTaskId", id, IMAGE_TASK, "InvalidExportTaskID.Malformed");
      throw notFound(id);
    }
    xml.open("exportImageTaskSet").close("exportImageTaskSet");
  }

  /** DescribeExportTasks. */
  static void describeInstanceTasks(QueryRequest request, XmlWriter xml) {
    for (QueryRequest filter : request.members("Filter")) {
      throw new ApiException(
          "InvalidParameterValue",
          "The filter '%s' is invalid".formatted(ApiException.shown(filter.require("Name"))));
    }
    for (String id : request.strings("ExportTaskId")) {
      checkId("ExportTaskId", id, INSTANCE_TASK, "InvalidExportTaskID.Malformed");
      throw notFound(id);
    }
    xml.open("exportTaskSet").close("exportTaskSet");
  }

  /** CancelExportTask. */
  static void cancel(QueryRequest request) {
    String id = request.require("ExportTaskId");
    if (!IMAGE_TASK.matcher(id).matches()) {
      checkId("ExportTaskId", id, INSTANCE_TASK, "InvalidExportTaskID.Malformed");
    }
    throw notFound(id);
  }

  private static void checkTarget(QueryRequest target) {
    String bucket = target.require("S3Bucket");
    if (!BUCKET.matcher(bucket).matches()) {
      throw ApiException.invalidValue(
          target.name("S3Bucket"), bucket, "the name of an S3 bucket, 3 to 63 characters");
    }
    checkLength(target, "S3Prefix", LONGEST_PREFIX);
  }

  private static void checkLength(QueryRequest request, String name, int most) {
    request
        .get(name)
        .filter(value -> value.length() > most)
        .ifPresent(
            value -> {
              throw ApiException.invalidValue(
                  request.name(name), value, "at most %d characters".formatted(most));
            });
  }

  private static void checkId(String parameter, String id, Pattern form, String code) {
    if (!form.matcher(id).matches()) {
      throw new ApiException(
          code,
          "Value (%s) for parameter %s is malformed".formatted(ApiException.shown(id), parameter));
    }
  }

  private static ApiException notFound(String id) {
    return new ApiException(
        "InvalidExportTaskID.NotFound", "The export task ID '%s' does not exist".formatted(id));
  }

  private static ApiException cannotRun() {
    return ApiException.unsupported(
        "The request is valid, but exports cannot be run yet: this vmferry only imports");
  }
}
