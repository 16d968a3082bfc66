package io.vmferry.guest.appliance;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.FileStatus;
import io.vmferry.guest.FileType;
import io.vmferry.guest.GuestPaths;
import io.vmferry.guest.WritableGuestFiles;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The files mounted in an appliance.
 *
 * <p>The appliance's daemon changes its root to the guest's before it looks at a path, so links
 * lead nowhere else. The few functions for which it runs a program instead, with the guest's root
 * in front of the path, get paths in which no link is left.
 *
 * <p>What was learned of files is kept until something changes, and a directory's listing learns
 * all of its files' at once: a call takes about a millisecond.
 */
final class ApplianceFiles implements WritableGuestFiles {
  private static final int MAX_NAMES = 100_000;

  /** What a directory of {@link #MAX_NAMES} may take on disk: a name takes 264 bytes at most. */
  private static final long MAX_DIRECTORY_BYTES = MAX_NAMES * 264L;

  /** Bytes in one message: libguestfs allows 4 MiB with all that is around them. */
  private static final int PIECE_BYTES = 2 << 20;

  private static final int KEPT_STATUSES = 20_000;
  private static final int NAMES_AT_ONCE = 1000;

  private final GuestfsHandle handle;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Optional<FileStatus>> known =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Optional<FileStatus>> eldest) {
          return size() > KEPT_STATUSES;
        }
      };

  ApplianceFiles(GuestfsHandle handle) {
    this.handle = handle;
  }

  /** Forgets what was learned: something else has changed files. */
  void forget() {
    lock.lock();
    try {
      known.clear();
    } finally {
      lock.unlock();
    }
  }

  private void learn(String path, Optional<FileStatus> status) {
    lock.lock();
    try {
      known.put(path, status);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Optional<FileStatus> status(String path) throws IOException {
    GuestPaths.check(path);
    lock.lock();
    try {
      Optional<FileStatus> status = known.get(path);
      if (status != null) {
        return status;
      }
    } finally {
      lock.unlock();
    }
    Outcome<Statns> outcome =
        handle.call(
            "lstatns " + path,
            (library, g, memory) ->
                GuestfsHandle.notNull(
                        library.callPointer("guestfs_lstatns", g, LibGuestfs.text(memory, path)))
                    .map(struct -> Statns.take(library, struct)));
    if (outcome.isAbsence()) {
      learn(path, Optional.empty());
      return Optional.empty();
    }
    Statns stat = outcome.value().orElseThrow(() -> damaged(path, outcome));
    Optional<String> target =
        stat.type() == FileType.SYMLINK ? Optional.of(readLink(path)) : Optional.empty();
    Optional<FileStatus> status = Optional.of(stat.status(target));
    learn(path, status);
    return status;
  }

  private String readLink(String path) throws IOException {
    Outcome<String> outcome =
        handle.call(
            "readlink " + path,
            (library, g, memory) ->
                GuestfsHandle.notNull(
                        library.callPointer("guestfs_readlink", g, LibGuestfs.text(memory, path)))
                    .map(LibGuestfs::takeText));
    return outcome.value().orElseThrow(() -> damaged(path, outcome));
  }

  @Override
  public List<String> list(String directory) throws IOException {
    Optional<FileStatus> status = status(directory);
    if (status.filter(FileStatus::isDirectory).isEmpty()) {
      return List.of();
    }
    long bytes = directoryBytes(directory);
    if (bytes > MAX_DIRECTORY_BYTES) {
      throw tooManyNames(directory, "it takes %d bytes".formatted(bytes));
    }
    Outcome<List<String>> outcome =
        handle.call(
            "ls " + directory,
            (library, g, memory) ->
                GuestfsHandle.notNull(
                        library.callPointer("guestfs_ls", g, LibGuestfs.text(memory, directory)))
                    .map(LibGuestfs::takeTexts));
    List<String> names = outcome.value().orElseThrow(() -> damaged(directory, outcome));
    if (names.size() > MAX_NAMES) {
      throw tooManyNames(directory, "there are %d".formatted(names.size()));
    }
    List<String> sorted = names.stream().sorted().toList();
    for (int from = 0; from < Math.min(sorted.size(), KEPT_STATUSES / 2); from += NAMES_AT_ONCE) {
      learnAll(directory, sorted.subList(from, Math.min(sorted.size(), from + NAMES_AT_ONCE)));
    }
    return sorted;
  }

  private static VmferryException tooManyNames(String directory, String found) {
    return new VmferryException(
        ErrorCode.GUEST_FILE_UNREADABLE,
        "the directory %s has more than %d names: %s".formatted(directory, MAX_NAMES, found));
  }

  private long directoryBytes(String directory) throws IOException {
    Outcome<Statns> outcome =
        handle.call(
            "lstatns " + directory,
            (library, g, memory) ->
                GuestfsHandle.notNull(
                        library.callPointer(
                            "guestfs_lstatns", g, LibGuestfs.text(memory, directory)))
                    .map(struct -> Statns.take(library, struct)));
    return outcome.value().map(Statns::size).orElse(0L);
  }

  /** Learns the statuses of names by two calls; what cannot be had this way is asked for later. */
  private void learnAll(String directory, List<String> names) throws IOException {
    Outcome<List<Optional<Statns>>> stats =
        handle.call(
            "lstatnslist " + directory,
            (library, g, memory) ->
                GuestfsHandle.notNull(
                        library.callPointer(
                            "guestfs_lstatnslist",
                            g,
                            LibGuestfs.text(memory, directory),
                            LibGuestfs.texts(memory, names)))
                    .map(list -> Statns.takeList(library, list)));
    if (stats.value().filter(list -> list.size() == names.size()).isEmpty()) {
      return;
    }
    List<String> links = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      Optional<Statns> stat = stats.value().get().get(i);
      if (stat.isPresent() && stat.get().type() != FileType.SYMLINK) {
        String path = GuestPaths.child(directory, names.get(i));
        learn(path, Optional.of(stat.get().status(Optional.empty())));
      } else if (stat.isPresent()) {
        links.add(names.get(i));
      }
    }
    if (!links.isEmpty()) {
      learnLinks(directory, names, links, stats.value().get());
    }
  }

  private void learnLinks(
      String directory, List<String> names, List<String> links, List<Optional<Statns>> stats)
      throws IOException {
    Outcome<List<String>> targets =
        handle.call(
            "readlinklist " + directory,
            (library, g, memory) ->
                GuestfsHandle.notNull(
                        library.callPointer(
                            "guestfs_readlinklist",
                            g,
                            LibGuestfs.text(memory, directory),
                            LibGuestfs.texts(memory, links)))
                    .map(LibGuestfs::takeTexts));
    if (targets.value().filter(list -> list.size() == links.size()).isEmpty()) {
      return;
    }
    for (int i = 0; i < links.size(); i++) {
      String target = targets.value().get().get(i);
      Statns stat = stats.get(names.indexOf(links.get(i))).orElseThrow();
      if (!target.isEmpty()) {
        learn(
            GuestPaths.child(directory, links.get(i)),
            Optional.of(stat.status(Optional.of(target))));
      }
    }
  }

  @Override
  public int read(String path, long offset, ByteBuffer destination) throws IOException {
    if (offset < 0) {
      throw new IllegalArgumentException("offset " + offset);
    }
    requireRegular(path, ErrorCode.GUEST_FILE_UNREADABLE);
    int total = 0;
    while (destination.hasRemaining()) {
      int wanted = Math.min(PIECE_BYTES, destination.remaining());
      long at = offset + total;
      Outcome<byte[]> outcome =
          handle.call(
              "pread " + path,
              (library, g, memory) -> {
                MemorySegment size = memory.allocate(ValueLayout.JAVA_LONG);
                return GuestfsHandle.notNull(
                        library.callPointer(
                            "guestfs_pread", g, LibGuestfs.text(memory, path), wanted, at, size))
                    .map(
                        bytes -> {
                          long length = size.get(ValueLayout.JAVA_LONG, 0);
                          byte[] copy =
                              LibGuestfs.target(bytes, length).toArray(ValueLayout.JAVA_BYTE);
                          LibGuestfs.free(bytes);
                          return copy;
                        });
              });
      byte[] bytes = outcome.value().orElseThrow(() -> damaged(path, outcome));
      if (bytes.length == 0) {
        break;
      }
      destination.put(bytes, 0, Math.min(bytes.length, wanted));
      total += bytes.length;
    }
    return total;
  }

  private FileStatus requireRegular(String path, ErrorCode code) throws IOException {
    Optional<FileStatus> status = status(path);
    return status
        .filter(FileStatus::isRegular)
        .orElseThrow(
            () ->
                new VmferryException(
                    code,
                    "%s is %s; a regular file was expected"
                        .formatted(
                            path, status.map(is -> is.type().toString()).orElse("not there"))));
  }

  @Override
  public void replace(String path, ByteBuffer content, FileStatus attributes) throws IOException {
    if (status(path).isPresent()) {
      requireRegular(path, ErrorCode.GUEST_FILE_UNWRITABLE);
    } else {
      makeParents(path);
    }
    ByteBuffer left = content.duplicate();
    byte[] first = next(left);
    change(
        path,
        "write",
        (library, g, memory) ->
            GuestfsHandle.nonNegative(
                library.callInt(
                    "guestfs_write",
                    g,
                    LibGuestfs.text(memory, path),
                    memory.allocateFrom(ValueLayout.JAVA_BYTE, first),
                    (long) first.length)));
    appendAll(path, left);
    setAttributes(path, attributes);
  }

  /**
   * Gives a file its owner and mode, where the file system has such: FAT and NTFS refuse what they
   * cannot keep, though the file can be written.
   */
  private void setAttributes(String path, FileStatus attributes) throws IOException {
    FileStatus is = status(path).orElse(attributes);
    if (is.uid() != attributes.uid() || is.gid() != attributes.gid()) {
      set(
          path,
          "chown",
          (library, g, memory) ->
              GuestfsHandle.nonNegative(
                  library.callInt(
                      "guestfs_chown",
                      g,
                      attributes.uid(),
                      attributes.gid(),
                      LibGuestfs.text(memory, path))));
    }
    // After the owner, for a new one takes set-uid and set-gid away.
    if (status(path).orElse(attributes).mode() != attributes.mode()) {
      set(
          path,
          "chmod",
          (library, g, memory) ->
              GuestfsHandle.nonNegative(
                  library.callInt(
                      "guestfs_chmod", g, attributes.mode(), LibGuestfs.text(memory, path))));
    }
  }

  private void set(String path, String what, GuestfsHandle.Call<Integer> call) throws IOException {
    Outcome<Integer> outcome = handle.call(what + " " + path, call);
    forget();
    // The daemon is root and has just written the file: nothing but the file system can forbid it.
    boolean notKept = outcome.errno() == Outcome.EPERM || outcome.errno() == Outcome.EOPNOTSUPP;
    if (outcome.value().isEmpty() && !notKept) {
      throwRefused(path, outcome);
    }
  }

  private void makeParents(String path) throws IOException {
    String parent = GuestPaths.parent(path);
    if (GuestPaths.resolve(this, parent).isPresent()) {
      return;
    }
    change(
        parent,
        "mkdir_p",
        (library, g, memory) ->
            GuestfsHandle.nonNegative(
                library.callInt("guestfs_mkdir_p", g, LibGuestfs.text(memory, parent))));
  }

  private static byte[] next(ByteBuffer content) {
    byte[] piece = new byte[Math.min(PIECE_BYTES, content.remaining())];
    content.get(piece);
    return piece;
  }

  private void appendAll(String path, ByteBuffer left) throws IOException {
    while (left.hasRemaining()) {
      byte[] piece = next(left);
      change(
          path,
          "write_append",
          (library, g, memory) ->
              GuestfsHandle.nonNegative(
                  library.callInt(
                      "guestfs_write_append",
                      g,
                      LibGuestfs.text(memory, path),
                      memory.allocateFrom(ValueLayout.JAVA_BYTE, piece),
                      (long) piece.length)));
    }
  }

  @Override
  public void append(String path, ByteBuffer content) throws IOException {
    requireRegular(path, ErrorCode.GUEST_FILE_UNWRITABLE);
    appendAll(path, content.duplicate());
  }

  @Override
  public void copy(String from, String to) throws IOException {
    requireRegular(from, ErrorCode.GUEST_FILE_UNWRITABLE);
    requireFree(to);
    String source = withoutLinks(from);
    String target = withoutLinks(to);
    change(
        to,
        "cp_a " + from,
        (library, g, memory) ->
            GuestfsHandle.nonNegative(
                library.callInt(
                    "guestfs_cp_a",
                    g,
                    LibGuestfs.text(memory, source),
                    LibGuestfs.text(memory, target))));
  }

  @Override
  public void rename(String from, String to) throws IOException {
    GuestPaths.check(from);
    requireFree(to);
    change(
        from,
        "rename",
        (library, g, memory) ->
            GuestfsHandle.nonNegative(
                library.callInt(
                    "guestfs_rename",
                    g,
                    LibGuestfs.text(memory, from),
                    LibGuestfs.text(memory, to))));
  }

  @Override
  public void symlink(String target, String path) throws IOException {
    requireFree(path);
    makeParents(path);
    String link = withoutLinks(path);
    change(
        path,
        "ln_s",
        (library, g, memory) ->
            GuestfsHandle.nonNegative(
                library.callInt(
                    "guestfs_ln_s",
                    g,
                    LibGuestfs.text(memory, target),
                    LibGuestfs.text(memory, link))));
  }

  private void requireFree(String path) throws IOException {
    Optional<FileStatus> status = status(path);
    if (status.isPresent()) {
      throw new VmferryException(
          ErrorCode.GUEST_FILE_UNWRITABLE,
          "%s is there already, as %s".formatted(path, status.get().type()));
    }
  }

  /** The path with the links on the way to its last component followed. */
  private String withoutLinks(String path) throws IOException {
    String parent = GuestPaths.parent(path);
    String real =
        GuestPaths.resolve(this, parent)
            .orElseThrow(
                () ->
                    new VmferryException(
                        ErrorCode.GUEST_FILE_UNWRITABLE, "%s is not there".formatted(parent)));
    return GuestPaths.child(real, GuestPaths.name(path));
  }

  /** A change of the guest's, after which nothing learned holds. */
  private void change(String path, String what, GuestfsHandle.Call<Integer> call)
      throws IOException {
    Outcome<Integer> outcome = handle.call(what + " " + path, call);
    forget();
    if (outcome.value().isEmpty()) {
      throwRefused(path, outcome);
    }
  }

  private static void throwRefused(String path, Outcome<Integer> outcome) throws IOException {
    // Programs that the daemon runs give a reason but no number.
    if (outcome.isRefusal() || outcome.errno() == 0) {
      throw new VmferryException(
          ErrorCode.GUEST_FILE_UNWRITABLE,
          "%s: %s (errno %d)".formatted(path, outcome.message().strip(), outcome.errno()));
    }
    throw damaged(path, outcome);
  }

  private static IOException damaged(String path, Outcome<?> outcome) {
    return new IOException(
        "the guest's file system fails at %s: %s (errno %d)"
            .formatted(path, outcome.message().strip(), outcome.errno()));
  }

  @Override
  public long freeBytes(String path) throws IOException {
    GuestPaths.check(path);
    Outcome<Long> outcome =
        handle.call(
            "statvfs " + path,
            (library, g, memory) ->
                GuestfsHandle.notNull(
                        library.callPointer("guestfs_statvfs", g, LibGuestfs.text(memory, path)))
                    .map(
                        struct -> {
                          // bsize, frsize, blocks, bfree, bavail: the first five of eleven.
                          MemorySegment fields = LibGuestfs.target(struct, 5L * Long.BYTES);
                          long fragment = fields.getAtIndex(ValueLayout.JAVA_LONG, 1);
                          long available = fields.getAtIndex(ValueLayout.JAVA_LONG, 4);
                          library.callVoid("guestfs_free_statvfs", struct);
                          return fragment * available;
                        }));
    return outcome.value().orElseThrow(() -> damaged(path, outcome));
  }
}
