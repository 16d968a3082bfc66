package io.vmferry.cli.backend;

import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.Task;
import io.vmferry.local.stack.EmbeddedStack;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * What imports have uploaded that were killed before there was a task to remove it: objects and
 * unfinished uploads that are older than any import takes to start its task, and that no active
 * task reads.
 */
final class AbandonedUploads {
  /** As long as the URLs are valid through which files are uploaded. */
  static final Duration AGE = Duration.ofHours(12);

  private static final Logger LOG = LoggerFactory.getLogger(AbandonedUploads.class);

  private final S3Client s3;
  private final String bucket;

  AbandonedUploads(S3Client s3, String bucket) {
    this.s3 = s3;
    this.bucket = bucket;
  }

  /**
   * Removes them. A failure is logged only: the next start tries again.
   *
   * @param tasks the tasks there are; asked for only if something old is found
   */
  void sweep(Supplier<List<Task>> tasks, Instant now) {
    Instant before = now.minus(AGE);
    try {
      List<String> old =
          s3
              .listObjectsV2Paginator(list -> list.bucket(bucket).prefix(EmbeddedStack.UPLOADS))
              .contents()
              .stream()
              .filter(object -> object.lastModified().isBefore(before))
              .map(S3Object::key)
              .toList();
      if (!old.isEmpty()) {
        List<String> used = foldersInUse(tasks.get());
        old.stream()
            .filter(key -> used.stream().noneMatch(key::startsWith))
            .forEach(key -> s3.deleteObject(delete -> delete.bucket(bucket).key(key)));
      }
      // A task reads objects only, so what is unfinished belongs to none.
      s3
          .listMultipartUploads(list -> list.bucket(bucket).prefix(EmbeddedStack.UPLOADS))
          .uploads()
          .stream()
          .filter(upload -> upload.initiated().isBefore(before))
          .forEach(this::abort);
    } catch (SdkException e) {
      LOG.warn("abandoned uploads cannot be removed from {}: {}", bucket, e.getMessage());
    }
  }

  private void abort(MultipartUpload upload) {
    s3.abortMultipartUpload(
        abort -> abort.bucket(bucket).key(upload.key()).uploadId(upload.uploadId()));
  }

  /** The images that active tasks read, and with them what lies beside those. */
  private List<String> foldersInUse(List<Task> tasks) {
    String start = "s3://" + bucket + "/";
    return tasks.stream()
        .filter(task -> !task.status().isFinal())
        .flatMap(task -> task.request().containers().stream())
        .map(DiskContainer::url)
        .filter(url -> url.startsWith(start))
        .map(url -> url.substring(start.length(), url.lastIndexOf('/') + 1))
        .toList();
  }
}
