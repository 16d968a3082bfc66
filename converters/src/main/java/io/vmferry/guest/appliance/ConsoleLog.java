package io.vmferry.guest.appliance;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** The end of what qemu, the appliance's kernel and its daemon print: for failures' messages. */
final class ConsoleLog {
  private static final int KEPT_CHARACTERS = 16 << 10;
  private static final int SHOWN_LINES = 8;

  private final ReentrantLock lock = new ReentrantLock();
  private final StringBuilder text = new StringBuilder();

  /** The function that libguestfs calls with what was printed: {@code guestfs_event_callback}. */
  MemorySegment callback(Arena arena) {
    try {
      MethodHandle method =
          MethodHandles.lookup()
              .findVirtual(
                  ConsoleLog.class,
                  "event",
                  MethodType.methodType(
                      void.class,
                      MemorySegment.class,
                      MemorySegment.class,
                      long.class,
                      int.class,
                      int.class,
                      MemorySegment.class,
                      long.class,
                      MemorySegment.class,
                      long.class));
      return LibGuestfs.upcall(
          method.bindTo(this),
          FunctionDescriptor.ofVoid(
              ValueLayout.ADDRESS,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG),
          arena);
    } catch (NoSuchMethodException | IllegalAccessException e) {
      throw new IllegalStateException("the method is below", e);
    }
  }

  // Called by C, through the method handle above, with what it has to give. An exception here would
  // end the JVM, so nothing that could throw is done.
  @SuppressWarnings({"UnusedMethod", "UnusedVariable"})
  private void event(
      MemorySegment handle,
      MemorySegment opaque,
      long event,
      int eventHandle,
      int flags,
      MemorySegment bytes,
      long length,
      MemorySegment array,
      long arrayLength) {
    if (length > 0) {
      long kept = Math.min(length, KEPT_CHARACTERS);
      byte[] tail =
          LibGuestfs.target(bytes, length).asSlice(length - kept).toArray(ValueLayout.JAVA_BYTE);
      add(new String(tail, StandardCharsets.UTF_8));
    }
  }

  private void add(String more) {
    lock.lock();
    try {
      text.append(more);
      if (text.length() > KEPT_CHARACTERS) {
        text.delete(0, text.length() - KEPT_CHARACTERS);
      }
    } finally {
      lock.unlock();
    }
  }

  /** The last lines, joined by " | "; control characters are left out. */
  String tail() {
    lock.lock();
    try {
      String[] lines =
          text.toString()
              .replaceAll("\u001b\\[[0-9;]*[A-Za-z]", "")
              .replaceAll("[^\\P{Cntrl}\n]", "")
              .strip()
              .split("\n+");
      int from = Math.max(0, lines.length - SHOWN_LINES);
      return String.join(" | ", List.of(lines).subList(from, lines.length));
    } finally {
      lock.unlock();
    }
  }
}
