package io.vmferry.guest;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A guest's files in memory. */
public final class InMemoryGuest implements WritableGuestFiles {
  private static final int MAX_LINKS = 40;

  private final Map<String, Node> nodes = new TreeMap<>();
  private long freeBytes = 1L << 30;

  // The array is replaced, never changed, and nodes are not compared.
  @SuppressWarnings("ArrayRecordComponent")
  private record Node(FileStatus status, byte[] content) {}

  /** A guest with an empty root directory. */
  public InMemoryGuest() {
    put("/", FileType.DIRECTORY, 0755, Optional.empty(), new byte[0]);
  }

  /** Adds a file, mode 0644. */
  public InMemoryGuest file(String path, String content) {
    return file(path, content.getBytes(StandardCharsets.UTF_8), 0644);
  }

  /** Adds a file. */
  public InMemoryGuest file(String path, byte[] content, int mode) {
    makeParents(path);
    put(path, FileType.REGULAR, mode, Optional.empty(), content);
    return this;
  }

  /** Adds a directory. */
  public InMemoryGuest directory(String path) {
    makeParents(path);
    put(path, FileType.DIRECTORY, 0755, Optional.empty(), new byte[0]);
    return this;
  }

  /** Adds a symbolic link. */
  public InMemoryGuest link(String path, String target) {
    makeParents(path);
    put(path, FileType.SYMLINK, 0777, Optional.of(target), new byte[0]);
    return this;
  }

  /** Adds a device, FIFO or socket. */
  public InMemoryGuest special(String path) {
    makeParents(path);
    put(path, FileType.SPECIAL, 0600, Optional.empty(), new byte[0]);
    return this;
  }

  /** Sets how much is free. */
  public InMemoryGuest free(long bytes) {
    freeBytes = bytes;
    return this;
  }

  /** Every path there is, sorted. */
  public List<String> paths() {
    return List.copyOf(nodes.keySet());
  }

  /** A file's content as text. */
  public String textOf(String path) {
    return new String(contentOf(path), StandardCharsets.UTF_8);
  }

  /** A file's content. */
  public byte[] contentOf(String path) {
    return regular(path, ErrorCode.GUEST_FILE_UNREADABLE).content().clone();
  }

  @Override
  public Optional<FileStatus> status(String path) {
    return real(GuestPaths.check(path)).map(real -> find(real).status());
  }

  @Override
  public List<String> list(String directory) {
    Optional<String> real = real(directory).filter(path -> find(path).status().isDirectory());
    return real.stream()
        .flatMap(
            parent ->
                nodes.keySet().stream()
                    .filter(path -> !path.equals("/") && GuestPaths.parent(path).equals(parent)))
        .map(GuestPaths::name)
        .toList();
  }

  @Override
  public int read(String path, long offset, ByteBuffer destination) {
    byte[] content = regular(path, ErrorCode.GUEST_FILE_UNREADABLE).content();
    int from = (int) Math.min(offset, content.length);
    int count = Math.min(destination.remaining(), content.length - from);
    destination.put(content, from, count);
    return count;
  }

  @Override
  public void replace(String path, ByteBuffer content, FileStatus attributes) {
    makeParents(GuestPaths.check(path));
    String where = inParent(path);
    Node old = nodes.get(where);
    if (old != null && !old.status().isRegular()) {
      throw refused(path, "is " + old.status().type());
    }
    byte[] bytes = new byte[content.remaining()];
    content.duplicate().get(bytes);
    nodes.put(
        where,
        new Node(
            new FileStatus(
                FileType.REGULAR,
                bytes.length,
                attributes.mode(),
                attributes.uid(),
                attributes.gid(),
                Optional.empty()),
            bytes));
  }

  @Override
  public void append(String path, ByteBuffer content) {
    Node old = regular(path, ErrorCode.GUEST_FILE_UNWRITABLE);
    ByteBuffer all = ByteBuffer.allocate(old.content().length + content.remaining());
    all.put(old.content()).put(content.duplicate()).flip();
    replace(path, all, old.status());
  }

  @Override
  public void copy(String from, String to) {
    Node node = regular(from, ErrorCode.GUEST_FILE_UNWRITABLE);
    requireFree(to);
    nodes.put(inParent(to), node);
  }

  @Override
  public void rename(String from, String to) {
    String source = inParent(from);
    requireFree(to);
    String target = inParent(to);
    for (String path : paths()) {
      if (path.equals(source) || path.startsWith(source + "/")) {
        nodes.put(target + path.substring(source.length()), find(path));
        nodes.remove(path);
      }
    }
  }

  @Override
  public void symlink(String target, String path) {
    requireFree(path);
    makeParents(path);
    put(inParent(path), FileType.SYMLINK, 0777, Optional.of(target), new byte[0]);
  }

  @Override
  public long freeBytes(String path) {
    return freeBytes;
  }

  private Node find(String path) {
    Node node = nodes.get(path);
    if (node == null) {
      throw new IllegalStateException("no node at " + path);
    }
    return node;
  }

  private Node regular(String path, ErrorCode code) {
    return real(GuestPaths.check(path))
        .map(this::find)
        .filter(node -> node.status().isRegular())
        .orElseThrow(() -> new VmferryException(code, path + " is no regular file"));
  }

  /** Where a path is, links on the way to its last component followed; empty if it is nowhere. */
  private Optional<String> real(String path) {
    if (path.equals("/")) {
      return Optional.of(path);
    }
    return directory(GuestPaths.parent(path), 0)
        .map(parent -> GuestPaths.child(parent, GuestPaths.name(path)))
        .filter(nodes::containsKey);
  }

  private Optional<String> directory(String path, int links) {
    String done = "/";
    for (String name : path.split("/", -1)) {
      if (name.isEmpty() || name.equals(".")) {
        continue;
      }
      if (name.equals("..")) {
        done = GuestPaths.parent(done);
        continue;
      }
      done = GuestPaths.child(done, name);
      Node node = nodes.get(done);
      if (node == null || links > MAX_LINKS) {
        return Optional.empty();
      }
      if (node.status().type() == FileType.SYMLINK) {
        String target = node.status().linkTarget().orElseThrow();
        Optional<String> next =
            directory(
                target.startsWith("/") ? target : GuestPaths.parent(done) + "/" + target,
                links + 1);
        if (next.isEmpty()) {
          return next;
        }
        done = next.get();
      } else if (!node.status().isDirectory()) {
        return Optional.empty();
      }
    }
    return Optional.of(done);
  }

  private String inParent(String path) {
    return directory(GuestPaths.parent(path), 0)
        .map(parent -> GuestPaths.child(parent, GuestPaths.name(path)))
        .orElseThrow(() -> refused(path, "has no directory"));
  }

  private void requireFree(String path) {
    if (status(path).isPresent()) {
      throw refused(path, "exists");
    }
  }

  private static VmferryException refused(String path, String why) {
    return new VmferryException(ErrorCode.GUEST_FILE_UNWRITABLE, path + " " + why);
  }

  private void makeParents(String path) {
    String parent = GuestPaths.parent(path);
    if (!parent.equals("/") && status(parent).isEmpty()) {
      makeParents(parent);
      put(inParent(parent), FileType.DIRECTORY, 0755, Optional.empty(), new byte[0]);
    }
  }

  private void put(String path, FileType type, int mode, Optional<String> target, byte[] content) {
    nodes.put(path, new Node(new FileStatus(type, content.length, mode, 0, 0, target), content));
  }
}
