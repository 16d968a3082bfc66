package io.vmferry.local.edge;

import io.vmferry.local.edge.FaultInjector.Fault;
import java.util.Map;

/** Error answers that do not come from a service, in the form the service's clients expect. */
final class EdgeErrors {
  private EdgeErrors() {}

  /** An error in the protocol of the service. */
  static ServiceResponse of(
      String service, int status, String code, String message, String requestId) {
    return switch (service) {
      case "s3" ->
          ServiceResponse.of(
              status,
              "application/xml",
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message><RequestId>%s</RequestId></Error>"
                  .formatted(code, message, requestId));
      case "ec2" ->
          ServiceResponse.of(
              status,
              "text/xml;charset=UTF-8",
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>%s</RequestID></Response>"
                  .formatted(code, message, requestId));
      default -> {
        ServiceResponse json =
            ServiceResponse.of(
                status,
                "application/json",
                "{\"__type\":\"%s\",\"message\":\"%s\",\"Message\":\"%s\"}"
                    .formatted(code, message, message));
        yield new ServiceResponse(
            status,
            Map.of(
                "Content-Type",
                "application/json",
                // A namespace is in the body only; SDKs take the header as it is.
                "x-amzn-ErrorType",
                code.substring(code.lastIndexOf('#') + 1)),
            json.body());
      }
    };
  }

  /**
   * The answer to somebody who may not do what they ask for.
   *
   * @param message who may not do what, and why
   */
  static ServiceResponse denied(String service, String message, String requestId) {
    return switch (service) {
      case "s3" -> of("s3", 403, "AccessDenied", xml(message), requestId);
      case "ec2" ->
          of(
              "ec2",
              403,
              "UnauthorizedOperation",
              "You are not authorized to perform this operation. " + xml(message),
              requestId);
      case "dynamodb" ->
          of(
              service,
              400,
              "com.amazon.coral.service#AccessDeniedException",
              json(message),
              requestId);
      case "ebs" -> ofEbs(403, "AccessDeniedException", "UNAUTHORIZED_ACCOUNT", json(message));
      case "lambda" -> of(service, 403, "AccessDeniedException", json(message), requestId);
      default -> of(service, 400, "AccessDeniedException", json(message), requestId);
    };
  }

  private static String xml(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  private static String json(String text) {
    StringBuilder escaped = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ') {
        escaped.append("\\u%04x".formatted((int) c));
      } else {
        escaped.append(c == '"' || c == '\\' ? "\\" : "").append(c);
      }
    }
    return escaped.toString();
  }

  /** The answer of an injected fault that is not a cut connection. */
  static ServiceResponse of(Fault fault, String service, String requestId) {
    return switch (fault) {
      case THROTTLE -> throttled(service, requestId);
      case RESOURCE_THROTTLE -> resourceThrottled(service, requestId);
      case NOT_VISIBLE_YET -> notVisibleYet(service, requestId);
      case SERVER_ERROR, CUT_BEFORE, CUT_AFTER -> serverError(service, requestId);
    };
  }

  private static ServiceResponse throttled(String service, String requestId) {
    return switch (service) {
      case "s3" -> of("s3", 503, "SlowDown", "Please reduce your request rate.", requestId);
      case "ec2" -> of("ec2", 503, "RequestLimitExceeded", "Request limit exceeded.", requestId);
      default -> of(service, 400, "ThrottlingException", "Rate exceeded", requestId);
    };
  }

  private static ServiceResponse resourceThrottled(String service, String requestId) {
    return switch (service) {
      case "ebs" ->
          ofEbs(
              400,
              "RequestThrottledException",
              "RESOURCE_LEVEL_THROTTLE",
              "The request rate of the snapshot is exceeded");
      case "dynamodb" ->
          of(
              service,
              400,
              "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
              "The level of configured provisioned throughput for the table was exceeded",
              requestId);
      default -> throttled(service, requestId);
    };
  }

  private static ServiceResponse notVisibleYet(String service, String requestId) {
    return switch (service) {
      case "ebs" ->
          ofEbs(
              404,
              "ResourceNotFoundException",
              "SNAPSHOT_NOT_FOUND",
              "The snapshot does not exist.");
      case "ec2" ->
          of("ec2", 400, "InvalidSnapshot.NotFound", "The snapshot does not exist.", requestId);
      default -> serverError(service, requestId);
    };
  }

  /** An error of the EBS direct APIs, whose reason is part of what clients look at. */
  private static ServiceResponse ofEbs(int status, String code, String reason, String message) {
    String body = "{\"Message\":\"%s\",\"Reason\":\"%s\"}".formatted(message, reason);
    return new ServiceResponse(
        status,
        Map.of("Content-Type", "application/json", "x-amzn-ErrorType", code),
        ServiceResponse.of(status, "application/json", body).body());
  }

  /** A failure inside of the service. */
  static ServiceResponse serverError(String service, String requestId) {
    String message = "An internal error occurred";
    return switch (service) {
      case "s3", "ec2" -> of(service, 500, "InternalError", message, requestId);
      case "dynamodb" -> of(service, 500, "InternalServerError", message, requestId);
      case "lambda" -> of(service, 500, "ServiceException", message, requestId);
      default -> of(service, 500, "InternalServerException", message, requestId);
    };
  }
}
