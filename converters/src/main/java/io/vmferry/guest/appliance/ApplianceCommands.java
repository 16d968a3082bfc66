package io.vmferry.guest.appliance;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.FileStatus;
import io.vmferry.guest.GuestCommands;
import io.vmferry.guest.GuestPaths;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Runs a guest's programs in the appliance: its root is the guest's, there is no network, and
 * nothing of this machine is within reach.
 *
 * <p>A program that does not end is ended by the guest's own {@code timeout}; where there is none,
 * or it does not help either, the whole appliance is.
 */
final class ApplianceCommands implements GuestCommands {
  private static final int MAX_OUTPUT = 1 << 20;
  private static final Duration GRACE = Duration.ofSeconds(30);
  private static final int KILL_AFTER_SECONDS = 5;

  private final GuestfsHandle handle;
  private final ApplianceFiles files;

  ApplianceCommands(GuestfsHandle handle, ApplianceFiles files) {
    this.handle = handle;
    this.files = files;
  }

  @Override
  public String run(List<String> arguments, Duration limit) {
    try {
      List<String> command = new ArrayList<>();
      Optional<String> timeout = GuestPaths.resolve(files, "/usr/bin/timeout");
      if (timeout.flatMap(this::status).filter(FileStatus::isRegular).isPresent()) {
        command.add("/usr/bin/timeout");
        command.add("-k" + KILL_AFTER_SECONDS);
        command.add(Long.toString(Math.max(1, limit.toSeconds())));
      }
      command.addAll(arguments);
      long start = System.nanoTime();
      Outcome<String> outcome =
          handle.call(
              String.join(" ", arguments),
              limit.plus(GRACE),
              (library, g, memory) ->
                  GuestfsHandle.notNull(
                          library.callPointer(
                              "guestfs_command", g, LibGuestfs.texts(memory, command)))
                      .map(LibGuestfs::takeText));
      files.forget();
      String output = outcome.value().orElseThrow(() -> failed(arguments, limit, start, outcome));
      return output.substring(0, Math.min(output.length(), MAX_OUTPUT));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Optional<FileStatus> status(String path) {
    try {
      return files.status(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static VmferryException failed(
      List<String> arguments, Duration limit, long start, Outcome<?> outcome) {
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    String reason =
        took.compareTo(limit) >= 0
            ? "did not end in %d s".formatted(limit.toSeconds())
            : outcome.message().strip();
    return new VmferryException(
        ErrorCode.GUEST_COMMAND_FAILED, "%s: %s".formatted(String.join(" ", arguments), reason));
  }
}
