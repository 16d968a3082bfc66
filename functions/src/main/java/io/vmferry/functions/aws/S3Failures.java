package io.vmferry.functions.aws;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.util.Optional;
import java.util.function.Supplier;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.regions.Region;

/** What S3's failures mean where an object is somebody's source. */
final class S3Failures {
  private S3Failures() {}

  /**
   * Makes a call on a source and translates its failure.
   *
   * @param pinned whether an object of this version was seen before
   * @param region the Region of the calls
   */
  static <T> T source(String action, String url, boolean pinned, Region region, Supplier<T> call) {
    try {
      return call.get();
    } catch (AwsServiceException e) {
      throw meaning(e, url, pinned, region).orElseGet(() -> AwsFailures.translate(e, action, url));
    } catch (SdkException e) {
      throw AwsFailures.translate(e, action, url);
    }
  }

  private static Optional<VmferryException> meaning(
      AwsServiceException e, String url, boolean pinned, Region region) {
    String code = AwsFailures.code(e);
    String said = AwsFailures.describe(e);
    Optional<String> elsewhere = bucketRegion(e).filter(r -> !r.equals(region.id()));
    // HEAD answers carry no body and so no code: there the Region's header has to do.
    if (e.statusCode() == 301
        || code.equals("PermanentRedirect")
        || (e.statusCode() == 400 && elsewhere.isPresent())) {
      return failure(
          ErrorCode.SOURCE_REGION_MISMATCH,
          "the bucket of %s is in %s, the stack in %s"
              .formatted(url, elsewhere.orElse("another Region"), region.id()),
          e);
    }
    if (e.statusCode() == 412) {
      return failure(
          ErrorCode.SOURCE_CHANGED,
          "%s has another ETag than when it was first read".formatted(url),
          e);
    }
    if (e.statusCode() == 404) {
      return pinned
          ? failure(
              ErrorCode.SOURCE_CHANGED,
              "%s disappeared after it was first read: %s".formatted(url, said),
              e)
          : failure(ErrorCode.SOURCE_NOT_FOUND, "there is no %s: %s".formatted(url, said), e);
    }
    if (e.statusCode() == 403 && !code.startsWith("RequestTimeTooSkewed")) {
      return failure(
          ErrorCode.SOURCE_ACCESS_DENIED, "S3 refuses to read %s: %s".formatted(url, said), e);
    }
    if (e.statusCode() == 416 && pinned) {
      return failure(
          ErrorCode.SOURCE_CHANGED, "%s is shorter than when it was first read".formatted(url), e);
    }
    if (code.equals("InvalidBucketName")) {
      return failure(
          ErrorCode.SOURCE_LOCATION_INVALID, "%s names no valid bucket".formatted(url), e);
    }
    return Optional.empty();
  }

  private static Optional<String> bucketRegion(AwsServiceException e) {
    return e.awsErrorDetails() == null || e.awsErrorDetails().sdkHttpResponse() == null
        ? Optional.empty()
        : e.awsErrorDetails().sdkHttpResponse().firstMatchingHeader("x-amz-bucket-region");
  }

  private static Optional<VmferryException> failure(
      ErrorCode code, String detail, AwsServiceException cause) {
    return Optional.of(new VmferryException(code, detail, cause));
  }
}
