package io.vmferry.functions.aws;

import io.vmferry.functions.port.UploadedObjects;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Uploaded objects in S3. */
public final class S3UploadedObjects implements UploadedObjects {
  /** What S3 calls the one version of an object that was stored before versioning. */
  private static final String NO_VERSION = "null";

  private final Supplier<S3Client> s3;

  /** Objects as that client reaches them. */
  public S3UploadedObjects(Supplier<S3Client> s3) {
    this.s3 = s3;
  }

  @Override
  public Optional<Uploaded> find(String bucket, String key) {
    try {
      HeadObjectResponse head = s3.get().headObject(r -> r.bucket(bucket).key(key));
      Map<String, String> metadata = new HashMap<>();
      head.metadata().forEach((name, value) -> metadata.put(name.toLowerCase(Locale.ROOT), value));
      return Optional.of(
          new Uploaded(
              bucket,
              key,
              head.contentLength(),
              head.eTag(),
              Optional.ofNullable(head.versionId()).filter(id -> !id.equals(NO_VERSION)),
              head.lastModified(),
              Map.copyOf(metadata)));
    } catch (S3Exception e) {
      if (e.statusCode() == 404) {
        return Optional.empty();
      }
      throw AwsFailures.translate(e, "s3:GetObject", url(bucket, key));
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "s3:GetObject", url(bucket, key));
    }
  }

  private static String url(String bucket, String key) {
    return "s3://" + bucket + "/" + key;
  }

  @Override
  public List<Listed> list(String bucket, String folder, int most) {
    ListObjectsV2Response page =
        AwsFailures.call(
            "s3:ListBucket",
            url(bucket, folder),
            () ->
                s3.get()
                    .listObjectsV2(
                        r -> r.bucket(bucket).prefix(folder).delimiter("/").maxKeys(most)));
    return page.contents().stream().map(object -> new Listed(object.key(), object.size())).toList();
  }
}
