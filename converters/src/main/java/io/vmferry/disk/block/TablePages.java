package io.vmferry.disk.block;

import io.vmferry.disk.io.ByteSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A table of an image file, read as it is needed in pages of {@link #PAGE_BYTES}, of which the
 * {@link #MAX_PAGES} used last are kept: at most 3 MiB of heap, whatever the table's size.
 *
 * <p>Safe for use by many threads at once; a page that several threads want is read once.
 */
public final class TablePages {
  /** The bytes read at once: large enough for few requests, small enough to keep several. */
  public static final int PAGE_BYTES = 256 << 10;

  /** The most pages that are kept. */
  public static final int MAX_PAGES = 12;

  private final ByteSource source;
  private final long offset;
  private final long length;
  private final ByteOrder order;

  @SuppressWarnings("serial") // never serialized
  private final Map<Long, Page> pages =
      new LinkedHashMap<>(MAX_PAGES * 2, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Page> eldest) {
          return size() > MAX_PAGES;
        }
      };

  /** Spares the lock and the map while a table is scanned entry by entry. */
  private volatile @Nullable LoadedPage last;

  /**
   * A table in a source.
   *
   * @param offset where the table starts in {@code source}
   * @param length the table's bytes
   * @param order the byte order of its entries
   * @throws IllegalArgumentException if the table does not lie inside the source
   */
  public TablePages(ByteSource source, long offset, long length, ByteOrder order) {
    if (offset < 0 || length < 0 || offset > source.size() - length) {
      throw new IllegalArgumentException(
          "table of %d bytes at %d outside of %s (%d bytes)"
              .formatted(length, offset, source.name(), source.size()));
    }
    this.source = source;
    this.offset = offset;
    this.length = length;
    this.order = order;
  }

  /**
   * The 32-bit entry at a byte position of the table.
   *
   * @param position a multiple of 4, inside the table
   * @throws IOException if the table cannot be read
   */
  public int intAt(long position) throws IOException {
    return pageOf(position).getInt((int) (position % PAGE_BYTES));
  }

  /**
   * The 64-bit entry at a byte position of the table.
   *
   * @param position a multiple of 8, inside the table
   * @throws IOException if the table cannot be read
   */
  public long longAt(long position) throws IOException {
    return pageOf(position).getLong((int) (position % PAGE_BYTES));
  }

  /**
   * Fills {@code destination} with the table's bytes from {@code position} on.
   *
   * @throws IllegalArgumentException if they do not lie inside the table
   * @throws IOException if the table cannot be read
   */
  public void read(long position, ByteBuffer destination) throws IOException {
    if (position < 0 || position > length - destination.remaining()) {
      throw new IllegalArgumentException(
          "%d bytes at %d of a table of %d bytes"
              .formatted(destination.remaining(), position, length));
    }
    long at = position;
    while (destination.hasRemaining()) {
      ByteBuffer page = pageOf(at);
      int inside = (int) (at % PAGE_BYTES);
      int count = Math.min(destination.remaining(), page.capacity() - inside);
      destination.put(destination.position(), page, inside, count);
      destination.position(destination.position() + count);
      at += count;
    }
  }

  private ByteBuffer pageOf(long position) throws IOException {
    long index = position / PAGE_BYTES;
    LoadedPage recent = last;
    if (recent != null && recent.index == index) {
      return recent.content;
    }
    Page page;
    synchronized (pages) {
      page = pages.computeIfAbsent(index, Page::new);
    }
    ByteBuffer content = page.content();
    last = new LoadedPage(index, content);
    return content;
  }

  private record LoadedPage(long index, ByteBuffer content) {}

  private final class Page {
    private final long index;
    private @Nullable ByteBuffer content;

    Page(long index) {
      this.index = index;
    }

    synchronized ByteBuffer content() throws IOException {
      ByteBuffer known = content;
      if (known == null) {
        long start = index * PAGE_BYTES;
        known = ByteBuffer.allocate((int) Math.min(PAGE_BYTES, length - start)).order(order);
        source.readFully(offset + start, known);
        content = known;
      }
      return known;
    }
  }
}
