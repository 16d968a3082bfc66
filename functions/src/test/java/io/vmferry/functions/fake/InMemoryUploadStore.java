package io.vmferry.functions.fake;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.UploadStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Multipart uploads in memory, into an {@link InMemoryObjectStore}. */
public final class InMemoryUploadStore implements UploadStore {
  private static final int MINIMUM_PART = 5 << 20;

  private final InMemoryObjectStore objects;
  private final Map<Upload, SortedMap<Integer, byte[]>> uploads = new HashMap<>();
  private final Set<Upload> completed = new HashSet<>();
  private final Faults faults = new Faults();
  private int begun;

  private record Upload(String bucket, String key, String id) {}

  /** Uploads that become objects of that store. */
  public InMemoryUploadStore(InMemoryObjectStore objects) {
    this.objects = objects;
  }

  /**
   * Failures of the operations {@code begin}, {@code uploadPart}, {@code complete}, {@code abort},
   * {@code unfinished}.
   */
  public Faults faults() {
    return faults;
  }

  @Override
  public synchronized String begin(String bucket, String key) {
    faults.check("begin");
    String id = "upload-%d".formatted(++begun);
    uploads.put(new Upload(bucket, key, id), new TreeMap<>());
    return id;
  }

  @Override
  public String uploadPart(
      String bucket, String key, String uploadId, int part, InputStream content, long length) {
    faults.check("uploadPart");
    if (part < 1 || part > 10_000) {
      throw new VmferryException(
          ErrorCode.INTERNAL, "part %d is not from 1 to 10,000".formatted(part));
    }
    byte[] bytes = exactly(content, length);
    synchronized (this) {
      parts(new Upload(bucket, key, uploadId)).put(part, bytes);
    }
    return '"'
        + HexFormat.of().formatHex(InMemorySnapshotStore.sha256().digest(bytes), 0, 16)
        + '"';
  }

  private static byte[] exactly(InputStream content, long length) {
    try {
      byte[] bytes = content.readNBytes(Math.toIntExact(length));
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

  private SortedMap<Integer, byte[]> parts(Upload upload) {
    SortedMap<Integer, byte[]> parts = uploads.get(upload);
    if (parts == null) {
      throw new VmferryException(
          ErrorCode.TASK_STATE_CONFLICT,
          "upload %s of s3://%s/%s was completed or aborted"
              .formatted(upload.id(), upload.bucket(), upload.key()));
    }
    return parts;
  }

  @Override
  public synchronized void complete(String bucket, String key, String uploadId) {
    faults.check("complete");
    Upload upload = new Upload(bucket, key, uploadId);
    if (completed.contains(upload)) {
      return;
    }
    SortedMap<Integer, byte[]> parts = parts(upload);
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    parts.forEach(
        (number, bytes) -> {
          if (bytes.length < MINIMUM_PART && !number.equals(parts.lastKey())) {
            throw new VmferryException(
                ErrorCode.INTERNAL,
                "part %d has %d bytes, less than %d".formatted(number, bytes.length, MINIMUM_PART));
          }
          whole.writeBytes(bytes);
        });
    if (parts.isEmpty()) {
      throw new VmferryException(ErrorCode.INTERNAL, "upload %s has no parts".formatted(uploadId));
    }
    objects.put(bucket, key, whole.toByteArray());
    uploads.remove(upload);
    completed.add(upload);
  }

  @Override
  public synchronized Map<Integer, Long> parts(String bucket, String key, String uploadId) {
    faults.check("parts");
    Map<Integer, Long> lengths = new HashMap<>();
    parts(new Upload(bucket, key, uploadId))
        .forEach((number, bytes) -> lengths.put(number, (long) bytes.length));
    return lengths;
  }

  @Override
  public synchronized void abort(String bucket, String key, String uploadId) {
    faults.check("abort");
    uploads.remove(new Upload(bucket, key, uploadId));
  }

  @Override
  public synchronized List<String> unfinished(String bucket, String prefix) {
    faults.check("unfinished");
    return uploads.keySet().stream()
        .filter(upload -> upload.bucket().equals(bucket) && upload.key().startsWith(prefix))
        .map(upload -> upload.key() + "#" + upload.id())
        .sorted()
        .toList();
  }
}
