package io.vmferry.disk.vmdk;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.Extent;
import io.vmferry.disk.VirtualSize;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;

/** A disk of one extent after the other. */
final class VmdkImage implements DiskImage {
  private final List<VmdkExtent> extents;
  private final Resources resources;

  /** Where each extent starts in the disk, and at the end the disk's size. */
  private final long[] starts;

  /**
   * A disk of these extents, none of them empty.
   *
   * @param resources what is closed with the image
   * @throws io.vmferry.error.VmferryException if the disk is empty or too large
   */
  VmdkImage(String name, List<VmdkExtent> extents, Resources resources) {
    this.extents = List.copyOf(extents);
    this.resources = resources;
    this.starts = new long[extents.size() + 1];
    for (int i = 0; i < extents.size(); i++) {
      long end = starts[i] + extents.get(i).size();
      starts[i + 1] = VirtualSize.check(name, end < 0 ? Long.MAX_VALUE : end);
    }
    VirtualSize.check(name, virtualSize());
  }

  @Override
  public DiskFormat format() {
    return DiskFormat.VMDK;
  }

  @Override
  public long virtualSize() {
    return starts[starts.length - 1];
  }

  @Override
  public Extent extentAt(long offset, long maxLength) throws IOException {
    long length = checkExtent(offset, maxLength);
    int i = indexAt(offset);
    long inside = Math.min(length, starts[i + 1] - offset);
    Extent found = extents.get(i).extentAt(offset - starts[i], inside);
    return new Extent(offset, found.length(), found.kind());
  }

  @Override
  public Extent plannedExtentAt(long offset, long maxLength) throws IOException {
    long length = checkExtent(offset, maxLength);
    int i = indexAt(offset);
    long inside = Math.min(length, starts[i + 1] - offset);
    Extent found = extents.get(i).plannedExtentAt(offset - starts[i], inside);
    return new Extent(offset, found.length(), found.kind());
  }

  @Override
  public void readFully(long offset, ByteBuffer destination) throws IOException {
    checkRange(offset, destination.remaining());
    int limit = destination.limit();
    long at = offset;
    while (destination.hasRemaining()) {
      int i = indexAt(at);
      int length = (int) Math.min(destination.remaining(), starts[i + 1] - at);
      destination.limit(destination.position() + length);
      extents.get(i).readFully(at - starts[i], destination);
      destination.limit(limit);
      at += length;
    }
  }

  private int indexAt(long offset) {
    int found = Arrays.binarySearch(starts, offset);
    return found >= 0 ? found : -found - 2;
  }

  @Override
  public void close() throws IOException {
    resources.close();
  }

  /** What an image holds open: closed in reverse order, all of it even if one fails. */
  static final class Resources implements Closeable {
    private final ArrayDeque<Closeable> open = new ArrayDeque<>();

    /** Adds a resource, and returns it. */
    <T extends Closeable> T add(T resource) {
      open.push(resource);
      return resource;
    }

    @Override
    public synchronized void close() throws IOException {
      IOException first = null;
      while (!open.isEmpty()) {
        try {
          open.pop().close();
        } catch (IOException e) {
          if (first == null) {
            first = e;
          } else {
            first.addSuppressed(e);
          }
        }
      }
      if (first != null) {
        throw first;
      }
    }
  }
}
