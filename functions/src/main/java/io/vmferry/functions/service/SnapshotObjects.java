package io.vmferry.functions.service;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.functions.port.ObjectStore;
import io.vmferry.functions.port.SnapshotReader;
import io.vmferry.functions.task.ObjectVersion;
import java.io.InputStream;
import java.nio.file.Path;

/**
 * Objects, and beside them EBS snapshots as objects of a bucket of their own: an existing snapshot
 * is the source of a disk like any image. A completed snapshot never changes, so its id is its
 * version.
 */
public final class SnapshotObjects implements ObjectStore {
  /** The bucket of snapshots; no bucket of S3 can be called so. */
  static final String BUCKET = "ebs:";

  private static final long GIB = 1L << 30;

  private final ObjectStore objects;
  private final SnapshotReader snapshots;

  /** Those objects and those snapshots. */
  public SnapshotObjects(ObjectStore objects, SnapshotReader snapshots) {
    this.objects = objects;
    this.snapshots = snapshots;
  }

  @Override
  public ObjectVersion head(String bucket, String key) {
    if (!bucket.equals(BUCKET)) {
      return objects.head(bucket, key);
    }
    long size = snapshots.list(key, 0).volumeSizeGib() * GIB;
    return new ObjectVersion(BUCKET, key, '"' + key + '"', size);
  }

  @Override
  public ByteSource open(ObjectVersion object) {
    return object.bucket().equals(BUCKET)
        ? new SnapshotSource(snapshots, object.key(), object.size())
        : objects.open(object);
  }

  @Override
  public InputStream read(String bucket, String key) {
    return objects.read(bucket, key);
  }

  @Override
  public void put(String bucket, String key, byte[] content) {
    objects.put(bucket, key, content);
  }

  @Override
  public void put(String bucket, String key, Path file) {
    objects.put(bucket, key, file);
  }

  @Override
  public void delete(String bucket, String keyOrPrefix) {
    objects.delete(bucket, keyOrPrefix);
  }
}
