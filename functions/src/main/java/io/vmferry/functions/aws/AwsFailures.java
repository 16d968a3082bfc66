package io.vmferry.functions.aws;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * What a failed call of an AWS service means. Adapters translate the failures that mean something
 * to their port themselves and leave all others to this class.
 */
final class AwsFailures {
  private static final int LONGEST_MESSAGE = 500;

  private static final Set<String> CAPACITY =
      Set.of(
          "ExecutionLimitExceeded",
          "PendingSnapshotLimitExceeded",
          "ProvisionedThroughputExceededException",
          "RequestLimitExceeded",
          "RequestThrottledException",
          "ResourceLimitExceeded",
          "ServiceQuotaExceededException",
          "SlowDown",
          "SnapshotLimitExceeded",
          "ThrottlingException");

  private static final Set<String> DENIED =
      Set.of(
          "AccessDenied",
          "AccessDeniedException",
          "AuthFailure",
          "InvalidAccessKeyId",
          "InvalidClientTokenId",
          "SignatureDoesNotMatch",
          "UnauthorizedOperation",
          "UnrecognizedClientException");

  // A role's credentials that ran out are replaced by fresh ones at the next attempt.
  private static final Set<String> TRANSIENT =
      Set.of(
          "ExpiredToken",
          "ExpiredTokenException",
          "InternalError",
          "RequestExpired",
          "RequestTimeout",
          "RequestTimeTooSkewed",
          "ServiceUnavailable",
          "TransactionInProgressException",
          "Unavailable");

  private AwsFailures() {}

  /**
   * Makes a call and translates its failure.
   *
   * @param action the call as policies name it: {@code ebs:PutSnapshotBlock}
   * @param subject what it is about: a snapshot's id, an object's location
   */
  static <T> T call(String action, String subject, Supplier<T> call) {
    try {
      return call.get();
    } catch (SdkException e) {
      throw translate(e, action, subject);
    }
  }

  /** The failure that an exception of the SDK means. */
  static VmferryException translate(SdkException e, String action, String subject) {
    if (e.getCause() instanceof VmferryException meant) {
      // Thrown by code of ours that the SDK called.
      return meant;
    }
    String where = action + " on " + subject;
    if (e instanceof AwsServiceException service) {
      return new VmferryException(codeFor(service), where + ": " + describe(service), e);
    }
    if (e instanceof AbortedException || Thread.currentThread().isInterrupted()) {
      // The SDK clears the interrupt when it gives up; whoever interrupted expects to find it.
      Thread.currentThread().interrupt();
      return new VmferryException(ErrorCode.SERVICE_UNAVAILABLE, where + ": interrupted", e);
    }
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    if (message.contains("Unable to load credentials")) {
      return new VmferryException(
          ErrorCode.SERVICE_ACCESS_DENIED, where + ": there are no AWS credentials", e);
    }
    return new VmferryException(
        ErrorCode.SERVICE_UNAVAILABLE, where + ": no answer: " + shortened(message), e);
  }

  private static ErrorCode codeFor(AwsServiceException e) {
    String code = code(e);
    if (e.isThrottlingException() || e.statusCode() == 429 || CAPACITY.contains(code)) {
      return ErrorCode.SERVICE_THROTTLED;
    }
    if (e.statusCode() >= 500 || e.statusCode() == 408 || TRANSIENT.contains(code)) {
      return ErrorCode.SERVICE_UNAVAILABLE;
    }
    if (e.statusCode() == 401 || e.statusCode() == 403 || DENIED.contains(code)) {
      return ErrorCode.SERVICE_ACCESS_DENIED;
    }
    return ErrorCode.INTERNAL;
  }

  /** The service's own code of a failure; empty if it gave none. */
  static String code(AwsServiceException e) {
    AwsErrorDetails details = e.awsErrorDetails();
    return details == null || details.errorCode() == null ? "" : details.errorCode();
  }

  /** What the service said, on one line of bounded length. */
  static String describe(AwsServiceException e) {
    AwsErrorDetails details = e.awsErrorDetails();
    String message = details == null ? null : details.errorMessage();
    String code = code(e);
    return "%s%s(HTTP %d%s)"
        .formatted(
            code.isEmpty() ? "" : code + " ",
            message == null || message.isBlank() ? "" : "'" + shortened(message) + "' ",
            e.statusCode(),
            e.requestId() == null ? "" : ", request " + e.requestId());
  }

  private static String shortened(String message) {
    String line = message.strip().replaceAll("\\s+", " ");
    return line.length() <= LONGEST_MESSAGE ? line : line.substring(0, LONGEST_MESSAGE) + "…";
  }

  /** Whether a service's code starts so, whatever the case: services write it both ways. */
  static boolean hasCode(AwsServiceException e, String start) {
    return code(e).toLowerCase(Locale.ROOT).startsWith(start.toLowerCase(Locale.ROOT));
  }
}
