package io.vmferry.functions.service;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.port.EffectStore;
import io.vmferry.functions.port.ObjectStore;
import io.vmferry.functions.port.RemoteFiles;
import io.vmferry.functions.port.RemoteFiles.RemoteFile;
import io.vmferry.functions.port.UploadStore;
import io.vmferry.functions.task.Effect;
import io.vmferry.functions.task.ObjectVersion;
import io.vmferry.functions.task.SourceLocation;
import io.vmferry.functions.task.Task;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;

/** Copies of files on web servers in the work bucket, made by many workers, one range each. */
public final class Downloads {
  private static final long MIB = 1L << 20;

  /** The least a part has, so that a range is worth a request: 64 MiB. S3 wants 5 MiB. */
  private static final long LEAST_PART = 64 * MIB;

  /** S3 takes 10,000 parts. */
  private static final long MOST_PARTS = 9_000;

  private final RemoteFiles remote;
  private final UploadStore uploads;
  private final ObjectStore objects;
  private final EffectStore effects;
  private final WorkFiles files;

  /** Downloads into the work bucket. */
  public Downloads(
      RemoteFiles remote,
      UploadStore uploads,
      ObjectStore objects,
      EffectStore effects,
      WorkFiles files) {
    this.remote = remote;
    this.uploads = uploads;
    this.objects = objects;
    this.effects = effects;
    this.files = files;
  }

  /**
   * A run of a file to copy; an item of the state machine's map. Does not hold the file's URL,
   * which may hold credentials.
   *
   * @param taskId the task
   * @param container the request's container
   * @param uploadId the upload the parts belong to
   * @param firstPart number of the first part, from 1
   * @param offset first byte in the file
   * @param length bytes; more than one part's only where the server takes no ranges
   * @param partSize bytes in each part but the last
   * @param fileSize bytes in the file
   * @param version the file's version when it was first seen
   * @param ranges whether the server takes range requests
   */
  public record Range(
      String taskId,
      int container,
      String uploadId,
      int firstPart,
      long offset,
      long length,
      long partSize,
      long fileSize,
      Optional<String> version,
      boolean ranges) {}

  /**
   * What a file on a web server was when it was first seen.
   *
   * @param size bytes
   * @param version as the server told it
   */
  record Version(long size, Optional<String> version) {}

  /** What a container's file was when the task first saw it; empty before that. */
  Optional<Version> firstSeen(String taskId, int container) {
    try (InputStream stored = objects.read(files.bucket(), files.version(taskId, container))) {
      String text = new String(stored.readAllBytes(), StandardCharsets.UTF_8);
      return Optional.of(Json.read(text, Version.class));
    } catch (VmferryException e) {
      if (e.code() == ErrorCode.SOURCE_NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether a container's copy is whole: nothing of the file itself is needed any more. */
  boolean isFinished(String taskId, int container) {
    try {
      objects.head(files.bucket(), files.staged(taskId, container));
      return true;
    } catch (VmferryException e) {
      if (e.code() == ErrorCode.SOURCE_NOT_FOUND) {
        return false;
      }
      throw e;
    }
  }

  /**
   * Begins the upload that a file is copied by and says which ranges make it.
   *
   * @throws VmferryException {@link ErrorCode#SOURCE_CHANGED} if it is not what it was when the
   *     task first saw it
   */
  List<Range> prepare(String taskId, int container, String name, RemoteFile file) {
    firstSeen(taskId, container)
        .ifPresentOrElse(
            first -> KeptWork.checkVersion(name, first, file),
            () ->
                objects.put(
                    files.bucket(),
                    files.version(taskId, container),
                    Json.write(new Version(file.size(), file.version()))
                        .getBytes(StandardCharsets.UTF_8)));
    String key = files.staged(taskId, container);
    String uploadId = begun(taskId, key);
    long partSize =
        Math.max(LEAST_PART, Math.ceilDiv(Math.ceilDiv(file.size(), MOST_PARTS), MIB) * MIB);
    List<Range> ranges = new ArrayList<>();
    long step = file.ranges() ? partSize : Math.max(1, file.size());
    int part = 1;
    for (long offset = 0; offset < file.size(); offset += step) {
      long length = Math.min(step, file.size() - offset);
      ranges.add(
          new Range(
              taskId,
              container,
              uploadId,
              part++,
              offset,
              length,
              partSize,
              file.size(),
              file.version(),
              file.ranges()));
    }
    return ranges;
  }

  /** The upload for a key: the one an earlier attempt began, or a new one. */
  private String begun(String taskId, String key) {
    String prefix = files.bucket() + "/" + key + "#";
    for (Effect effect : effects.list(taskId)) {
      if (effect.kind() == Effect.Kind.UPLOAD && effect.id().startsWith(prefix)) {
        return effect.id().substring(prefix.length());
      }
    }
    String uploadId = uploads.begin(files.bucket(), key);
    effects.record(taskId, new Effect(Effect.Kind.UPLOAD, prefix + uploadId));
    return uploadId;
  }

  /** Stores the ranges for the state machine's map. */
  ItemList store(String taskId, List<Range> ranges) {
    String key = files.downloads(taskId);
    objects.put(files.bucket(), key, Json.write(ranges).getBytes(StandardCharsets.UTF_8));
    return new ItemList(files.bucket(), key, ranges.size());
  }

  /**
   * Copies a range. Parts of it that an earlier attempt has copied are left as they are, if the
   * file's version shows that they are of the same file.
   *
   * @param watch is told how many bytes are read, at least for every MiB; ends the copy by throwing
   * @throws IOException if the server or the connection fails
   */
  void copy(Task task, Range range, LongConsumer watch) throws IOException {
    if (isCopied(range)) {
      return;
    }
    SourceLocation.Web location =
        (SourceLocation.Web)
            SourceLocation.parse(task.request().containers().get(range.container()).url());
    RemoteFile file =
        new RemoteFile(location.url(), range.fileSize(), range.version(), range.ranges());
    String key = files.staged(range.taskId(), range.container());
    try (InputStream content =
        new WatchedStream(remote.read(file, range.offset(), range.length()), watch)) {
      int part = range.firstPart();
      for (long done = 0; done < range.length(); done += range.partSize()) {
        long length = Math.min(range.partSize(), range.length() - done);
        uploads.uploadPart(files.bucket(), key, range.uploadId(), part++, content, length);
      }
    }
  }

  private boolean isCopied(Range range) {
    if (range.version().isEmpty()) {
      return false;
    }
    Map<Integer, Long> parts =
        uploads.parts(
            files.bucket(), files.staged(range.taskId(), range.container()), range.uploadId());
    int part = range.firstPart();
    for (long done = 0; done < range.length(); done += range.partSize()) {
      long length = Math.min(range.partSize(), range.length() - done);
      if (parts.getOrDefault(part++, -1L) != length) {
        return false;
      }
    }
    return true;
  }

  /** Makes the object of a container's parts. */
  ObjectVersion finish(String taskId, int container) {
    String key = files.staged(taskId, container);
    String prefix = files.bucket() + "/" + key + "#";
    for (Effect effect : effects.list(taskId)) {
      if (effect.kind() == Effect.Kind.UPLOAD && effect.id().startsWith(prefix)) {
        uploads.complete(files.bucket(), key, effect.id().substring(prefix.length()));
        effects.forget(taskId, effect);
      }
    }
    return objects.head(files.bucket(), key);
  }
}
