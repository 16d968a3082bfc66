package io.vmferry.local.edge;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tells the operation of a request from its outside, as far as faults are aimed at it. */
final class OperationNames {
  private OperationNames() {}

  /**
   * The operation's name as in the service's model; {@code Unknown} if it cannot be told.
   *
   * @param target the X-Amz-Target header
   * @param form the form parameters of a Query protocol request
   */
  static String of(
      String service,
      String method,
      String path,
      Map<String, List<String>> query,
      @Nullable String target,
      Map<String, List<String>> form) {
    if (target != null) {
      return target.substring(target.lastIndexOf('.') + 1);
    }
    List<String> action = form.containsKey("Action") ? form.get("Action") : query.get("Action");
    if (action != null && !action.isEmpty()) {
      return action.getFirst();
    }
    return switch (service) {
      case "ebs" -> ebs(method, path);
      case "s3" -> s3(method, path, query);
      case "lambda" -> path.endsWith("/invocations") ? "Invoke" : "Unknown";
      default -> "Unknown";
    };
  }

  private static String ebs(String method, String path) {
    if (path.matches("/snapshots/[^/]+/blocks/[^/]+")) {
      return method.equals("PUT") ? "PutSnapshotBlock" : "GetSnapshotBlock";
    }
    if (path.startsWith("/snapshots/completion/")) {
      return "CompleteSnapshot";
    }
    if (path.endsWith("/changedblocks")) {
      return "ListChangedBlocks";
    }
    return path.endsWith("/blocks") ? "ListSnapshotBlocks" : "StartSnapshot";
  }

  private static String s3(String method, String path, Map<String, List<String>> query) {
    String trimmed = path.startsWith("/") ? path.substring(1) : path;
    int slash = trimmed.indexOf('/');
    boolean object = slash >= 0 && slash < trimmed.length() - 1;
    if (trimmed.isEmpty()) {
      return "ListBuckets";
    }
    return object ? s3Object(method, query) : s3Bucket(method, query);
  }

  private static String s3Object(String method, Map<String, List<String>> query) {
    return switch (method) {
      case "GET" -> query.containsKey("uploadId") ? "ListParts" : "GetObject";
      case "HEAD" -> "HeadObject";
      case "PUT" -> query.containsKey("uploadId") ? "UploadPart" : "PutObject";
      case "POST" ->
          query.containsKey("uploads") ? "CreateMultipartUpload" : "CompleteMultipartUpload";
      case "DELETE" -> query.containsKey("uploadId") ? "AbortMultipartUpload" : "DeleteObject";
      default -> "Unknown";
    };
  }

  private static String s3Bucket(String method, Map<String, List<String>> query) {
    return switch (method) {
      case "GET" ->
          query.containsKey("uploads")
              ? "ListMultipartUploads"
              : query.containsKey("list-type") ? "ListObjectsV2" : "ListObjects";
      case "HEAD" -> "HeadBucket";
      case "PUT" -> "CreateBucket";
      case "POST" -> query.containsKey("delete") ? "DeleteObjects" : "PostObject";
      case "DELETE" -> "DeleteBucket";
      default -> "Unknown";
    };
  }
}
