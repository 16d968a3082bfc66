package io.vmferry.guest;

import io.vmferry.guest.Change.Action;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Changes a guest's files, keeps the original of each beside it, and writes the report. A change
 * that changes nothing is neither made nor reported, so that a second run reports none.
 *
 * <p>The original of {@code /etc/fstab} is {@code /etc/.fstab.vmferry.orig}: a name with a dot in
 * front, which no program that reads a directory of configuration takes for one. The first original
 * stays when a file is changed again.
 */
public final class GuestEdits {
  private static final String ORIGINAL_SUFFIX = ".vmferry.orig";

  /** Room that keeping a large original must leave on its file system: 50 MiB. */
  private static final long ROOM_TO_LEAVE = 50L << 20;

  private final WritableGuestFiles files;
  private final String modification;
  private final List<Change> changes;

  /** Edits of no modification yet, with an empty report. */
  public GuestEdits(WritableGuestFiles files) {
    this(files, "", new ArrayList<>());
  }

  private GuestEdits(WritableGuestFiles files, String modification, List<Change> changes) {
    this.files = files;
    this.modification = modification;
    this.changes = changes;
  }

  /** The same guest and report; what changes from here on is that modification's. */
  public GuestEdits of(Modification next) {
    return new GuestEdits(files, next.name(), changes);
  }

  /** The files, to read. */
  public GuestFiles files() {
    return files;
  }

  /** What has been changed so far, in order. */
  public List<Change> changes() {
    return List.copyOf(changes);
  }

  /** A text file, links followed; empty if there is none. See {@link TextFile#read}. */
  public Optional<TextFile> text(String path) throws IOException {
    return TextFile.read(files, path);
  }

  /**
   * Gives a text file another content.
   *
   * @param summary what changed, for the report
   * @return whether that changed anything
   */
  public boolean change(TextFile file, String text, String summary) throws IOException {
    if (file.text().equals(text)) {
      return false;
    }
    String original = keepOriginal(file.path());
    files.replace(file.path(), encode(text, file.charset()), file.status());
    report(Action.CHANGED, file.path(), Optional.of(original), summary);
    return true;
  }

  /**
   * Makes a file, or gives an existing one this content and mode.
   *
   * @param path where; a link there is followed
   * @param mode permission bits
   * @return whether that changed anything
   */
  public boolean create(String path, ByteBuffer content, int mode, String summary)
      throws IOException {
    String real = GuestPaths.resolve(files, path).orElse(path);
    Optional<FileStatus> status = files.status(real);
    if (status.isEmpty()) {
      files.replace(real, content, FileStatus.ofNewFile(mode));
      report(Action.CREATED, real, Optional.empty(), summary);
      return true;
    }
    if (status.get().mode() == mode && sameContent(real, status.get(), content)) {
      return false;
    }
    String original = keepOriginal(real);
    FileStatus is = status.get();
    files.replace(
        real,
        content,
        new FileStatus(FileType.REGULAR, 0, mode, is.uid(), is.gid(), Optional.empty()));
    report(Action.CHANGED, real, Optional.of(original), summary);
    return true;
  }

  /** Makes a text file in UTF-8 with mode 0644. See {@link #create}. */
  public boolean create(String path, String text, String summary) throws IOException {
    return create(path, StandardCharsets.UTF_8.encode(text), 0644, summary);
  }

  /**
   * Appends bytes to a file, such as an initramfs. The original is kept where there is room for it;
   * elsewhere the report tells how long it was.
   */
  public void append(String path, ByteBuffer content, String summary) throws IOException {
    FileStatus status = files.status(path).orElseThrow();
    String name = originalOf(path);
    boolean kept = files.status(name).isPresent();
    if (!kept && files.freeBytes(path) - status.size() - content.remaining() >= ROOM_TO_LEAVE) {
      files.copy(path, name);
      kept = true;
    }
    files.append(path, content);
    report(
        Action.CHANGED,
        path,
        kept ? Optional.of(name) : Optional.empty(),
        kept ? summary : summary + "; the original is its first %d bytes".formatted(status.size()));
  }

  /**
   * Keeps the original of a file that a program of the guest's is about to change, where there is
   * room for it.
   *
   * @return false if it is kept already: the program has run before
   */
  public boolean keep(String path) throws IOException {
    String name = originalOf(path);
    if (files.status(name).isPresent()) {
      return false;
    }
    FileStatus status = files.status(path).orElseThrow();
    if (files.freeBytes(path) - status.size() >= ROOM_TO_LEAVE) {
      files.copy(path, name);
    }
    return true;
  }

  /**
   * Puts a file, link or directory out of effect by renaming it to its original's name. One that is
   * not there, or whose original is there already, is left alone.
   *
   * @return whether that changed anything
   */
  public boolean remove(String path, String summary) throws IOException {
    if (files.status(path).isEmpty()) {
      return false;
    }
    String original = freeOriginalOf(path);
    files.rename(path, original);
    report(Action.REMOVED, path, Optional.of(original), summary);
    return true;
  }

  /**
   * Makes a symbolic link; what lies at the path is kept as its original.
   *
   * @return whether that changed anything
   */
  public boolean symlink(String target, String path, String summary) throws IOException {
    Optional<FileStatus> status = files.status(path);
    if (status.flatMap(FileStatus::linkTarget).filter(target::equals).isPresent()) {
      return false;
    }
    Optional<String> original = Optional.empty();
    if (status.isPresent()) {
      original = Optional.of(freeOriginalOf(path));
      files.rename(path, original.get());
    }
    files.symlink(target, path);
    report(original.isEmpty() ? Action.CREATED : Action.CHANGED, path, original, summary);
    return true;
  }

  /** Reports something that is worth telling though nothing changes. */
  public void note(String summary) {
    changes.add(new Change(modification, Action.NOTE, Optional.empty(), Optional.empty(), summary));
  }

  /** Reports a change made by other means, such as a program of the guest's. */
  public void changed(String path, String summary) {
    report(Action.CHANGED, path, Optional.empty(), summary);
  }

  /** Where the original of a file is kept. */
  public static String originalOf(String path) {
    return GuestPaths.child(GuestPaths.parent(path), "." + GuestPaths.name(path) + ORIGINAL_SUFFIX);
  }

  /**
   * The name of the file that a name such as {@code .fstab.vmferry.orig} is the original of; empty
   * if it is no original's.
   */
  public static Optional<String> nameOf(String original) {
    int length = original.length() - ORIGINAL_SUFFIX.length();
    return original.startsWith(".") && original.endsWith(ORIGINAL_SUFFIX) && length > 1
        ? Optional.of(original.substring(1, length))
        : Optional.empty();
  }

  private String keepOriginal(String path) throws IOException {
    String original = originalOf(path);
    if (files.status(original).isEmpty()) {
      files.copy(path, original);
    }
    return original;
  }

  /** An original's name that is free: a file may be put out of effect, come back, and go again. */
  private String freeOriginalOf(String path) throws IOException {
    String original = originalOf(path);
    String name = original;
    for (int i = 2; files.status(name).isPresent(); i++) {
      name = original + i;
    }
    return name;
  }

  private boolean sameContent(String path, FileStatus status, ByteBuffer content)
      throws IOException {
    if (!status.isRegular() || status.size() != content.remaining()) {
      return false;
    }
    ByteBuffer is = ByteBuffer.allocate(content.remaining());
    files.read(path, 0, is);
    return is.flip().equals(content.duplicate());
  }

  private static ByteBuffer encode(String text, Charset charset) {
    return charset.encode(text);
  }

  private void report(Action action, String path, Optional<String> original, String summary) {
    changes.add(new Change(modification, action, Optional.of(path), original, summary));
  }
}
