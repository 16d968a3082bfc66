package io.vmferry.disk.deflate;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * The functions of libdeflate that are used, by the C interface that its library {@code
 * libdeflate.so.0} keeps stable.
 */
final class Libdeflate {
  private static final String LIBRARY = "libdeflate.so.0";
  private static final AddressLayout POINTER = ValueLayout.ADDRESS;

  /** What decompressing returns if the stream is intact and as long as the output. */
  private static final int SUCCESS = 0;

  private static final Optional<Libdeflate> INSTANCE = load();

  private final MemoryLayout sizeT;
  private final MethodHandle allocate;
  private final MethodHandle free;
  private final MethodHandle decompressZlib;
  private final MethodHandle decompressRaw;

  private Libdeflate(SymbolLookup library) {
    Linker linker = Linker.nativeLinker();
    this.sizeT = Optional.ofNullable(linker.canonicalLayouts().get("size_t")).orElseThrow();
    this.allocate =
        handle(library, "libdeflate_alloc_decompressor", FunctionDescriptor.of(POINTER));
    this.free = handle(library, "libdeflate_free_decompressor", FunctionDescriptor.ofVoid(POINTER));
    this.decompressZlib = decompress(library, "libdeflate_zlib_decompress");
    this.decompressRaw = decompress(library, "libdeflate_deflate_decompress");
  }

  /** The library; empty if it is not installed or native code is not allowed here. */
  static Optional<Libdeflate> instance() {
    return INSTANCE;
  }

  // Asked whether it is allowed, and what is called is bound by the checks of WholeInflater.
  @SuppressWarnings("restricted")
  private static Optional<Libdeflate> load() {
    boolean wide = ValueLayout.ADDRESS.byteSize() == Long.BYTES;
    if (!wide || !Libdeflate.class.getModule().isNativeAccessEnabled()) {
      return Optional.empty();
    }
    try {
      return Optional.of(new Libdeflate(SymbolLookup.libraryLookup(LIBRARY, Arena.global())));
    } catch (IllegalArgumentException | UnsupportedOperationException e) {
      return Optional.empty();
    }
  }

  private MethodHandle decompress(SymbolLookup library, String name) {
    // Decompressor, input and its length, output and its length, where to store what was written:
    // nowhere, which makes any other length than the output's a failure.
    FunctionDescriptor type =
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT, POINTER, POINTER, sizeT, POINTER, sizeT, POINTER);
    // Critical: arrays are used where they are. The calls are short, see WholeInflater.
    return handle(library, name, type, Linker.Option.critical(true));
  }

  // Reached only where native access was found to be allowed, see above.
  @SuppressWarnings("restricted")
  private static MethodHandle handle(
      SymbolLookup library, String name, FunctionDescriptor type, Linker.Option... options) {
    MemorySegment function =
        library
            .find(name)
            .orElseThrow(() -> new IllegalArgumentException(LIBRARY + " has no " + name));
    return Linker.nativeLinker().downcallHandle(function, type, options);
  }

  /** A new decompressor, for one thread at a time. */
  MemorySegment allocate() {
    MemorySegment decompressor;
    try {
      decompressor = (MemorySegment) allocate.invokeExact();
    } catch (Throwable e) {
      throw unexpected(e);
    }
    if (decompressor.equals(MemorySegment.NULL)) {
      throw new OutOfMemoryError("libdeflate has no memory for a decompressor");
    }
    return decompressor;
  }

  void free(MemorySegment decompressor) {
    try {
      free.invokeExact(decompressor);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Whether a stream is intact and fills the output exactly. */
  boolean decompress(
      MemorySegment decompressor, boolean zlib, MemorySegment input, MemorySegment output) {
    MethodHandle function = zlib ? decompressZlib : decompressRaw;
    try {
      int result =
          (int)
              function.invokeExact(
                  decompressor,
                  input,
                  input.byteSize(),
                  output,
                  output.byteSize(),
                  MemorySegment.NULL);
      return result == SUCCESS;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private static IllegalStateException unexpected(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return new IllegalStateException("a call of libdeflate failed", e);
  }
}
