package io.vmferry.cli.source;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.io.FileByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.ObjectReader;
import io.vmferry.functions.task.ObjectVersion;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Files of this machine as objects: the key is the path, the version is the time of change. */
public final class LocalFiles implements ObjectReader {

  @Override
  public ObjectVersion head(String bucket, String key) {
    Path file = Path.of(key);
    try {
      if (!Files.exists(file)) {
        throw new NoSuchFileException(key);
      }
      if (!Files.isRegularFile(file)) {
        throw new VmferryException(
            ErrorCode.SOURCE_LOCATION_INVALID, "%s is not a regular file".formatted(file));
      }
      return new ObjectVersion(
          bucket, key, "\"" + Files.getLastModifiedTime(file) + "\"", Files.size(file));
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  @Override
  public ByteSource open(ObjectVersion object) {
    Path file = Path.of(object.key());
    try {
      return FileByteSource.open(file);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static VmferryException unreadable(Path file, IOException e) {
    return switch (e) {
      case NoSuchFileException missing ->
          new VmferryException(
              ErrorCode.SOURCE_NOT_FOUND, "there is no file %s".formatted(file), e);
      case AccessDeniedException denied ->
          new VmferryException(
              ErrorCode.SOURCE_ACCESS_DENIED, "%s may not be read".formatted(file), e);
      default ->
          new VmferryException(
              ErrorCode.SOURCE_ACCESS_DENIED,
              "%s cannot be read: %s".formatted(file, e.getMessage()),
              e);
    };
  }
}
