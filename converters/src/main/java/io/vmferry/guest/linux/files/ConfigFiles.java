package io.vmferry.guest.linux.files;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.FileStatus;
import io.vmferry.guest.FileType;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.GuestFiles;
import io.vmferry.guest.GuestPaths;
import io.vmferry.guest.TextFile;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Configuration files of a guest that need not be there and need not be sound. */
public final class ConfigFiles {
  /** The largest file that is read: 256 KiB, far more than such files have. */
  public static final int MAX_BYTES = 256 << 10;

  /** The most files of a kind in a directory. */
  private static final int MAX_FILES = 2000;

  private static final Duration ATTRIBUTE_LIMIT = Duration.ofMinutes(1);

  /** Copies that editors and package managers leave, which no program reads. */
  private static final Pattern LEFT_OVER =
      Pattern.compile(".*(~|\\.bak|\\.orig|\\.old|\\.swp|\\.rpm(save|new|orig)|\\.dpkg-[a-z]+)");

  private ConfigFiles() {}

  /**
   * Reads a text file. One that cannot be read (a device, larger than {@link #MAX_BYTES}) is told
   * in the report and left alone: it was of no use to the guest either.
   *
   * @return empty if there is none, or it cannot be read
   * @throws IOException if the file system is damaged
   */
  public static Optional<TextFile> read(GuestEdits edits, String path) throws IOException {
    try {
      Optional<String> real = GuestPaths.resolve(edits.files(), path);
      long size =
          real.isEmpty() ? 0 : edits.files().status(real.get()).map(FileStatus::size).orElse(0L);
      if (size > MAX_BYTES) {
        throw new VmferryException(
            ErrorCode.GUEST_FILE_UNREADABLE,
            "%s has %d bytes; at most %d were expected".formatted(path, size, MAX_BYTES));
      }
      return edits.text(path);
    } catch (VmferryException e) {
      if (e.code() != ErrorCode.GUEST_FILE_UNREADABLE) {
        throw e;
      }
      edits.note("Left alone: " + e.detail());
      return Optional.empty();
    }
  }

  /**
   * The paths in a directory whose names are of interest, sorted; hidden ones and copies left by
   * editors and package managers never are.
   *
   * @throws VmferryException {@link ErrorCode#GUEST_FILE_UNREADABLE} if there are more than 2000
   * @throws IOException if the file system is damaged
   */
  public static List<String> list(GuestFiles files, String directory, Predicate<String> names)
      throws IOException {
    List<String> paths =
        files.list(directory).stream()
            .filter(name -> !name.startsWith(".") && !LEFT_OVER.matcher(name).matches())
            .filter(names)
            .map(name -> GuestPaths.child(directory, name))
            .toList();
    if (paths.size() > MAX_FILES) {
      throw new VmferryException(
          ErrorCode.GUEST_FILE_UNREADABLE,
          "%s has %d files to look at; at most %d were expected"
              .formatted(directory, paths.size(), MAX_FILES));
    }
    return paths;
  }

  /**
   * Whether a path leads to something, links followed.
   *
   * @throws IOException if the file system is damaged
   */
  public static boolean exists(GuestFiles files, String path) throws IOException {
    return GuestPaths.resolve(files, path).isPresent();
  }

  /**
   * Whether any of the paths leads to something, links followed.
   *
   * @throws IOException if the file system is damaged
   */
  public static boolean anyExists(GuestFiles files, String... paths) throws IOException {
    for (String path : paths) {
      if (exists(files, path)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether a link leads to {@code /dev/null}, which is how systemd and udev are told to ignore a
   * file of that name. The device itself is not there in an image.
   *
   * @throws IOException if the file system is damaged
   */
  public static boolean isMasked(GuestFiles files, String path) throws IOException {
    return files
        .status(path)
        .flatMap(FileStatus::linkTarget)
        .filter("/dev/null"::equals)
        .isPresent();
  }

  /**
   * Gives a text file a content. What is there but cannot be a text file is put out of effect, and
   * so is a link: where it leads may be anything's file.
   *
   * @throws IOException if the file system is damaged
   */
  public static void write(GuestEdits edits, String path, String text, String summary)
      throws IOException {
    boolean link =
        edits.files().status(path).filter(is -> is.type() == FileType.SYMLINK).isPresent();
    Optional<TextFile> is = link ? Optional.empty() : read(edits, path);
    if (is.isPresent()) {
      edits.change(is.get(), text, summary);
      return;
    }
    if (edits.files().status(path).isPresent()) {
      edits.remove(path, link ? "a link in place of the file" : "no text file");
    }
    edits.create(path, text, summary);
  }

  /**
   * Puts a file out of effect, one that was made immutable too. See {@link GuestEdits#remove}.
   *
   * @return whether that changed anything
   * @throws VmferryException {@link ErrorCode#GUEST_FILE_UNWRITABLE} if the file system refuses
   * @throws IOException if the file system is damaged
   */
  public static boolean remove(Guest guest, String path, String summary) throws IOException {
    try {
      return guest.edits().remove(path, summary);
    } catch (VmferryException e) {
      if (e.code() != ErrorCode.GUEST_FILE_UNWRITABLE || guest.commands().isEmpty()) {
        throw e;
      }
      guest.commands().get().run(List.of("chattr", "-i", path), ATTRIBUTE_LIMIT);
      return guest.edits().remove(path, summary);
    }
  }
}
