package io.vmferry.local.ebs;

import io.vmferry.local.edge.ServiceRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A request of the EBS direct APIs: its operation told, and nothing unknown in it. */
record EbsRequest(EbsOperation operation, ServiceRequest http, List<String> pathLabels) {
  private static final Pattern SNAPSHOT_ID = Pattern.compile("snap-[0-9a-f]+");
  private static final int MAX_ID_LENGTH = 64;

  /** What signatures and SDKs add to any request. */
  private static final Set<String> COMMON_HEADERS =
      Set.of(
          "x-amz-content-sha256",
          "x-amz-date",
          "x-amz-security-token",
          "x-amz-user-agent",
          "x-amz-region-set");

  /** Tells the operation and refuses unknown parameters and headers. */
  static EbsRequest of(ServiceRequest request) {
    String[] labels = request.path().split("/", -1);
    EbsRequest call = route(request, labels);
    if (call == null) {
      throw EbsException.unknownOperation();
    }
    Set<String> queries = knownQueries(call.operation());
    for (String name : request.query().keySet()) {
      if (!queries.contains(name) && !name.startsWith("X-Amz-")) {
        throw EbsException.invalidParameter("Unknown query parameter '" + name + "'");
      }
      if (request.query().get(name).size() > 1) {
        throw EbsException.invalidParameter("Query parameter '" + name + "' is given twice");
      }
    }
    Set<String> headers = knownHeaders(call.operation());
    for (String name : request.headers().keySet()) {
      if (name.startsWith("x-amz-") && !COMMON_HEADERS.contains(name) && !headers.contains(name)) {
        throw EbsException.invalidParameter("Unknown header '" + name + "'");
      }
    }
    return call;
  }

  private static @Nullable EbsRequest route(ServiceRequest request, String[] path) {
    if (path.length < 2 || !path[0].isEmpty() || !path[1].equals("snapshots")) {
      return null;
    }
    String method = request.method();
    return switch (path.length) {
      case 2 ->
          method.equals("POST")
              ? new EbsRequest(EbsOperation.START_SNAPSHOT, request, List.of())
              : null;
      case 4 -> routeOfThree(request, method, path[2], path[3]);
      case 5 -> routeBlock(request, method, path);
      default -> null;
    };
  }

  private static @Nullable EbsRequest routeOfThree(
      ServiceRequest request, String method, String middle, String last) {
    if (middle.equals("completion") && method.equals("POST")) {
      return new EbsRequest(EbsOperation.COMPLETE_SNAPSHOT, request, List.of(last));
    }
    if (!method.equals("GET")) {
      return null;
    }
    return switch (last) {
      case "blocks" -> new EbsRequest(EbsOperation.LIST_SNAPSHOT_BLOCKS, request, List.of(middle));
      case "changedblocks" ->
          new EbsRequest(EbsOperation.LIST_CHANGED_BLOCKS, request, List.of(middle));
      default -> null;
    };
  }

  private static @Nullable EbsRequest routeBlock(
      ServiceRequest request, String method, String[] path) {
    if (!path[3].equals("blocks")) {
      return null;
    }
    List<String> labels = List.of(path[2], path[4]);
    return switch (method) {
      case "PUT" -> new EbsRequest(EbsOperation.PUT_SNAPSHOT_BLOCK, request, labels);
      case "GET" -> new EbsRequest(EbsOperation.GET_SNAPSHOT_BLOCK, request, labels);
      default -> null;
    };
  }

  private static Set<String> knownQueries(EbsOperation operation) {
    return switch (operation) {
      case GET_SNAPSHOT_BLOCK -> Set.of("blockToken");
      case LIST_SNAPSHOT_BLOCKS -> Set.of("pageToken", "maxResults", "startingBlockIndex");
      case LIST_CHANGED_BLOCKS ->
          Set.of("pageToken", "maxResults", "startingBlockIndex", "firstSnapshotId");
      case START_SNAPSHOT, PUT_SNAPSHOT_BLOCK, COMPLETE_SNAPSHOT -> Set.of();
    };
  }

  private static Set<String> knownHeaders(EbsOperation operation) {
    return switch (operation) {
      case PUT_SNAPSHOT_BLOCK ->
          Set.of(
              "x-amz-data-length", "x-amz-progress", "x-amz-checksum", "x-amz-checksum-algorithm");
      case COMPLETE_SNAPSHOT ->
          Set.of(
              "x-amz-changedblockscount",
              "x-amz-checksum",
              "x-amz-checksum-algorithm",
              "x-amz-checksum-aggregation-method");
      case START_SNAPSHOT, GET_SNAPSHOT_BLOCK, LIST_SNAPSHOT_BLOCKS, LIST_CHANGED_BLOCKS ->
          Set.of();
    };
  }

  static EbsException missing(String parameter) {
    return EbsException.invalidParameter("The required parameter " + parameter + " is missing");
  }

  /** The snapshot named in the path. */
  String snapshotId() {
    return checkId(decode(pathLabels.getFirst()));
  }

  /** A snapshot named in the query. */
  Optional<String> querySnapshotId(String name) {
    return http.queryParameter(name).map(EbsRequest::checkId);
  }

  static String checkId(String id) {
    if (id.length() > MAX_ID_LENGTH || !SNAPSHOT_ID.matcher(id).matches()) {
      throw EbsException.validation("INVALID_SNAPSHOT_ID", "'" + id + "' is not a snapshot's id");
    }
    return id;
  }

  /** The block named in the path. */
  int blockIndex() {
    int index = parseInt("BlockIndex", decode(pathLabels.get(1)));
    if (index < 0) {
      throw EbsException.validation("INVALID_BLOCK", "BlockIndex is negative");
    }
    return index;
  }

  private static String decode(String label) {
    try {
      return URLDecoder.decode(label.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw EbsException.invalidParameter("The path is not percent-encoded as it should be");
    }
  }

  Optional<Integer> intHeader(String name) {
    return http.header(name).map(value -> parseInt(name, value));
  }

  Optional<Integer> intQuery(String name) {
    return http.queryParameter(name).map(value -> parseInt(name, value));
  }

  private static int parseInt(String name, String value) {
    try {
      return Integer.parseInt(value.strip());
    } catch (NumberFormatException e) {
      throw EbsException.invalidParameter(name + " '" + value + "' is not an integer");
    }
  }

  /** The percentage of progress; -1 if none is given. */
  int progress() {
    int progress = intHeader("x-amz-Progress").orElse(-1);
    if (http.header("x-amz-Progress").isPresent() && (progress < 0 || progress > 100)) {
      throw EbsException.invalidParameter("x-amz-Progress is " + progress + ", not 0 to 100");
    }
    return progress;
  }

  /** The SHA-256 of the header. */
  Optional<byte[]> checksum() {
    Optional<String> value = http.header("x-amz-Checksum");
    if (value.isEmpty()) {
      return Optional.empty();
    }
    byte[] checksum;
    try {
      checksum = Base64.getDecoder().decode(value.get());
    } catch (IllegalArgumentException e) {
      throw EbsException.invalidParameter("x-amz-Checksum is not base64");
    }
    if (checksum.length != BlockFiles.CHECKSUM_BYTES) {
      throw EbsException.invalidParameter(
          "x-amz-Checksum has " + checksum.length + " bytes, not " + BlockFiles.CHECKSUM_BYTES);
    }
    return Optional.of(checksum);
  }

  /** Refuses another checksum algorithm than SHA-256, and none where one is required. */
  void requireSha256(boolean required) {
    requireValue("x-amz-Checksum-Algorithm", "SHA256", required);
  }

  /** Refuses another aggregation method than the linear one. */
  void requireLinear() {
    requireValue("x-amz-Checksum-Aggregation-Method", "LINEAR", checksum().isPresent());
  }

  private void requireValue(String header, String value, boolean required) {
    Optional<String> given = http.header(header);
    if (given.isEmpty() && required) {
      throw missing(header);
    }
    if (given.isPresent() && !given.get().equals(value)) {
      throw EbsException.invalidParameter(
          header.toLowerCase(Locale.ROOT) + " is '" + given.get() + "', not " + value);
    }
  }
}
