package io.vmferry.guest.appliance;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * One libguestfs handle and its appliance. Every call runs on a thread of the handle's own: a call
 * into C holds its thread, and must not hold one of those that serve the disks. A call that takes
 * longer than it may ends the appliance.
 *
 * <p>However the handle ends, and the JVM with it, qemu ends too: by close, by a shutdown hook, and
 * if the JVM is killed by the process that libguestfs sets beside qemu for that.
 */
final class GuestfsHandle implements AutoCloseable {
  private static final int CREATE_NO_ENVIRONMENT_OR_EXIT_HANDLER = 1 | 2;

  /** Library, appliance and warning messages. */
  private static final long LOGGED_EVENTS = 0x10 | 0x20 | 0x80;

  private static final Duration END_LIMIT = Duration.ofSeconds(30);

  private final LibGuestfs library;
  private final String mark;
  private final ApplianceOptions options;
  private final Supplier<Optional<Exception>> failureBelow;
  private final ConsoleLog log = new ConsoleLog();
  private final Arena arena = Arena.ofShared();
  private final MemorySegment handle;
  private final Thread hook = Thread.ofPlatform().unstarted(this::endAtShutdown);
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("vmferry-guestfs").factory());
  private volatile boolean killed;
  private boolean closed;

  private GuestfsHandle(
      LibGuestfs library,
      MemorySegment handle,
      String mark,
      ApplianceOptions options,
      Supplier<Optional<Exception>> failureBelow) {
    this.library = library;
    this.handle = handle;
    this.mark = mark;
    this.options = options;
    this.failureBelow = failureBelow;
  }

  /**
   * A handle whose appliance is not started yet.
   *
   * @param mark what qemu's command line will hold and no other process's: a disk's socket
   * @param failureBelow what went wrong with the disks, which is then the reason of what goes wrong
   *     in the appliance
   * @throws VmferryException {@link ErrorCode#GUEST_APPLIANCE_UNAVAILABLE} if libguestfs is not
   *     installed
   */
  static GuestfsHandle create(
      String mark, ApplianceOptions options, Supplier<Optional<Exception>> failureBelow) {
    LibGuestfs library = LibGuestfs.load();
    MemorySegment handle =
        library.callPointer("guestfs_create_flags", CREATE_NO_ENVIRONMENT_OR_EXIT_HANDLER);
    if (handle.equals(MemorySegment.NULL)) {
      throw new VmferryException(
          ErrorCode.GUEST_APPLIANCE_FAILED, "guestfs_create_flags returned nothing");
    }
    GuestfsHandle created = new GuestfsHandle(library, handle, mark, options, failureBelow);
    library.callInt(
        "guestfs_set_event_callback",
        handle,
        created.log.callback(created.arena),
        LOGGED_EVENTS,
        0,
        MemorySegment.NULL);
    Runtime.getRuntime().addShutdownHook(created.hook);
    return created;
  }

  /** What is called in C: gets the library, the handle, and memory that lives during the call. */
  @FunctionalInterface
  interface Call<T> {
    /** Returns the result; empty if C's result says that there is an error. */
    Optional<T> run(LibGuestfs library, MemorySegment handle, Arena memory);
  }

  /**
   * Calls a function of the appliance.
   *
   * @throws VmferryException {@link ErrorCode#GUEST_APPLIANCE_TIMEOUT}, {@link
   *     ErrorCode#GUEST_APPLIANCE_FAILED} if the appliance is gone, or what failed with the disks
   * @throws IOException if a disk cannot be read, or the thread is interrupted
   */
  <T> Outcome<T> call(String what, Call<T> call) throws IOException {
    return call(what, options.callLimit(), call);
  }

  /** Calls a function that may take so long. */
  <T> Outcome<T> call(String what, Duration limit, Call<T> call) throws IOException {
    Outcome<T> outcome = await(what, limit, call);
    if (outcome.value().isEmpty()) {
      throwFailureBelow();
      if (!isReady()) {
        throw failed(what, outcome);
      }
    }
    return outcome;
  }

  /** A call whose error is the appliance's failure. */
  <T> T require(String what, Call<T> call) throws IOException {
    Outcome<T> outcome = call(what, call);
    return outcome.value().orElseThrow(() -> failed(what, outcome));
  }

  /** Starts the appliance: its kernel, its daemon. */
  void launch() throws IOException {
    long start = System.nanoTime();
    Outcome<Integer> outcome =
        await(
            "launch",
            options.launchLimit(),
            (library, g, _) -> nonNegative(library.callInt("guestfs_launch", g)));
    if (outcome.value().isEmpty()) {
      throwFailureBelow();
      throw unavailable(outcome, Duration.ofNanos(System.nanoTime() - start));
    }
  }

  private VmferryException unavailable(Outcome<?> outcome, Duration after) {
    String kernels =
        hasReadableKernel()
            ? ""
            : "; there is no kernel in /boot that this user may read: on Debian install linux-image-cloud-amd64, and on Ubuntu allow it with chmod +r /boot/vmlinuz-*";
    return new VmferryException(
        ErrorCode.GUEST_APPLIANCE_UNAVAILABLE,
        "it did not start, after %d s: %s (errno %d)%s%s"
            .formatted(
                after.toSeconds(),
                oneLine(outcome.message()),
                outcome.errno(),
                kernels,
                console()));
  }

  static boolean hasReadableKernel() {
    try (var kernels = Files.newDirectoryStream(Path.of("/boot"), "vmlinu[xz]-*")) {
      for (Path kernel : kernels) {
        if (Files.isReadable(kernel)) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      return false;
    }
  }

  private VmferryException failed(String what, Outcome<?> outcome) {
    return new VmferryException(
        ErrorCode.GUEST_APPLIANCE_FAILED,
        "%s: %s (errno %d)%s"
            .formatted(what, oneLine(outcome.message()), outcome.errno(), console()));
  }

  private String console() {
    String tail = log.tail();
    return tail.isEmpty() ? "" : "; its console ends with: " + tail;
  }

  private static String oneLine(String message) {
    return message.strip().replaceAll("\\s*\\n\\s*", " | ");
  }

  /** Throws what failed with the disks, if something did. */
  void throwFailureBelow() throws IOException {
    Optional<Exception> failure = failureBelow.get();
    if (failure.isPresent()) {
      switch (failure.get()) {
        case VmferryException e -> throw new VmferryException(e.code(), e.detail(), e);
        case IOException e -> throw new IOException(e.getMessage(), e);
        default ->
            throw new VmferryException(
                ErrorCode.INTERNAL, "a disk of the appliance failed", failure.get());
      }
    }
  }

  private boolean isReady() throws IOException {
    return await(
            "is_ready",
            END_LIMIT,
            (library, g, _) -> Optional.of(library.callInt("guestfs_is_ready", g)))
        .value()
        .filter(ready -> ready == 1)
        .isPresent();
  }

  private <T> Outcome<T> await(String what, Duration limit, Call<T> call) throws IOException {
    Future<Outcome<T>> future = thread.submit(() -> run(call));
    try {
      return future.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      kill();
      throw new VmferryException(
          ErrorCode.GUEST_APPLIANCE_TIMEOUT,
          "%s took longer than %d s%s".formatted(what, limit.toSeconds(), console()));
    } catch (InterruptedException e) {
      kill();
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException(what + " was interrupted").initCause(e);
    } catch (ExecutionException e) {
      switch (Objects.requireNonNullElse(e.getCause(), e)) {
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        default -> throw new IllegalStateException(what, e);
      }
    } catch (CancellationException e) {
      throw new IllegalStateException(what, e);
    }
  }

  private <T> Outcome<T> run(Call<T> call) {
    try (Arena memory = Arena.ofConfined()) {
      Optional<T> value = call.run(library, handle, memory);
      if (value.isPresent()) {
        return Outcome.of(value.get());
      }
      int errno = library.callInt("guestfs_last_errno", handle);
      MemorySegment message = library.callPointer("guestfs_last_error", handle);
      return new Outcome<>(
          Optional.empty(),
          errno,
          message.equals(MemorySegment.NULL) ? "no reason given" : LibGuestfs.text(message));
    }
  }

  /** The result of a function that returns −1 for an error. */
  static Optional<Integer> nonNegative(int result) {
    return result < 0 ? Optional.empty() : Optional.of(result);
  }

  /** The result of a function that returns a null pointer for an error. */
  static Optional<MemorySegment> notNull(MemorySegment result) {
    return result.equals(MemorySegment.NULL) ? Optional.empty() : Optional.of(result);
  }

  /** Ends qemu at once; what is being called returns then, with an error. */
  private void kill() {
    killed = true;
    ProcessHandle.current().children().filter(this::isQemu).forEach(ProcessHandle::destroyForcibly);
  }

  /** Whether a child of ours is this appliance's qemu, or is about to become it. */
  private boolean isQemu(ProcessHandle child) {
    try {
      String line =
          Files.readString(
              Path.of("/proc", Long.toString(child.pid()), "cmdline"), StandardCharsets.ISO_8859_1);
      return line.contains(mark);
    } catch (IOException e) {
      // It has ended.
      return false;
    }
  }

  /** Whether a call took too long or was interrupted, so that the appliance was ended. */
  boolean isKilled() {
    return killed;
  }

  private void endAtShutdown() {
    kill();
    close();
  }

  /** Ends the appliance and frees the handle. What was written stays with the disks. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // This is the hook.
    }
    Future<?> end =
        thread.submit(
            () -> {
              library.callVoid("guestfs_close", handle);
              arena.close();
            });
    thread.shutdown();
    awaitEnd(end);
  }

  private void awaitEnd(Future<?> end) {
    boolean interrupted = false;
    try {
      while (!hasEnded(end)) {
        // Whatever it waits for ends with qemu; its files go before this returns.
        interrupted = true;
        kill();
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Waits for the end, or for so long that nothing more can be done; false if interrupted. */
  private boolean hasEnded(Future<?> end) {
    try {
      end.get(END_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      // The thread is left to do the rest.
      kill();
      return true;
    } catch (InterruptedException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException("guestfs_close", e);
    }
  }

  /** Sets what must be set before the launch. */
  void configure(List<String> exports) throws IOException {
    String directory = options.temporaryDirectory().toString();
    await("set_error_handler", END_LIMIT, GuestfsHandle::silence);
    number("guestfs_set_backend", "direct");
    call(
        "set_backend_settings",
        (library, g, memory) ->
            nonNegative(
                library.callInt(
                    "guestfs_set_backend_settings",
                    g,
                    LibGuestfs.texts(memory, options.kvm() ? List.of() : List.of("force_tcg")))));
    number("guestfs_set_tmpdir", directory);
    if (options.cacheDirectory().isPresent()) {
      number("guestfs_set_cachedir", options.cacheDirectory().get().toString());
    }
    if (options.fixedAppliance().isPresent()) {
      number("guestfs_set_path", options.fixedAppliance().get().toString());
    }
    number("guestfs_set_memsize", options.memoryMib());
    number("guestfs_set_smp", 1);
    number("guestfs_set_network", 0);
    number("guestfs_set_pgroup", 1);
    number("guestfs_set_recovery_proc", 1);
    for (String export : exports) {
      addDisk(export);
    }
  }

  /** Errors are returned, not printed. libguestfs keeps that for each thread. */
  private static Optional<Integer> silence(LibGuestfs library, MemorySegment handle, Arena memory) {
    library.callVoid("guestfs_set_error_handler", handle, MemorySegment.NULL, MemorySegment.NULL);
    return Optional.of(0);
  }

  private void number(String function, Object argument) throws IOException {
    Outcome<Integer> outcome =
        await(
            function,
            END_LIMIT,
            (library, g, memory) ->
                nonNegative(
                    library.callInt(
                        function,
                        g,
                        argument instanceof String text
                            ? LibGuestfs.text(memory, text)
                            : argument)));
    if (outcome.value().isEmpty()) {
      throw failed(function, outcome);
    }
  }

  private void addDisk(String export) throws IOException {
    Outcome<Integer> outcome =
        await(
            "add_drive",
            END_LIMIT,
            (library, g, memory) ->
                nonNegative(
                    library.callInt(
                        "guestfs_add_drive_opts_argv",
                        g,
                        LibGuestfs.text(memory, export),
                        DriveOptions.of(memory, "unix:" + mark))));
    if (outcome.value().isEmpty()) {
      throw failed("add_drive", outcome);
    }
  }
}
