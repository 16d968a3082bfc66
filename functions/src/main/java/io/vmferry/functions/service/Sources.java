package io.vmferry.functions.service;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.EmptyDiskImage;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.format.DiskImageFormats;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.io.CachingByteSource;
import io.vmferry.disk.io.SliceByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.ObjectReader;
import io.vmferry.functions.task.ContentFile;
import io.vmferry.functions.task.Disk;
import io.vmferry.functions.task.ObjectVersion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Opens what tasks read: objects, the files beside them, and the disks the plan names. */
final class Sources {
  private final ObjectReader objects;
  private final Reading reading;

  Sources(ObjectReader objects, Reading reading) {
    this.objects = objects;
    this.reading = reading;
  }

  /** The object as it is now. */
  ObjectVersion look(String bucket, String key) {
    return objects.head(bucket, key);
  }

  /** Opens an object under the last part of its key as its name. */
  PinnedSource open(ObjectVersion object) {
    return open(object, object.key().substring(object.key().lastIndexOf('/') + 1));
  }

  /** Opens an object under a name. */
  PinnedSource open(ObjectVersion object, String name) {
    ByteSource cached =
        new CachingByteSource(
            objects.open(object),
            reading.segmentBytes(),
            reading.cacheBytes(),
            reading.readAhead());
    return new PinnedSource(name, object, cached);
  }

  /** Resolves plain file names to the objects beside {@code object}, below the same prefix. */
  ReferenceResolver besides(ObjectVersion object) {
    String folder = object.key().substring(0, object.key().lastIndexOf('/') + 1);
    return (image, reference) -> {
      if (!isPlainName(reference)) {
        throw new VmferryException(
            ErrorCode.REFERENCE_REFUSED,
            "%s names '%s', which is no plain file name".formatted(image, reference));
      }
      try {
        return open(objects.head(object.bucket(), folder + reference), reference);
      } catch (VmferryException e) {
        if (e.code() != ErrorCode.SOURCE_NOT_FOUND) {
          throw e;
        }
        throw new VmferryException(
            ErrorCode.REFERENCE_MISSING,
            "%s names '%s', but there is no object s3://%s/%s"
                .formatted(image, reference, object.bucket(), folder + reference),
            e);
      }
    };
  }

  private static boolean isPlainName(String name) {
    return !name.isEmpty()
        && !name.equals(".")
        && !name.equals("..")
        && name.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ');
  }

  /**
   * Opens a disk as the task has it pinned.
   *
   * @param disk one that has content
   */
  DiskImage open(Disk disk) throws IOException {
    ContentFile first = disk.files().getFirst();
    if (first.object().bucket().equals(SnapshotObjects.BUCKET)
        && objects.open(first.object()) instanceof SnapshotSource volume) {
      return new SnapshotImage(volume);
    }
    ReferenceResolver references =
        (image, reference) ->
            disk.files().stream()
                .skip(1)
                .filter(file -> file.name().equals(reference))
                .findFirst()
                .map(this::open)
                .orElseThrow(
                    () ->
                        new VmferryException(
                            ErrorCode.REFERENCE_REFUSED,
                            "%s names '%s', which it did not when it was validated"
                                .formatted(image, reference)));
    return DiskImageFormats.open(open(first), Optional.of(disk.format()), references);
  }

  /** Opens the disks of a machine, those without content too. */
  List<DiskImage> openAll(List<Disk> disks) throws IOException {
    List<DiskImage> images = new ArrayList<>();
    boolean opened = false;
    try {
      for (Disk disk : disks) {
        images.add(disk.files().isEmpty() ? new EmptyDiskImage(disk.virtualSize()) : open(disk));
      }
      opened = true;
      return images;
    } finally {
      if (!opened) {
        for (DiskImage image : images) {
          image.close();
        }
      }
    }
  }

  /** Opens a file of a disk, or of a package. */
  ByteSource open(ContentFile file) {
    ByteSource whole = open(file.object(), file.name());
    if (file.offset() == 0 && file.length() == whole.size()) {
      return whole;
    }
    return new OwningSlice(file, whole);
  }

  /** A slice that closes the object it lies in. */
  private static final class OwningSlice implements ByteSource {
    private final ByteSource whole;
    private final SliceByteSource slice;

    OwningSlice(ContentFile file, ByteSource whole) {
      this.whole = whole;
      this.slice = new SliceByteSource(file.name(), whole, file.offset(), file.length());
    }

    @Override
    public String name() {
      return slice.name();
    }

    @Override
    public long size() {
      return slice.size();
    }

    @Override
    public void readFully(long position, ByteBuffer destination) throws IOException {
      slice.readFully(position, destination);
    }

    @Override
    public void close() throws IOException {
      whole.close();
    }
  }
}
