package io.vmferry.disk.deflate;

import java.io.Closeable;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Inflates whole streams of known length about twice as fast as {@link java.util.zip.Inflater},
 * with the system's libdeflate. It says only whether all is well; a caller goes to the JDK's
 * inflater where it is not, or where there is no libdeflate, and has its diagnosis.
 *
 * <p>For one thread at a time.
 */
public final class WholeInflater implements Closeable {
  /**
   * The most that is inflated, and read, at once: 1 MiB. A call holds up the garbage collector, so
   * it must not take long.
   */
  public static final int MAX_BYTES = 1 << 20;

  private final Libdeflate library;
  private final boolean zlib;
  private @Nullable MemorySegment decompressor;

  private WholeInflater(Libdeflate library, boolean zlib) {
    this.library = library;
    this.zlib = zlib;
    this.decompressor = library.allocate();
  }

  /** For streams with the zlib header and checksum (RFC 1950); empty without libdeflate. */
  public static Optional<WholeInflater> zlib() {
    return Libdeflate.instance().map(library -> new WholeInflater(library, true));
  }

  /** For plain deflate streams (RFC 1951); empty without libdeflate. */
  public static Optional<WholeInflater> raw() {
    return Libdeflate.instance().map(library -> new WholeInflater(library, false));
  }

  /**
   * Inflates a stream.
   *
   * @param source holds the stream from {@code from} on, of at most {@code length} bytes; what
   *     follows its end is not looked at
   * @param destination takes {@code size} bytes from {@code at} on; what they are afterwards is
   *     undefined unless this returns true
   * @return whether the stream is intact, its checksum included, and inflates to {@code size}
   *     bytes; false as well if it is too long for this class
   */
  public boolean inflate(
      byte[] source, int from, int length, byte[] destination, int at, int size) {
    Objects.checkFromIndexSize(from, length, source.length);
    Objects.checkFromIndexSize(at, size, destination.length);
    MemorySegment open = decompressor;
    if (open == null) {
      throw new IllegalStateException("the inflater is closed");
    }
    if (length > MAX_BYTES || size > MAX_BYTES) {
      return false;
    }
    return library.decompress(
        open,
        zlib,
        MemorySegment.ofArray(source).asSlice(from, length),
        MemorySegment.ofArray(destination).asSlice(at, size));
  }

  @Override
  public void close() {
    MemorySegment open = decompressor;
    if (open != null) {
      decompressor = null;
      library.free(open);
    }
  }
}
