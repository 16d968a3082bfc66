package io.vmferry.functions.port;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Objects that people have uploaded: what is known of them besides their content. */
public interface UploadedObjects {

  /** The newest version of an object; empty if there is none. */
  Optional<Uploaded> find(String bucket, String key);

  /**
   * The objects of a folder, not of those below it, in the order of their keys.
   *
   * @param folder ends in {@code /}
   * @param most how many are listed at most, 1 to 1,000
   */
  List<Listed> list(String bucket, String folder, int most);

  /**
   * An object's newest version.
   *
   * @param bucket the bucket
   * @param key the key
   * @param size bytes
   * @param eTag with its quotes, as S3 gives it
   * @param versionId the version; empty in a bucket that is not versioned
   * @param lastModified when it was stored, in whole seconds
   * @param metadata what the uploader says of it, under names in lower case without {@code
   *     x-amz-meta-}
   */
  record Uploaded(
      String bucket,
      String key,
      long size,
      String eTag,
      Optional<String> versionId,
      Instant lastModified,
      Map<String, String> metadata) {

    /** Names the version: no two versions of an object have the same, an unchanged one keeps it. */
    public String version() {
      return versionId.orElse(eTag + "@" + lastModified);
    }
  }

  /**
   * An object of a listing.
   *
   * @param key the key
   * @param size bytes
   */
  record Listed(String key, long size) {}
}
