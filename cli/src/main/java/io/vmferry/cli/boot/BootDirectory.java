package io.vmferry.cli.boot;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A directory for one boot, which goes with it. If the process is killed without a chance to remove
 * it, the next boot does: its lock is free then.
 */
public final class BootDirectory implements AutoCloseable {
  private static final String PREFIX = "vmferry-boot-";
  private static final String LOCK = "lock";

  /** A copy that is under way when the process ends can make a file or two more. */
  private static final int ATTEMPTS = 5;

  private final Path path;
  private final FileChannel lock;

  private BootDirectory(Path path, FileChannel lock) {
    this.path = path;
    this.lock = lock;
  }

  /**
   * Makes one.
   *
   * @param parent where; has room for the machine's disks
   * @throws VmferryException {@link ErrorCode#OUTPUT_UNUSABLE}
   */
  public static BootDirectory make(Path parent) {
    try {
      Path path = Files.createTempDirectory(parent, PREFIX);
      // It has its name only once it is locked: until then nobody takes it for an abandoned one.
      Path unnamed = path.resolve(LOCK + ".new");
      FileChannel channel =
          FileChannel.open(unnamed, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      channel.lock();
      Files.move(unnamed, path.resolve(LOCK), StandardCopyOption.ATOMIC_MOVE);
      removeAbandoned(parent, path);
      return new BootDirectory(path, channel);
    } catch (IOException e) {
      throw new VmferryException(
          ErrorCode.OUTPUT_UNUSABLE,
          "%s cannot hold the machine's disks ($TMPDIR names another place): %s"
              .formatted(parent, e),
          e);
    }
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  /** Removes it with everything in it. What cannot be removed is left to the next boot. */
  @Override
  public void close() {
    try (lock) {
      for (int attempt = 0; attempt < ATTEMPTS && Files.exists(path); attempt++) {
        delete(path);
      }
    } catch (IOException e) {
      // The machine's end has been reported; what is left here does not change it.
    }
  }

  private static void removeAbandoned(Path parent, Path own) {
    try (DirectoryStream<Path> directories = Files.newDirectoryStream(parent, PREFIX + "*")) {
      for (Path directory : directories) {
        if (isAbandoned(directory, own)) {
          delete(directory);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // What cannot be removed now is not this boot's.
    }
  }

  private static boolean isAbandoned(Path directory, Path own) {
    try {
      // The place may be everybody's: what another user put there is left alone.
      if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
          || !Files.getOwner(directory, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(own))) {
        return false;
      }
      try (FileChannel channel =
              FileChannel.open(directory.resolve(LOCK), StandardOpenOption.WRITE);
          FileLock free = channel.tryLock()) {
        return free != null;
      }
    } catch (OverlappingFileLockException e) {
      // A boot of this very process.
      return false;
    } catch (IOException e) {
      // Not locked yet, or going away.
      return false;
    }
  }

  private static void delete(Path directory) throws IOException {
    List<Path> entries;
    try (Stream<Path> walk = Files.walk(directory)) {
      entries = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path entry : entries) {
      try {
        Files.deleteIfExists(entry);
      } catch (DirectoryNotEmptyException e) {
        // A disk was begun in it meanwhile.
      }
    }
  }
}
