package io.vmferry.guest.appliance;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The functions of libguestfs.so.0 and what they return (guestfs(3)), without any state.
 *
 * <p>A function's parameters are told by the arguments: {@link MemorySegment} is a pointer, {@link
 * Integer} an int, {@link Long} an int64_t.
 */
// Calling a C library is what this class is for; everything else of the module stays clear of it.
@SuppressWarnings("restricted")
final class LibGuestfs {
  private static final String LIBRARY = "libguestfs.so.0";
  private static final Linker LINKER = Linker.nativeLinker();

  /** C's own functions that are needed to read and free what libguestfs returns. */
  private static final MethodHandle FREE =
      LINKER.downcallHandle(
          LINKER.defaultLookup().find("free").orElseThrow(),
          FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));

  private static final MethodHandle STRLEN =
      LINKER.downcallHandle(
          LINKER.defaultLookup().find("strlen").orElseThrow(),
          FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS));

  private final SymbolLookup symbols;
  private final Map<String, MethodHandle> functions = new ConcurrentHashMap<>();

  private LibGuestfs(SymbolLookup symbols) {
    this.symbols = symbols;
  }

  /**
   * Loads the library.
   *
   * @throws VmferryException {@link ErrorCode#GUEST_APPLIANCE_UNAVAILABLE} if it is not installed
   */
  static LibGuestfs load() {
    try {
      return new LibGuestfs(SymbolLookup.libraryLookup(LIBRARY, Arena.global()));
    } catch (IllegalArgumentException e) {
      throw new VmferryException(
          ErrorCode.GUEST_APPLIANCE_UNAVAILABLE,
          "%s is not installed; on Debian and Ubuntu its package is libguestfs0, and the appliance also needs libguestfs-xfs and a kernel, linux-image-cloud-amd64"
              .formatted(LIBRARY),
          e);
    }
  }

  /** Calls a function that returns an int. */
  int callInt(String name, Object... arguments) {
    return (int) call(name, ValueLayout.JAVA_INT, arguments);
  }

  /** Calls a function that returns an int64_t. */
  long callLong(String name, Object... arguments) {
    return (long) call(name, ValueLayout.JAVA_LONG, arguments);
  }

  /** Calls a function that returns a pointer. */
  MemorySegment callPointer(String name, Object... arguments) {
    return (MemorySegment) call(name, ValueLayout.ADDRESS, arguments);
  }

  /** Calls a function that returns nothing. */
  void callVoid(String name, Object... arguments) {
    MethodHandle function =
        functions.computeIfAbsent(name, _ -> link(name, FunctionDescriptor.ofVoid(of(arguments))));
    invoke(function, name, arguments);
  }

  private Object call(String name, MemoryLayout result, Object... arguments) {
    MethodHandle function =
        functions.computeIfAbsent(
            name, _ -> link(name, FunctionDescriptor.of(result, of(arguments))));
    return Optional.ofNullable(invoke(function, name, arguments)).orElseThrow();
  }

  private static @Nullable Object invoke(MethodHandle function, String name, Object... arguments) {
    try {
      return function.invokeWithArguments(arguments);
    } catch (Error | RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(name, e);
    }
  }

  private MethodHandle link(String name, FunctionDescriptor descriptor) {
    MemorySegment address =
        symbols
            .find(name)
            .orElseThrow(
                () ->
                    new VmferryException(
                        ErrorCode.GUEST_APPLIANCE_UNAVAILABLE,
                        "the installed %s has no %s; version 1.44 or newer is needed"
                            .formatted(LIBRARY, name)));
    return LINKER.downcallHandle(address, descriptor);
  }

  private static MemoryLayout[] of(Object... arguments) {
    return Arrays.stream(arguments).map(LibGuestfs::layout).toArray(MemoryLayout[]::new);
  }

  private static MemoryLayout layout(Object argument) {
    return switch (argument) {
      case MemorySegment _ -> ValueLayout.ADDRESS;
      case Integer _ -> ValueLayout.JAVA_INT;
      case Long _ -> ValueLayout.JAVA_LONG;
      default -> throw new IllegalArgumentException("no argument for C: " + argument);
    };
  }

  /** A C function's address for a Java method. */
  static MemorySegment upcall(MethodHandle method, FunctionDescriptor descriptor, Arena arena) {
    return LINKER.upcallStub(method, descriptor, arena);
  }

  /**
   * A C string.
   *
   * @throws IllegalArgumentException if the text has a zero character
   */
  static MemorySegment text(Arena arena, String text) {
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("a zero character in '%s'".formatted(text));
    }
    return arena.allocateFrom(text);
  }

  /** A list of C strings with a null pointer at its end. */
  static MemorySegment texts(Arena arena, List<String> texts) {
    MemorySegment list = arena.allocate(ValueLayout.ADDRESS, texts.size() + 1L);
    for (int i = 0; i < texts.size(); i++) {
      list.setAtIndex(ValueLayout.ADDRESS, i, text(arena, texts.get(i)));
    }
    list.setAtIndex(ValueLayout.ADDRESS, texts.size(), MemorySegment.NULL);
    return list;
  }

  /** The bytes of a C string. */
  static byte[] bytes(MemorySegment string) {
    Object length = Optional.ofNullable(invoke(STRLEN, "strlen", string)).orElseThrow();
    return string.reinterpret((long) length).toArray(ValueLayout.JAVA_BYTE);
  }

  /** A C string; what is not UTF-8 in it is replaced. */
  static String text(MemorySegment string) {
    return new String(bytes(string), StandardCharsets.UTF_8);
  }

  /** A pointer's target of that many bytes. */
  static MemorySegment target(MemorySegment pointer, long bytes) {
    return pointer.reinterpret(bytes);
  }

  /** Takes a C string, and frees it. */
  static String takeText(MemorySegment string) {
    try {
      return text(string);
    } finally {
      free(string);
    }
  }

  /** Takes a list of C strings, and frees it. Strings that are not UTF-8 are left out. */
  static List<String> takeTexts(MemorySegment list) {
    List<String> texts = new ArrayList<>();
    MemorySegment at = list.reinterpret(Long.MAX_VALUE);
    for (long i = 0; ; i++) {
      MemorySegment string = at.getAtIndex(ValueLayout.ADDRESS, i);
      if (string.equals(MemorySegment.NULL)) {
        free(list);
        return texts;
      }
      try {
        texts.add(
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes(string))).toString());
      } catch (CharacterCodingException _) {
        // As the contract of listings has it.
      }
      free(string);
    }
  }

  /** Takes a list of C strings of which each second one is the value of the one before. */
  static Map<String, String> takeHash(MemorySegment list) {
    List<String> texts = new ArrayList<>();
    MemorySegment at = list.reinterpret(Long.MAX_VALUE);
    for (long i = 0; ; i++) {
      MemorySegment string = at.getAtIndex(ValueLayout.ADDRESS, i);
      if (string.equals(MemorySegment.NULL)) {
        break;
      }
      texts.add(takeText(string));
    }
    free(list);
    Map<String, String> hash = new LinkedHashMap<>();
    for (int i = 0; i + 1 < texts.size(); i += 2) {
      hash.put(texts.get(i), texts.get(i + 1));
    }
    return hash;
  }

  static void free(MemorySegment pointer) {
    invoke(FREE, "free", pointer);
  }
}
