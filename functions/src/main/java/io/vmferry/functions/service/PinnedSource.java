package io.vmferry.functions.service;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.io.SliceByteSource;
import io.vmferry.functions.task.ContentFile;
import io.vmferry.functions.task.ObjectVersion;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A source that knows which object it is, so that what a reader opened can be opened again by
 * another worker.
 */
final class PinnedSource implements ByteSource {
  private final String name;
  private final ObjectVersion object;
  private final ByteSource source;

  PinnedSource(String name, ObjectVersion object, ByteSource source) {
    this.name = name;
    this.object = object;
    this.source = source;
  }

  /**
   * Where the bytes of {@code source} are.
   *
   * @param source a pinned source, or a slice of one, or a slice of that
   */
  static ContentFile locate(String name, ByteSource source) {
    long offset = 0;
    ByteSource inner = source;
    while (inner instanceof SliceByteSource slice) {
      offset += slice.offset();
      inner = slice.source();
    }
    if (inner instanceof PinnedSource pinned) {
      return new ContentFile(name, pinned.object, offset, source.size());
    }
    throw new IllegalArgumentException("%s is no pinned source".formatted(source.name()));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long size() {
    return source.size();
  }

  @Override
  public void readFully(long position, ByteBuffer destination) throws IOException {
    source.readFully(position, destination);
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
