package io.vmferry.functions.fake;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.ObjectStore;
import io.vmferry.functions.task.ObjectVersion;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/** Objects in memory. Every bucket exists. */
public final class InMemoryObjectStore implements ObjectStore {
  private final ConcurrentSkipListMap<String, byte[]> objects = new ConcurrentSkipListMap<>();
  private final AtomicLong bytesRead = new AtomicLong();
  private final Faults faults = new Faults();

  /**
   * Failures of the operations {@code head}, {@code read} (also of opened sources), {@code put},
   * {@code delete}.
   */
  public Faults faults() {
    return faults;
  }

  /** The keys of a bucket, in order. */
  public List<String> keys(String bucket) {
    String prefix = bucket + "/";
    return objects.keySet().stream()
        .filter(path -> path.startsWith(prefix))
        .map(path -> path.substring(prefix.length()))
        .toList();
  }

  /** How many bytes opened sources have read. */
  public long bytesRead() {
    return bytesRead.get();
  }

  @Override
  public ObjectVersion head(String bucket, String key) {
    faults.check("head");
    byte[] content = content(bucket, key);
    return new ObjectVersion(bucket, key, eTag(content), content.length);
  }

  private byte[] content(String bucket, String key) {
    byte[] content = objects.get(bucket + "/" + key);
    if (content == null) {
      throw new VmferryException(
          ErrorCode.SOURCE_NOT_FOUND, "there is no object s3://%s/%s".formatted(bucket, key));
    }
    return content;
  }

  private static String eTag(byte[] content) {
    byte[] digest = InMemorySnapshotStore.sha256().digest(content);
    return '"' + HexFormat.of().formatHex(digest, 0, 16) + '"';
  }

  @Override
  public ByteSource open(ObjectVersion object) {
    return new ObjectSource(object);
  }

  @Override
  public InputStream read(String bucket, String key) {
    faults.check("read");
    return new ByteArrayInputStream(content(bucket, key));
  }

  @Override
  public void put(String bucket, String key, byte[] content) {
    faults.check("put");
    objects.put(bucket + "/" + key, content.clone());
  }

  @Override
  public void put(String bucket, String key, Path file) {
    try {
      put(bucket, key, Files.readAllBytes(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void delete(String bucket, String keyOrPrefix) {
    faults.check("delete");
    String path = bucket + "/" + keyOrPrefix;
    if (keyOrPrefix.endsWith("/")) {
      objects.keySet().removeIf(key -> key.startsWith(path));
    } else {
      objects.remove(path);
    }
  }

  private final class ObjectSource implements ByteSource {
    private final ObjectVersion object;

    ObjectSource(ObjectVersion object) {
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
      checkRange(position, destination.remaining());
      faults.check("read");
      byte[] content = objects.get(object.bucket() + "/" + object.key());
      if (content == null || !eTag(content).equals(object.eTag())) {
        throw new VmferryException(
            ErrorCode.SOURCE_CHANGED,
            "%s is not the version %s any more".formatted(object.url(), object.eTag()));
      }
      bytesRead.addAndGet(destination.remaining());
      int from = Math.toIntExact(position);
      destination.put(Arrays.copyOfRange(content, from, from + destination.remaining()));
    }

    @Override
    public void close() {}
  }
}
