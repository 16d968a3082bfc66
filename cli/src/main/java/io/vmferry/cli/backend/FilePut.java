package io.vmferry.cli.backend;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Objects;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends a run of a file to a presigned URL, and again if the service fails.
 *
 * @param url where to
 * @param file the file
 * @param offset the run's first byte
 * @param length the run's bytes
 * @param sent is told how many more bytes have been sent; a negative number takes back what has to
 *     be sent again
 */
record FilePut(URL url, Path file, long offset, long length, LongConsumer sent) {
  private static final int BUFFER = 256 << 10;
  private static final int ATTEMPTS = 8;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  /** An answer may wait until the service has hashed gigabytes. */
  private static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(10);

  /**
   * Sends it.
   *
   * @return the ETag of what was stored
   * @throws VmferryException {@link ErrorCode#SOURCE_CHANGED} if the file has become shorter
   */
  String send() throws IOException {
    for (int attempt = 1; ; attempt++) {
      long[] counted = new long[1];
      try {
        return sendOnce(
            bytes -> {
              counted[0] += bytes;
              sent.accept(bytes);
            });
      } catch (TryAgainException e) {
        if (attempt == ATTEMPTS) {
          throw e;
        }
        sent.accept(-counted[0]);
        pause(FIRST_PAUSE.multipliedBy(1L << (attempt - 1)));
      }
    }
  }

  private String sendOnce(LongConsumer counter) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      HttpURLConnection connection = connect();
      try {
        write(channel, connection, counter);
        int status = status(connection);
        if (status == HttpURLConnection.HTTP_OK) {
          return Objects.requireNonNullElse(connection.getHeaderField("ETag"), "");
        }
        String message = "the service answered %d".formatted(status);
        throw status >= 500 || status == 429
            ? new TryAgainException(message, null)
            : new IOException(message);
      } finally {
        connection.disconnect();
      }
    }
  }

  private HttpURLConnection connect() throws IOException {
    HttpURLConnection connection = (HttpURLConnection) url.openConnection();
    connection.setRequestMethod("PUT");
    connection.setDoOutput(true);
    connection.setFixedLengthStreamingMode(length);
    connection.setConnectTimeout((int) CONNECT_TIMEOUT.toMillis());
    connection.setReadTimeout((int) ANSWER_TIMEOUT.toMillis());
    // What the presigned URL does not sign must not be made up by the JDK either.
    connection.setRequestProperty("Content-Type", "application/octet-stream");
    return connection;
  }

  private void write(FileChannel channel, HttpURLConnection connection, LongConsumer counter)
      throws IOException {
    byte[] buffer = new byte[(int) Math.min(BUFFER, Math.max(1, length))];
    try (OutputStream output = output(connection)) {
      long position = 0;
      while (position < length) {
        int wanted = (int) Math.min(buffer.length, length - position);
        int count = channel.read(ByteBuffer.wrap(buffer, 0, wanted), offset + position);
        if (count < 0) {
          throw new VmferryException(
              ErrorCode.SOURCE_CHANGED,
              "%s ended at byte %d while it was uploaded; %d were expected"
                  .formatted(file, offset + position, offset + length));
        }
        send(output, buffer, count);
        position += count;
        counter.accept(count);
      }
    }
  }

  // The caller closes the stream that this opens.
  private static OutputStream output(HttpURLConnection connection) throws IOException {
    try {
      return connection.getOutputStream();
    } catch (IOException e) {
      throw new TryAgainException(e.getMessage(), e);
    }
  }

  private static void send(OutputStream output, byte[] buffer, int count) throws IOException {
    try {
      output.write(buffer, 0, count);
    } catch (IOException e) {
      throw new TryAgainException(e.getMessage(), e);
    }
  }

  private static int status(HttpURLConnection connection) throws IOException {
    try {
      return connection.getResponseCode();
    } catch (IOException e) {
      throw new TryAgainException(e.getMessage(), e);
    }
  }

  private static void pause(Duration duration) throws IOException {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** A failure of the service or the connection, not of the file. */
  private static final class TryAgainException extends IOException {
    private static final long serialVersionUID = 1L;

    TryAgainException(@Nullable String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }
}
