package io.vmferry.cli.snapshot;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A volume as a sparse file. It has its name only when it is complete: until then it is beside it,
 * under the name with {@code .partial} at its end.
 */
public final class FileSink implements BlockSink {
  private final Path file;
  private final Path partial;
  private final FileChannel channel;
  private boolean finished;

  private FileSink(Path file, Path partial, FileChannel channel) {
    this.file = file;
    this.partial = partial;
    this.channel = channel;
  }

  /**
   * A sink for a path: a sparse file, or a stream where the path is a device or a pipe.
   *
   * @throws VmferryException {@link ErrorCode#OUTPUT_UNUSABLE}
   */
  public static BlockSink open(Path file) {
    try {
      if (Files.exists(file) && !Files.isRegularFile(file)) {
        return new OwnedStreamSink(Files.newOutputStream(file, StandardOpenOption.WRITE));
      }
      Path partial = file.resolveSibling(file.getFileName() + ".partial");
      return new FileSink(
          file,
          partial,
          FileChannel.open(
              partial,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE,
              StandardOpenOption.SPARSE));
    } catch (IOException e) {
      throw new VmferryException(
          ErrorCode.OUTPUT_UNUSABLE, "%s cannot be written: %s".formatted(file, e), e);
    }
  }

  @Override
  public void write(long offset, ByteBuffer bytes) throws IOException {
    ByteBuffer rest = bytes.duplicate();
    long at = offset;
    while (rest.hasRemaining()) {
      at += channel.write(rest, at);
    }
  }

  @Override
  public void finish(long size) throws IOException {
    if (channel.size() < size) {
      // A file is made longer by a byte at its end; the hole before it takes no room.
      channel.write(ByteBuffer.wrap(new byte[1]), size - 1);
    }
    channel.close();
    Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING);
    finished = true;
  }

  @Override
  public void close() throws IOException {
    if (!finished) {
      channel.close();
      Files.deleteIfExists(partial);
    }
  }
}
