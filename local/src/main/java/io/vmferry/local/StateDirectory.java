package io.vmferry.local;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.local.state.AtomicFiles;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The directory that holds the embedded AWS's state, locked while it is open. The system drops the
 * lock when the process dies; the file {@code endpoint} in it then stays, and means nothing.
 */
final class StateDirectory implements AutoCloseable {
  private static final String LOCK_FILE = "lock";
  private static final String ENDPOINT_FILE = "endpoint";

  private final Path root;
  private final FileChannel lockFile;

  private StateDirectory(Path root, FileChannel lockFile) {
    this.root = root;
    this.lockFile = lockFile;
  }

  /**
   * Opens and locks a directory, which is made if there is none.
   *
   * @throws VmferryException {@link ErrorCode#STATE_DIRECTORY_UNUSABLE} if it cannot be written or
   *     another embedded AWS has it open
   */
  static StateDirectory open(Path path) {
    try {
      Path root = Files.createDirectories(path).toRealPath();
      FileChannel lockFile =
          FileChannel.open(
              root.resolve(LOCK_FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (!lock(lockFile)) {
        lockFile.close();
        throw new VmferryException(
            ErrorCode.STATE_DIRECTORY_UNUSABLE,
            root
                + " is in use by the embedded AWS"
                + runningEndpoint(root).map(endpoint -> " at " + endpoint).orElse(""));
      }
      Files.deleteIfExists(root.resolve(ENDPOINT_FILE));
      return new StateDirectory(root, lockFile);
    } catch (IOException e) {
      throw new VmferryException(
          ErrorCode.STATE_DIRECTORY_UNUSABLE, path + " cannot be opened: " + reason(e), e);
    }
  }

  /** What is wrong, in words: of some exceptions the message is the file's name alone. */
  private static String reason(IOException failure) {
    return switch (failure) {
      case AccessDeniedException denied -> denied.getFile() + " may not be written";
      case NoSuchFileException missing -> missing.getFile() + " cannot be made there";
      case FileAlreadyExistsException other -> other.getFile() + " is no directory";
      case FileSystemException other when other.getReason() != null ->
          other.getFile() + ": " + other.getReason();
      default -> String.valueOf(failure.getMessage());
    };
  }

  private static boolean lock(FileChannel file) throws IOException {
    try {
      @Nullable FileLock lock = file.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      // Another embedded AWS of this very process has it.
      return false;
    }
  }

  /** The address that the file of a directory names. */
  static Optional<URI> runningEndpoint(Path root) throws IOException {
    Path file = root.resolve(ENDPOINT_FILE);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(URI.create(Files.readString(file).strip()));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  Path resolve(String name) {
    return root.resolve(name);
  }

  void announce(URI endpoint) throws IOException {
    AtomicFiles.write(
        root.resolve(ENDPOINT_FILE), (endpoint + "\n").getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() throws IOException {
    try {
      Files.deleteIfExists(root.resolve(ENDPOINT_FILE));
    } finally {
      lockFile.close();
    }
  }
}
