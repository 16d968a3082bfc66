package io.vmferry.functions.task;

/**
 * An S3 object as it was when the task first saw it. Every later read demands the same ETag.
 *
 * @param bucket the bucket
 * @param key the key
 * @param eTag the ETag with its quotes, as S3 gives it
 * @param size bytes
 */
public record ObjectVersion(String bucket, String key, String eTag, long size) {

  /** The location as a URL, for messages. */
  public String url() {
    return "s3://" + bucket + "/" + key;
  }
}
