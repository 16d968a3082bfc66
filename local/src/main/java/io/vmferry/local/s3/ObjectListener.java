package io.vmferry.local.s3;

/** Hears of objects that were created, as a bucket's notifications tell of them. */
@FunctionalInterface
public interface ObjectListener {
  /** Hears nothing. */
  ObjectListener NONE = created -> {};

  /** An object is there. */
  void created(Created object);

  /**
   * An object that was created.
   *
   * @param bucket the bucket
   * @param key the key, not encoded
   * @param size bytes
   * @param eTag without its quotes
   * @param reason {@code PutObject}, {@code CopyObject} or {@code CompleteMultipartUpload}
   */
  record Created(String bucket, String key, long size, String eTag, String reason) {}
}
