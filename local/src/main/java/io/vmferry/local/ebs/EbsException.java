package io.vmferry.local.ebs;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An error answer of the EBS direct APIs. */
public final class EbsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;
  private final @Nullable String reason;

  private EbsException(int status, String code, @Nullable String reason, String message) {
    super(message);
    this.status = status;
    this.code = code;
    this.reason = reason;
  }

  static EbsException validation(String reason, String message) {
    return new EbsException(400, "ValidationException", reason, message);
  }

  static EbsException invalidParameter(String message) {
    return validation("INVALID_PARAMETER_VALUE", message);
  }

  static EbsException snapshotNotFound(String id) {
    return new EbsException(
        404,
        "ResourceNotFoundException",
        "SNAPSHOT_NOT_FOUND",
        "The snapshot '" + id + "' does not exist.");
  }

  static EbsException conflict(String message) {
    return new EbsException(409, "ConflictException", null, message);
  }

  static EbsException accountThrottled() {
    return new EbsException(400, "ThrottlingException", null, "Rate exceeded");
  }

  static EbsException snapshotThrottled(String id) {
    return new EbsException(
        400,
        "RequestThrottledException",
        "RESOURCE_LEVEL_THROTTLE",
        "The request rate of snapshot '" + id + "' is exceeded");
  }

  static EbsException quotaExceeded(String message) {
    return new EbsException(
        402, "ServiceQuotaExceededException", "DEPENDENCY_SERVICE_QUOTA_EXCEEDED", message);
  }

  static EbsException unknownOperation() {
    return new EbsException(
        404, "UnknownOperationException", null, "There is no operation of this method and path");
  }

  static EbsException internal(String message) {
    return new EbsException(500, "InternalServerException", null, message);
  }

  /** The HTTP status. */
  public int status() {
    return status;
  }

  /** The error's name, such as {@code ValidationException}. */
  public String code() {
    return code;
  }

  /** The member {@code Reason}, where the error has one. */
  public Optional<String> reason() {
    return Optional.ofNullable(reason);
  }
}
