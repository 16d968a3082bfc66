package io.vmferry.cli.backend;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.aws.S3ObjectStore;
import io.vmferry.functions.port.ObjectReader;
import io.vmferry.local.stack.EmbeddedStack;
import java.io.EOFException;
import java.io.IOException;
import java.net.URL;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/**
 * Files in S3 below {@code uploads/}. An S3 of this process takes them from the file system. To any
 * other bytes go through presigned URLs: the SDK's client would read each file twice, once to sign
 * it. Files over 5 GiB go in parts, several at once.
 */
final class S3Uploads implements Uploads, AutoCloseable {
  private static final String PREFIX = EmbeddedStack.UPLOADS;
  private static final long LARGEST_PUT = 5L << 30;
  private static final long SMALLEST_PART = 256L << 20;
  private static final int MOST_PARTS = 10_000;
  private static final int PARTS_AT_ONCE = 4;
  private static final Duration VALIDITY = Duration.ofHours(12);

  private final S3Client s3;
  private final S3Presigner presigner;
  private final String bucket;
  private final long largestPut;
  private final long smallestPart;
  private final Optional<Placer> placer;

  /** Makes objects of files without sending them. */
  @FunctionalInterface
  interface Placer {
    /**
     * Makes an object of a file.
     *
     * @throws EOFException if the file becomes shorter meanwhile
     * @throws UnsupportedOperationException if this cannot be done here
     */
    void place(String bucket, String key, Path file, LongConsumer placed) throws IOException;
  }

  /**
   * Uploads to a bucket.
   *
   * @param presigner makes the URLs; closed with this
   * @param placer brings files there without sending them, if there is a way
   */
  S3Uploads(S3Client s3, S3Presigner presigner, String bucket, Optional<Placer> placer) {
    this(s3, presigner, bucket, LARGEST_PUT, SMALLEST_PART, placer);
  }

  /** Uploads with other limits, so that parts can be tested with little data. */
  S3Uploads(
      S3Client s3,
      S3Presigner presigner,
      String bucket,
      long largestPut,
      long smallestPart,
      Optional<Placer> placer) {
    this.placer = placer;
    this.s3 = s3;
    this.presigner = presigner;
    this.bucket = bucket;
    this.largestPut = largestPut;
    this.smallestPart = smallestPart;
  }

  @Override
  public String upload(String folder, Path file, LongConsumer sent) {
    String key = PREFIX + folder + "/" + file.getFileName();
    LongConsumer oneAtATime = serialized(sent);
    try {
      long size = Files.size(file);
      if (placed(key, file, oneAtATime)) {
        return "s3://" + bucket + "/" + key;
      }
      if (size <= largestPut) {
        URL url =
            presigner
                .presignPutObject(
                    p ->
                        p.signatureDuration(VALIDITY)
                            .putObjectRequest(r -> r.bucket(bucket).key(key)))
                .url();
        new FilePut(url, file, 0, size, oneAtATime).send();
      } else {
        uploadParts(key, file, size, oneAtATime);
      }
      return "s3://" + bucket + "/" + key;
    } catch (NoSuchFileException e) {
      throw new VmferryException(
          ErrorCode.SOURCE_NOT_FOUND, "there is no file %s".formatted(file), e);
    } catch (AccessDeniedException e) {
      throw new VmferryException(
          ErrorCode.SOURCE_ACCESS_DENIED, "%s may not be read".formatted(file), e);
    } catch (IOException e) {
      throw new VmferryException(
          ErrorCode.SERVICE_UNAVAILABLE,
          "uploading %s failed: %s".formatted(file, e.getMessage()),
          e);
    } catch (SdkException e) {
      throw unavailable("s3:PutObject", key, e);
    }
  }

  private boolean placed(String key, Path file, LongConsumer sent) throws IOException {
    if (placer.isEmpty()) {
      return false;
    }
    long[] counted = new long[1];
    try {
      placer
          .get()
          .place(
              bucket,
              key,
              file,
              bytes -> {
                counted[0] += bytes;
                sent.accept(bytes);
              });
      return true;
    } catch (UnsupportedOperationException e) {
      // It is sent instead, from its start.
      sent.accept(-counted[0]);
      return false;
    } catch (EOFException e) {
      throw new VmferryException(
          ErrorCode.SOURCE_CHANGED, "%s became shorter while it was copied".formatted(file), e);
    }
  }

  @Override
  public ObjectReader objects() {
    return new S3ObjectStore(() -> s3);
  }

  @Override
  public void discard(String url) {
    String ours = "s3://" + bucket + "/" + PREFIX;
    if (!url.startsWith(ours) || url.indexOf('/', ours.length()) < 0) {
      return;
    }
    String key = url.substring(("s3://" + bucket + "/").length());
    String folder = key.substring(0, key.indexOf('/', PREFIX.length()) + 1);
    try {
      List<ObjectIdentifier> objects =
          s3.listObjectsV2Paginator(r -> r.bucket(bucket).prefix(folder)).contents().stream()
              .map(object -> ObjectIdentifier.builder().key(object.key()).build())
              .toList();
      objects.forEach(object -> s3.deleteObject(r -> r.bucket(bucket).key(object.key())));
    } catch (SdkException e) {
      throw unavailable("s3:DeleteObject", folder, e);
    }
  }

  @Override
  public void close() {
    presigner.close();
  }

  private void uploadParts(String key, Path file, long size, LongConsumer sent) throws IOException {
    long partSize = Math.max(smallestPart, Math.ceilDiv(size, MOST_PARTS));
    String uploadId = s3.createMultipartUpload(r -> r.bucket(bucket).key(key)).uploadId();
    boolean complete = false;
    try (ExecutorService senders = Executors.newFixedThreadPool(PARTS_AT_ONCE)) {
      List<Future<CompletedPart>> parts = new ArrayList<>();
      for (long offset = 0; offset < size; offset += partSize) {
        int number = parts.size() + 1;
        long start = offset;
        long length = Math.min(partSize, size - start);
        parts.add(
            senders.submit(
                () -> {
                  URL url = partUrl(key, uploadId, number);
                  String eTag = new FilePut(url, file, start, length, sent).send();
                  return CompletedPart.builder().partNumber(number).eTag(eTag).build();
                }));
      }
      try {
        List<CompletedPart> completed = new ArrayList<>();
        for (Future<CompletedPart> part : parts) {
          completed.add(part.get());
        }
        s3.completeMultipartUpload(
            r ->
                r.bucket(bucket)
                    .key(key)
                    .uploadId(uploadId)
                    .multipartUpload(m -> m.parts(completed)));
        complete = true;
      } catch (ExecutionException e) {
        throw cause(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      } finally {
        senders.shutdownNow();
      }
    } finally {
      if (!complete) {
        s3.abortMultipartUpload(r -> r.bucket(bucket).key(key).uploadId(uploadId));
      }
    }
  }

  private URL partUrl(String key, String uploadId, int number) {
    return presigner
        .presignUploadPart(
            p ->
                p.signatureDuration(VALIDITY)
                    .uploadPartRequest(
                        r -> r.bucket(bucket).key(key).uploadId(uploadId).partNumber(number)))
        .url();
  }

  private static LongConsumer serialized(LongConsumer sent) {
    Object lock = new Object();
    return bytes -> {
      synchronized (lock) {
        sent.accept(bytes);
      }
    };
  }

  private static IOException cause(ExecutionException e) {
    return switch (e.getCause()) {
      case VmferryException known -> throw known;
      case IOException io -> io;
      case null, default -> new IOException(String.valueOf(e.getCause()), e);
    };
  }

  private VmferryException unavailable(String action, String key, SdkException e) {
    return new VmferryException(
        ErrorCode.SERVICE_UNAVAILABLE,
        "%s on s3://%s/%s: %s".formatted(action, bucket, key, e.getMessage()),
        e);
  }
}
