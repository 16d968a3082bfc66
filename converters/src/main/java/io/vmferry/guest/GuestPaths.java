package io.vmferry.guest;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/** Paths inside a guest. */
public final class GuestPaths {
  /** Links followed before a path counts as a loop: Linux's own limit. */
  private static final int MAX_LINKS = 40;

  private GuestPaths() {}

  /**
   * Where a path leads with every link followed, the last component's too, inside the guest's root:
   * {@code ..} above it stays there. The result exists and is no link.
   *
   * @return the path; empty if it leads nowhere or round in circles
   * @throws IOException if the file system is damaged
   */
  public static Optional<String> resolve(GuestFiles files, String path) throws IOException {
    Deque<String> left = new ArrayDeque<>(components(path));
    List<String> done = new ArrayList<>();
    int links = 0;
    while (!left.isEmpty()) {
      String name = left.removeFirst();
      if (name.equals("..")) {
        if (!done.isEmpty()) {
          done.removeLast();
        }
        continue;
      }
      Optional<FileStatus> status = files.status(join(done, name));
      if (status.isEmpty()) {
        return Optional.empty();
      }
      if (status.get().type() != FileType.SYMLINK) {
        done.add(name);
        continue;
      }
      if (++links > MAX_LINKS) {
        return Optional.empty();
      }
      String target = status.get().linkTarget().orElseThrow();
      if (target.startsWith("/")) {
        done.clear();
      }
      components(target).reversed().forEach(left::addFirst);
    }
    return Optional.of("/" + String.join("/", done));
  }

  /**
   * Checks that a path is absolute and normal.
   *
   * @return the path
   * @throws IllegalArgumentException if it is not
   */
  public static String check(String path) {
    boolean normal =
        path.equals("/")
            || (path.startsWith("/")
                && path.indexOf('\0') < 0
                && Arrays.stream(path.substring(1).split("/", -1))
                    .noneMatch(name -> name.isEmpty() || name.equals(".") || name.equals("..")));
    if (!normal) {
      throw new IllegalArgumentException("'%s' is no absolute, normal path".formatted(path));
    }
    return path;
  }

  /** A name in a directory: {@code child("/", "etc")} is {@code /etc}. */
  public static String child(String directory, String name) {
    return directory.equals("/") ? "/" + name : directory + "/" + name;
  }

  /** The directory a path is in; the root's is the root. */
  public static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash <= 0 ? "/" : path.substring(0, slash);
  }

  /** The last component; empty for the root. */
  public static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private static String join(List<String> done, String name) {
    return done.isEmpty() ? "/" + name : "/" + String.join("/", done) + "/" + name;
  }

  private static List<String> components(String path) {
    return Arrays.stream(path.split("/"))
        .filter(name -> !name.isEmpty() && !name.equals("."))
        .toList();
  }
}
