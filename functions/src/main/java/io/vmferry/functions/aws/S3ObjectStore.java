package io.vmferry.functions.aws;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.ObjectStore;
import io.vmferry.functions.task.ObjectVersion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Error;

/** Objects in S3, in the client's Region. */
public final class S3ObjectStore implements ObjectStore {
  private final Supplier<S3Client> s3;

  /** Objects as that client reaches them. */
  public S3ObjectStore(Supplier<S3Client> s3) {
    this.s3 = s3;
  }

  @Override
  public ObjectVersion head(String bucket, String key) {
    HeadObjectResponse head =
        S3Failures.source(
            "s3:GetObject",
            url(bucket, key),
            false,
            region(),
            () -> s3.get().headObject(r -> r.bucket(bucket).key(key)));
    return new ObjectVersion(bucket, key, head.eTag(), head.contentLength());
  }

  private static String url(String bucket, String key) {
    return "s3://" + bucket + "/" + key;
  }

  private Region region() {
    return s3.get().serviceClientConfiguration().region();
  }

  @Override
  public ByteSource open(ObjectVersion object) {
    return new S3Source(object);
  }

  @Override
  public InputStream read(String bucket, String key) {
    return S3Failures.source(
        "s3:GetObject",
        url(bucket, key),
        false,
        region(),
        () ->
            s3.get()
                .getObject(r -> r.bucket(bucket).key(key), ResponseTransformer.toInputStream()));
  }

  @Override
  public void put(String bucket, String key, byte[] content) {
    AwsFailures.call(
        "s3:PutObject",
        url(bucket, key),
        () ->
            s3.get()
                .putObject(
                    r -> r.bucket(bucket).key(key).contentMD5(Digests.md5(content)),
                    ByteBufferBody.of(ByteBuffer.wrap(content))));
  }

  @Override
  public void put(String bucket, String key, Path file) {
    AwsFailures.call(
        "s3:PutObject",
        url(bucket, key),
        () -> s3.get().putObject(r -> r.bucket(bucket).key(key), file));
  }

  @Override
  public void delete(String bucket, String keyOrPrefix) {
    if (!keyOrPrefix.endsWith("/")) {
      AwsFailures.call(
          "s3:DeleteObject",
          url(bucket, keyOrPrefix),
          () -> s3.get().deleteObject(r -> r.bucket(bucket).key(keyOrPrefix)));
      return;
    }
    // From the start each time: what is deleted is not listed again.
    List<ObjectIdentifier> page = list(bucket, keyOrPrefix);
    while (!page.isEmpty()) {
      deleteAll(bucket, keyOrPrefix, page);
      page = list(bucket, keyOrPrefix);
    }
  }

  private List<ObjectIdentifier> list(String bucket, String prefix) {
    ListObjectsV2Response page =
        AwsFailures.call(
            "s3:ListBucket",
            url(bucket, prefix),
            () -> s3.get().listObjectsV2(r -> r.bucket(bucket).prefix(prefix).maxKeys(1000)));
    return page.contents().stream()
        .map(object -> ObjectIdentifier.builder().key(object.key()).build())
        .toList();
  }

  private void deleteAll(String bucket, String prefix, List<ObjectIdentifier> objects) {
    DeleteObjectsResponse answer =
        AwsFailures.call(
            "s3:DeleteObject",
            url(bucket, prefix),
            () ->
                s3.get()
                    .deleteObjects(
                        r -> r.bucket(bucket).delete(d -> d.objects(objects).quiet(true))));
    if (answer.hasErrors() && !answer.errors().isEmpty()) {
      // A whole listing that did not go away would be listed for ever.
      S3Error first = answer.errors().getFirst();
      throw new VmferryException(
          "AccessDenied".equals(first.code())
              ? ErrorCode.SERVICE_ACCESS_DENIED
              : ErrorCode.SERVICE_UNAVAILABLE,
          "s3:DeleteObject on %s: %s '%s', and %d more"
              .formatted(
                  url(bucket, first.key()),
                  first.code(),
                  first.message(),
                  answer.errors().size() - 1));
    }
  }

  private final class S3Source implements ByteSource {
    private final ObjectVersion object;

    S3Source(ObjectVersion object) {
      this.object = object;
    }

    @Override
    public String name() {
      return object.url();
    }

    @Override
    public long size() {
      return object.size();
    }

    @Override
    public void readFully(long position, ByteBuffer destination) throws IOException {
      int length = destination.remaining();
      checkRange(position, length);
      if (length == 0) {
        return;
      }
      String range = "bytes=%d-%d".formatted(position, position + length - 1);
      S3Failures.source(
          "s3:GetObject",
          object.url(),
          true,
          region(),
          () ->
              s3.get()
                  .getObject(
                      r ->
                          r.bucket(object.bucket())
                              .key(object.key())
                              .range(range)
                              .ifMatch(object.eTag()),
                      new RangeBody<>(destination, length)));
    }

    @Override
    public void close() {}
  }
}
