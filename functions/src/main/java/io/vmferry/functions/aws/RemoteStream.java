package io.vmferry.functions.aws;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.RemoteFiles.RemoteFile;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A run of a remote file. Where the server takes ranges, a connection that breaks off is replaced
 * by one that goes on from there; each must answer with the version that was first seen.
 */
final class RemoteStream extends InputStream {
  private static final int ATTEMPTS = 5;

  /** After that many bytes a new failure is no longer one of the same series. */
  private static final long RECOVERED = 1 << 20;

  /** What a server must manage on average after the first minute, in bytes a second. */
  private static final long SLOWEST = 4 << 10;

  private static final long GRACE_NANOS = Duration.ofMinutes(1).toNanos();

  private final RemoteHttp http;
  private final Backoff backoff;
  private final RemoteFile file;
  private final long end;
  private long position;
  private int failures;
  private long failedAt;
  private @Nullable RemoteAnswer answer;
  private @Nullable InputStream body;
  private long openedAt;
  private long openedNanos;

  RemoteStream(RemoteHttp http, Backoff backoff, RemoteFile file, long offset, long length) {
    if (offset < 0 || length < 0 || offset > file.size() - length) {
      throw new IllegalArgumentException(
          "%d bytes at %d are not in a file of %d".formatted(length, offset, file.size()));
    }
    if (!file.ranges() && (offset != 0 || length != file.size())) {
      throw new IllegalArgumentException("the server of the file takes no ranges");
    }
    this.http = http;
    this.backoff = backoff;
    this.file = file;
    this.position = offset;
    this.failedAt = offset;
    this.end = offset + length;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] destination, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, destination.length);
    if (length == 0) {
      return 0;
    }
    if (position == end) {
      return -1;
    }
    while (true) {
      try {
        return readOnce(destination, offset, (int) Math.min(length, end - position));
      } catch (IOException e) {
        closeAnswer();
        failed(e);
      }
    }
  }

  private int readOnce(byte[] destination, int offset, int length) throws IOException {
    InputStream from = body == null ? open() : body;
    int count = from.read(destination, offset, length);
    if (count < 0) {
      throw new EOFException("the answer ends at byte %d of %d".formatted(position, end));
    }
    position += count;
    if (position == end) {
      // Seeing the end lets the connection be used again.
      if (from.read() >= 0) {
        throw changed("is longer than the %d bytes it had".formatted(file.size()));
      }
      closeAnswer();
    } else {
      requirePace();
    }
    return count;
  }

  private void requirePace() throws IOException {
    long nanos = System.nanoTime() - openedNanos;
    if (nanos > GRACE_NANOS && (position - openedAt) / (nanos / 1_000_000_000L) < SLOWEST) {
      throw new IOException("it sends fewer than %d bytes a second".formatted(SLOWEST));
    }
  }

  private void failed(IOException e) {
    if (position - failedAt >= RECOVERED) {
      failures = 0;
    }
    failedAt = position;
    failures++;
    String name = RemoteHttp.safeName(file.url());
    if (failures >= ATTEMPTS || !file.ranges() || Thread.currentThread().isInterrupted()) {
      throw HttpsRemoteFiles.unreachable(name + " at offset " + position, failures, e);
    }
    backoff.pause(failures, name);
  }

  private InputStream open() throws IOException {
    String range = file.ranges() ? "bytes=%d-%d".formatted(position, end - 1) : null;
    RemoteAnswer opened = http.get(file.url(), range);
    answer = opened;
    openedAt = position;
    openedNanos = System.nanoTime();
    requireSameVersion(opened);
    InputStream content = opened.body();
    body = content;
    return content;
  }

  private void requireSameVersion(RemoteAnswer opened) throws IOException {
    int status = opened.status();
    if (status == 404 || status == 410) {
      throw changed("disappeared after it was first read");
    }
    if (status == 412 || status == 416) {
      throw changed("has no byte %d any more".formatted(position));
    }
    opened.requireContent();
    Optional<String> version = opened.version();
    // An ETag of the range's answer is that of the file the range is of, so comparing it does what
    // If-Range would do, also where the server knows dates only.
    if (version.isPresent() && file.version().isPresent() && !version.equals(file.version())) {
      throw changed(
          "has the version %s instead of %s"
              .formatted(version.orElseThrow(), file.version().orElseThrow()));
    }
    if (status == 200) {
      if (opened.contentLength() >= 0 && opened.contentLength() != file.size()) {
        throw changed("has %d bytes instead of %d".formatted(opened.contentLength(), file.size()));
      }
      if (position != 0 || end != file.size()) {
        throw new IOException("it ignores the range asked for");
      }
      return;
    }
    RemoteAnswer.Range range =
        opened
            .contentRange()
            .orElseThrow(() -> new IOException("it does not say which range it sends"));
    if (range.total() >= 0 && range.total() != file.size()) {
      throw changed("has %d bytes instead of %d".formatted(range.total(), file.size()));
    }
    if (range.first() != position || range.last() >= end) {
      throw new IOException(
          "it sends bytes %d to %d instead of %d to %d"
              .formatted(range.first(), range.last(), position, end - 1));
    }
  }

  private VmferryException changed(String how) {
    return new VmferryException(
        ErrorCode.SOURCE_CHANGED, "%s %s".formatted(RemoteHttp.safeName(file.url()), how));
  }

  private void closeAnswer() {
    RemoteAnswer open = answer;
    answer = null;
    body = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        // It is given up anyway.
      }
    }
  }

  @Override
  public void close() {
    closeAnswer();
  }
}
