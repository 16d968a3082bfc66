package io.vmferry.guest.linux.network;

import io.vmferry.guest.GuestFiles;
import io.vmferry.guest.GuestPaths;
import io.vmferry.guest.TextFile;
import io.vmferry.guest.linux.files.ConfigFiles;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The files ifupdown reads. */
final class IfupdownFiles {
  static final String MAIN = "/etc/network/interfaces";

  /** More files than any guest has, and few enough to read. */
  private static final int MAX_FILES = 1000;

  private static final Pattern DIRECTORY_NAME = Pattern.compile("[a-zA-Z0-9_-]+");

  private IfupdownFiles() {}

  /** Whether one of them configures a network card. */
  static boolean haveCards(GuestFiles files) throws IOException {
    for (String path : included(files)) {
      Optional<TextFile> file = read(files, path);
      if (file.isPresent() && InterfacesFile.of(file.get().text()).hasCards()) {
        return true;
      }
    }
    return false;
  }

  /** The paths of the main file and of all that it includes, links resolved, without devices. */
  static Set<String> included(GuestFiles files) throws IOException {
    Set<String> found = new LinkedHashSet<>();
    Set<String> patterns = new HashSet<>();
    Deque<String> left = new ArrayDeque<>();
    GuestPaths.resolve(files, MAIN).ifPresent(left::add);
    while (!left.isEmpty() && found.size() < MAX_FILES) {
      String next = left.removeFirst();
      Optional<TextFile> file = found.add(next) ? read(files, next) : Optional.empty();
      if (file.isPresent()) {
        for (String include : InterfacesFile.of(file.get().text()).includes()) {
          boolean path = include.indexOf('\0') < 0;
          if (path && patterns.size() < MAX_FILES && patterns.add(include)) {
            matching(files, include).forEach(left::addLast);
          }
        }
      }
    }
    return found;
  }

  private static Optional<TextFile> read(GuestFiles files, String path) throws IOException {
    boolean text =
        files
            .status(path)
            .filter(status -> status.isRegular() && status.size() <= ConfigFiles.MAX_BYTES)
            .isPresent();
    return text ? TextFile.read(files, path) : Optional.empty();
  }

  private static Set<String> matching(GuestFiles files, String include) throws IOException {
    String pattern = include.startsWith("/") ? include : "/etc/network/" + include;
    String name = GuestPaths.name(pattern);
    Predicate<String> names =
        name.isEmpty() ? DIRECTORY_NAME.asMatchPredicate() : glob(name).asMatchPredicate();
    Optional<String> directory = GuestPaths.resolve(files, GuestPaths.parent(pattern));
    Set<String> found = new LinkedHashSet<>();
    List<String> paths =
        directory.isEmpty() ? List.of() : ConfigFiles.list(files, directory.get(), names);
    for (String path : paths) {
      GuestPaths.resolve(files, path).ifPresent(found::add);
    }
    return found;
  }

  /** A shell's pattern of a file name, as a regular expression. */
  private static Pattern glob(String pattern) {
    StringBuilder regex = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      switch (c) {
        case '*' -> regex.append("[^/]*");
        case '?' -> regex.append("[^/]");
        default -> regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    return Pattern.compile(regex.toString());
  }
}
