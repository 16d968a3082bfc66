package io.vmferry.functions.aws;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.UploadStore;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.NonRetryableException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.Part;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Multipart uploads to S3.
 *
 * <p>Parts of up to {@value #BUFFERED_PART} bytes are held in memory while they are sent, so that
 * they carry their MD5 and are sent again when S3 fails; larger ones are sent once, as they are
 * read.
 */
public final class S3UploadStore implements UploadStore {
  /** The largest part that is held in memory, in bytes. */
  public static final int BUFFERED_PART = 64 << 20;

  /** Marks objects made by uploads of ours, so that a finished one is known again. */
  private static final Map<String, String> METADATA = Map.of("vmferry", "upload");

  private final Supplier<S3Client> s3;

  /** Uploads as that client makes them. */
  public S3UploadStore(Supplier<S3Client> s3) {
    this.s3 = s3;
  }

  @Override
  public String begin(String bucket, String key) {
    return AwsFailures.call(
            "s3:PutObject",
            url(bucket, key),
            () -> s3.get().createMultipartUpload(r -> r.bucket(bucket).key(key).metadata(METADATA)))
        .uploadId();
  }

  private static String url(String bucket, String key) {
    return "s3://" + bucket + "/" + key;
  }

  @Override
  public String uploadPart(
      String bucket, String key, String uploadId, int part, InputStream content, long length) {
    if (length <= BUFFERED_PART) {
      byte[] bytes = readExactly(content, (int) length);
      return sendPart(
          bucket,
          key,
          uploadId,
          part,
          Digests.md5(bytes),
          ByteBufferBody.of(ByteBuffer.wrap(bytes)));
    }
    RememberingStream remembering = new RememberingStream(content);
    try {
      return sendPart(
          bucket,
          key,
          uploadId,
          part,
          null,
          RequestBody.fromContentProvider(remembering::once, length, "application/octet-stream"));
    } catch (VmferryException e) {
      remembering.rethrow();
      throw e;
    }
  }

  private static byte[] readExactly(InputStream content, int length) {
    try {
      byte[] bytes = content.readNBytes(length);
      if (bytes.length != length) {
        throw new VmferryException(
            ErrorCode.INTERNAL,
            "the part's content ends after %d of %d bytes".formatted(bytes.length, length));
      }
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String sendPart(
      String bucket,
      String key,
      String uploadId,
      int part,
      @Nullable String md5,
      RequestBody body) {
    return ofUpload(
        "s3:PutObject",
        bucket,
        key,
        uploadId,
        () ->
            s3.get()
                .uploadPart(
                    r ->
                        r.bucket(bucket)
                            .key(key)
                            .uploadId(uploadId)
                            .partNumber(part)
                            .contentMD5(md5),
                    body)
                .eTag());
  }

  private interface Call<T> {
    T make();
  }

  private static <T> T ofUpload(
      String action, String bucket, String key, String uploadId, Call<T> call) {
    try {
      return call.make();
    } catch (S3Exception e) {
      if (isGone(e)) {
        throw new VmferryException(
            ErrorCode.TASK_STATE_CONFLICT,
            "upload %s of %s was completed or aborted".formatted(uploadId, url(bucket, key)),
            e);
      }
      throw AwsFailures.translate(e, action, url(bucket, key));
    } catch (SdkException e) {
      throw AwsFailures.translate(e, action, url(bucket, key));
    }
  }

  private static boolean isGone(S3Exception e) {
    return AwsFailures.code(e).equals("NoSuchUpload");
  }

  @Override
  public void complete(String bucket, String key, String uploadId) {
    try {
      List<CompletedPart> parts =
          s3
              .get()
              .listPartsPaginator(r -> r.bucket(bucket).key(key).uploadId(uploadId))
              .parts()
              .stream()
              .map(
                  part ->
                      CompletedPart.builder()
                          .partNumber(part.partNumber())
                          .eTag(part.eTag())
                          .build())
              .toList();
      s3.get()
          .completeMultipartUpload(
              r ->
                  r.bucket(bucket)
                      .key(key)
                      .uploadId(uploadId)
                      .multipartUpload(u -> u.parts(parts)));
    } catch (S3Exception e) {
      if (!isGone(e) || !isUploaded(bucket, key)) {
        ofUpload(
            "s3:PutObject",
            bucket,
            key,
            uploadId,
            () -> {
              throw e;
            });
      }
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "s3:PutObject", url(bucket, key));
    }
  }

  @Override
  public Map<Integer, Long> parts(String bucket, String key, String uploadId) {
    return ofUpload(
        "s3:ListMultipartUploadParts",
        bucket,
        key,
        uploadId,
        () ->
            s3
                .get()
                .listPartsPaginator(r -> r.bucket(bucket).key(key).uploadId(uploadId))
                .parts()
                .stream()
                .collect(Collectors.toMap(Part::partNumber, Part::size)));
  }

  /** Whether an upload of ours has become the object: an earlier attempt then went through. */
  private boolean isUploaded(String bucket, String key) {
    try {
      HeadObjectResponse head = s3.get().headObject(r -> r.bucket(bucket).key(key));
      boolean severalParts = head.eTag() != null && head.eTag().contains("-");
      return severalParts || head.metadata().entrySet().containsAll(METADATA.entrySet());
    } catch (S3Exception e) {
      if (e.statusCode() == 404) {
        return false;
      }
      throw AwsFailures.translate(e, "s3:GetObject", url(bucket, key));
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "s3:GetObject", url(bucket, key));
    }
  }

  @Override
  public void abort(String bucket, String key, String uploadId) {
    try {
      s3.get().abortMultipartUpload(r -> r.bucket(bucket).key(key).uploadId(uploadId));
    } catch (S3Exception e) {
      if (!isGone(e)) {
        throw AwsFailures.translate(e, "s3:AbortMultipartUpload", url(bucket, key));
      }
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "s3:AbortMultipartUpload", url(bucket, key));
    }
  }

  @Override
  public List<String> unfinished(String bucket, String prefix) {
    return AwsFailures.call(
        "s3:ListBucketMultipartUploads",
        url(bucket, prefix),
        () ->
            s3
                .get()
                .listMultipartUploadsPaginator(r -> r.bucket(bucket).prefix(prefix))
                .uploads()
                .stream()
                .map(upload -> upload.key() + "#" + upload.uploadId())
                .toList());
  }

  /** Remembers its failure, so that the source's is not taken for S3's. */
  private static final class RememberingStream extends FilterInputStream {
    private volatile @Nullable Exception failure;
    private volatile boolean touched;

    RememberingStream(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      touched = true;
      try {
        return in.read();
      } catch (IOException | RuntimeException e) {
        failure = e;
        throw e;
      }
    }

    @Override
    public int read(byte[] destination, int offset, int length) throws IOException {
      touched = true;
      try {
        return in.read(destination, offset, length);
      } catch (IOException | RuntimeException e) {
        failure = e;
        throw e;
      }
    }

    /** This stream, unless the SDK wants to send again what was read already. */
    InputStream once() {
      if (touched) {
        throw NonRetryableException.create("the part's content can be read only once");
      }
      return this;
    }

    @Override
    public boolean markSupported() {
      return false;
    }

    void rethrow() {
      switch (failure) {
        case null -> {}
        case RuntimeException e -> throw e;
        case IOException e -> throw new UncheckedIOException(e);
        case Exception e -> throw new IllegalStateException(e);
      }
    }
  }
}
