package io.vmferry.local.iam;

import io.vmferry.local.edge.AuthorizedCall;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What S3's requests ask for. Buckets are in the path, as the embedded S3 wants it. */
final class S3Access {
  private static final String ARN = "arn:aws:s3:::";
  private static final Pattern DELETED_KEY = Pattern.compile("<Key>([^<]*)</Key>");

  /** Parts of buckets and objects with actions of their own, by the query's parameter. */
  private static final Map<String, String> PARTS =
      Map.of(
          "acl", "Acl",
          "encryption", "EncryptionConfiguration",
          "lifecycle", "LifecycleConfiguration",
          "location", "Location",
          "policy", "Policy",
          "tagging", "Tagging",
          "versioning", "Versioning");

  private S3Access() {}

  static List<Access> of(AuthorizedCall call) {
    Location location = Location.of(call.path());
    if (location.bucket().isEmpty()) {
      return List.of(Access.to("s3:ListAllMyBuckets", "*"));
    }
    for (Map.Entry<String, String> part : PARTS.entrySet()) {
      if (call.parameters().containsKey(part.getKey())) {
        String kind = location.key().isEmpty() ? "Bucket" : "Object";
        return List.of(Access.to(verb(call.method()) + kind + part.getValue(), location.arn()));
      }
    }
    return location.key().isEmpty() ? ofBucket(call, location) : ofObject(call, location);
  }

  private static String verb(String method) {
    return switch (method) {
      case "PUT" -> "s3:Put";
      case "DELETE" -> "s3:Delete";
      default -> "s3:Get";
    };
  }

  private static List<Access> ofBucket(AuthorizedCall call, Location location) {
    return switch (call.operation()) {
      case "ListObjectsV2", "ListObjects", "HeadBucket" -> {
        Map<String, List<String>> context = new HashMap<>();
        call.parameter("prefix").ifPresent(prefix -> context.put("s3:prefix", List.of(prefix)));
        call.parameter("delimiter").ifPresent(d -> context.put("s3:delimiter", List.of(d)));
        yield List.of(new Access("s3:ListBucket", location.arn(), context));
      }
      case "ListMultipartUploads" ->
          List.of(Access.to("s3:ListBucketMultipartUploads", location.arn()));
      case "DeleteObjects" -> deleted(call, location);
      default -> List.of(Access.to("s3:" + call.operation(), location.arn()));
    };
  }

  /** S3 tells of each key by itself; a request some of whose keys are denied is denied here. */
  private static List<Access> deleted(AuthorizedCall call, Location location) {
    List<Access> asked = new ArrayList<>();
    Matcher keys = DELETED_KEY.matcher(StandardCharsets.UTF_8.decode(call.body().duplicate()));
    while (keys.find()) {
      String key =
          keys.group(1)
              .replace("&lt;", "<")
              .replace("&gt;", ">")
              .replace("&quot;", "\"")
              .replace("&apos;", "'")
              .replace("&amp;", "&");
      asked.add(Access.to("s3:DeleteObject", ARN + location.bucket() + "/" + key));
    }
    return asked.isEmpty() ? List.of(Access.to("s3:DeleteObject", location.arn())) : asked;
  }

  private static List<Access> ofObject(AuthorizedCall call, Location location) {
    String version = call.parameters().containsKey("versionId") ? "Version" : "";
    List<Access> asked = new ArrayList<>();
    switch (call.operation()) {
      case "GetObject", "HeadObject" ->
          asked.add(Access.to("s3:GetObject" + version, location.arn()));
      case "PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload" -> {
        asked.add(Access.to("s3:PutObject", location.arn()));
        if (call.header("x-amz-tagging").isPresent()) {
          asked.add(Access.to("s3:PutObjectTagging", location.arn()));
        }
        call.header("x-amz-copy-source").ifPresent(source -> asked.add(copied(source)));
      }
      case "ListParts" -> asked.add(Access.to("s3:ListMultipartUploadParts", location.arn()));
      case "AbortMultipartUpload" ->
          asked.add(Access.to("s3:AbortMultipartUpload", location.arn()));
      case "DeleteObject" -> asked.add(Access.to("s3:DeleteObject" + version, location.arn()));
      default -> asked.add(Access.to("s3:" + call.operation(), location.arn()));
    }
    return asked;
  }

  private static Access copied(String header) {
    int query = header.indexOf("?versionId=");
    String path = query < 0 ? header : header.substring(0, query);
    return Access.to(
        query < 0 ? "s3:GetObject" : "s3:GetObjectVersion",
        Location.of(path.startsWith("/") ? path : "/" + path).arn());
  }

  /** A bucket, and an object in it unless the key is empty. */
  record Location(String bucket, String key) {
    static Location of(String path) {
      String trimmed = path.startsWith("/") ? path.substring(1) : path;
      int slash = trimmed.indexOf('/');
      return slash < 0
          ? new Location(decoded(trimmed), "")
          : new Location(
              decoded(trimmed.substring(0, slash)), decoded(trimmed.substring(slash + 1)));
    }

    private static String decoded(String text) {
      // A plus sign in a path is a plus sign.
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    String arn() {
      return key.isEmpty() ? ARN + bucket : ARN + bucket + "/" + key;
    }
  }
}
