package io.vmferry.functions.fake;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.UploadedObjects;
import io.vmferry.functions.task.ObjectVersion;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The objects of an {@link InMemoryObjectStore} with what uploaders say of them. */
public final class InMemoryUploadedObjects implements UploadedObjects {
  private final InMemoryObjectStore objects;
  private final Map<String, Map<String, String>> metadata = new HashMap<>();
  private final Map<String, String> versions = new HashMap<>();
  private Instant lastModified = Instant.parse("2026-01-02T03:04:05Z");

  /** The objects of a store. */
  public InMemoryUploadedObjects(InMemoryObjectStore objects) {
    this.objects = objects;
  }

  /** Stores an object a second later than the one before. */
  public void upload(String bucket, String key, byte[] content, Map<String, String> described) {
    lastModified = lastModified.plusSeconds(1);
    objects.put(bucket, key, content);
    metadata.put(bucket + "/" + key, described);
    versions.put(bucket + "/" + key, lastModified.toString());
  }

  @Override
  public Optional<Uploaded> find(String bucket, String key) {
    ObjectVersion head;
    try {
      head = objects.head(bucket, key);
    } catch (VmferryException e) {
      if (e.code() == ErrorCode.SOURCE_NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
    String path = bucket + "/" + key;
    return Optional.of(
        new Uploaded(
            bucket,
            key,
            head.size(),
            head.eTag(),
            Optional.empty(),
            Instant.parse(versions.getOrDefault(path, "2026-01-02T03:04:05Z")),
            metadata.getOrDefault(path, Map.of())));
  }

  @Override
  public List<Listed> list(String bucket, String folder, int most) {
    return objects.keys(bucket).stream()
        .filter(key -> key.startsWith(folder) && key.indexOf('/', folder.length()) < 0)
        .limit(most)
        .map(key -> new Listed(key, objects.head(bucket, key).size()))
        .toList();
  }
}
