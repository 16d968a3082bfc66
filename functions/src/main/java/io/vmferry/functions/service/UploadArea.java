package io.vmferry.functions.service;

import io.vmferry.functions.task.Effect;
import io.vmferry.functions.task.SourceLocation;
import java.util.Optional;

/**
 * Where callers put files for one import only. A folder in it belongs to the task that reads from
 * it, and goes when the task ends, however it does.
 *
 * @param bucket the bucket
 * @param prefix what the keys of all such folders start with; ends in a slash
 */
public record UploadArea(String bucket, String prefix) {

  /** Checks the prefix: without its slash, or empty, it would take in what is not meant. */
  public UploadArea {
    if (prefix.length() < 2 || !prefix.endsWith("/")) {
      throw new IllegalArgumentException(
          "'%s' is no prefix that ends in a slash".formatted(prefix));
    }
  }

  /** The folder that a source lies in; empty if that is none of this area. */
  public Optional<Effect> folderOf(String url) {
    if (!(SourceLocation.parse(url) instanceof SourceLocation.S3 at)
        || !at.bucket().equals(bucket)
        || !at.key().startsWith(prefix)) {
      return Optional.empty();
    }
    int end = at.key().indexOf('/', prefix.length());
    // An empty name would be the whole area for those who read "//" as "/".
    return end <= prefix.length()
        ? Optional.empty()
        : Optional.of(
            new Effect(Effect.Kind.OBJECT, bucket + "/" + at.key().substring(0, end + 1)));
  }
}
