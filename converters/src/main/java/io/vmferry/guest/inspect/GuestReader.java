package io.vmferry.guest.inspect;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.FileStatus;
import io.vmferry.guest.Finding;
import io.vmferry.guest.GuestFiles;
import io.vmferry.guest.GuestPaths;
import io.vmferry.guest.TextFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads a stranger's files: what is no regular file, too large or outside of where it should be is
 * taken for absent, and told as a finding.
 */
final class GuestReader {
  private static final int MAX_TOLD = 200;

  private final GuestFiles files;
  private final List<Finding> findings = new ArrayList<>();

  GuestReader(GuestFiles files) {
    this.files = files;
  }

  GuestFiles files() {
    return files;
  }

  /** What was odd so far. */
  List<Finding> findings() {
    return findings;
  }

  /** A text file's content; empty if there is none that can be read. */
  Optional<String> text(String path) throws IOException {
    try {
      return isPath(path) ? TextFile.read(files, path).map(TextFile::text) : Optional.empty();
    } catch (VmferryException e) {
      tell(e);
      return Optional.empty();
    }
  }

  /** A text file's lines; none if it cannot be read. */
  List<String> lines(String path) throws IOException {
    return text(path).map(text -> text.lines().toList()).orElse(List.of());
  }

  /** The names in a directory, links to it followed; none if there is no such directory. */
  List<String> list(String directory) throws IOException {
    Optional<String> real = resolve(directory);
    try {
      return real.isPresent() ? files.list(real.get()) : List.of();
    } catch (VmferryException e) {
      tell(e);
      return List.of();
    }
  }

  /** Where a path leads, links followed; empty if nowhere. */
  Optional<String> resolve(String path) throws IOException {
    return isPath(path) ? GuestPaths.resolve(files, path) : Optional.empty();
  }

  /** What a path leads to, links followed. */
  Optional<FileStatus> status(String path) throws IOException {
    Optional<String> real = resolve(path);
    return real.isPresent() ? files.status(real.get()) : Optional.empty();
  }

  boolean isFile(String path) throws IOException {
    return status(path).filter(FileStatus::isRegular).isPresent();
  }

  boolean isDirectory(String path) throws IOException {
    return status(path).filter(FileStatus::isDirectory).isPresent();
  }

  /** Whether something is at a path itself, a link that leads nowhere counts. */
  boolean exists(String path) throws IOException {
    return isPath(path) && files.status(path).isPresent();
  }

  /** Tells that something is as no distribution makes it. */
  void tell(String detail) {
    tell(ErrorCode.GUEST_HOSTILE, detail);
  }

  /** Tells that something is odd. */
  void tell(ErrorCode code, String detail) {
    findings.add(new Finding(Finding.Severity.WARNING, code, printable(detail)));
  }

  /** Passes on what is not the guest's fault, such as a source that cannot be read. */
  private void tell(VmferryException e) {
    if (e.code() != ErrorCode.GUEST_FILE_UNREADABLE) {
      throw e;
    }
    tell(e.code(), e.detail());
  }

  /** A stranger's text on one line, cut to a length that can be shown. */
  static String printable(String text) {
    StringBuilder shown = new StringBuilder();
    text.codePoints()
        .limit(MAX_TOLD)
        .forEach(
            c -> {
              if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
                shown.append("\\u%04x".formatted(c));
              } else {
                shown.appendCodePoint(c);
              }
            });
    return shown.length() < text.length() && text.codePointCount(0, text.length()) > MAX_TOLD
        ? shown + "…"
        : shown.toString();
  }

  private static boolean isPath(String path) {
    return path.startsWith("/") && path.indexOf('\0') < 0;
  }
}
