package io.vmferry.functions.aws;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.RemoteFiles;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;

/**
 * Files behind HTTPS. Redirects are followed, to HTTPS only; each wait has a limit; a failure that
 * may pass is tried again a few times.
 */
public final class HttpsRemoteFiles implements RemoteFiles, AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);
  private static final int ATTEMPTS = 4;
  private static final int COPY = 64 << 10;

  private final Lazy<RemoteHttp> http;
  private final Backoff backoff;

  /** Files of servers on the public internet. */
  public HttpsRemoteFiles() {
    this(AddressPolicy.PUBLIC, Set.of("https"));
  }

  /**
   * Files of servers that a policy allows.
   *
   * @param schemes {@code https}, and {@code http} where that is safe: with servers on this machine
   */
  public HttpsRemoteFiles(AddressPolicy addresses, Set<String> schemes) {
    this(addresses, schemes, TIMEOUT, Sleeper.REAL);
  }

  HttpsRemoteFiles(
      AddressPolicy addresses, Set<String> schemes, Duration timeout, Sleeper sleeper) {
    Set<String> allowed = Set.copyOf(schemes);
    this.http = new Lazy<>(() -> new RemoteHttp(addresses, allowed, timeout));
    this.backoff = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(8), sleeper);
  }

  /**
   * {@inheritDoc}
   *
   * <p>Asks with a GET for the first byte: a URL presigned for GET refuses HEAD.
   */
  @Override
  public RemoteFile look(URI url) {
    for (int attempt = 1; ; attempt++) {
      try (RemoteAnswer answer = http.get().get(url, "bytes=0-0")) {
        return describe(url, answer);
      } catch (IOException e) {
        if (attempt == ATTEMPTS || Thread.currentThread().isInterrupted()) {
          throw unreachable(RemoteHttp.safeName(url), attempt, e);
        }
        backoff.pause(attempt, RemoteHttp.safeName(url));
      }
    }
  }

  private static RemoteFile describe(URI url, RemoteAnswer answer) throws IOException {
    long total = answer.contentRange().map(RemoteAnswer.Range::total).orElse(-1L);
    if (answer.status() == 416 && total == 0) {
      // The first byte of an empty file cannot be had.
      return new RemoteFile(url, 0, answer.version(), true);
    }
    answer.requireContent();
    if (answer.status() == 206) {
      if (total < 0) {
        throw sizeUnknown(url, "takes ranges but does not tell the file's size");
      }
      return new RemoteFile(url, total, answer.version(), true);
    }
    if (answer.contentLength() < 0) {
      throw sizeUnknown(url, "takes no ranges and does not tell the file's size");
    }
    return new RemoteFile(url, answer.contentLength(), answer.version(), false);
  }

  private static VmferryException sizeUnknown(URI url, String how) {
    return new VmferryException(
        ErrorCode.SOURCE_SIZE_UNKNOWN,
        "the server of %s %s".formatted(RemoteHttp.safeName(url), how));
  }

  static VmferryException unreachable(String name, int attempts, IOException e) {
    String message = e.getMessage() == null ? "" : ": " + e.getMessage();
    return new VmferryException(
        ErrorCode.SOURCE_UNREACHABLE,
        "%s: %s%s, after %d attempts"
            .formatted(name, e.getClass().getSimpleName(), message, attempts),
        e);
  }

  @Override
  public ByteSource open(RemoteFile file) {
    if (!file.ranges()) {
      throw new IllegalArgumentException("the server of the file takes no ranges");
    }
    return new RemoteSource(file);
  }

  @Override
  public InputStream read(RemoteFile file, long offset, long length) {
    return new RemoteStream(http.get(), backoff, file, offset, length);
  }

  /** Closes the connections. */
  @Override
  public void close() {
    http.ifMade(RemoteHttp::close);
  }

  private final class RemoteSource implements ByteSource {
    private final RemoteFile file;

    RemoteSource(RemoteFile file) {
      this.file = file;
    }

    @Override
    public String name() {
      return RemoteHttp.safeName(file.url());
    }

    @Override
    public long size() {
      return file.size();
    }

    @Override
    public void readFully(long position, ByteBuffer destination) throws IOException {
      checkRange(position, destination.remaining());
      try (InputStream in = read(file, position, destination.remaining())) {
        if (destination.hasArray()) {
          int at = destination.arrayOffset() + destination.position();
          int count = in.readNBytes(destination.array(), at, destination.remaining());
          destination.position(destination.position() + count);
        } else {
          byte[] copy = new byte[Math.min(COPY, destination.remaining())];
          int count = 0;
          while (destination.hasRemaining() && count >= 0) {
            count = in.read(copy, 0, Math.min(copy.length, destination.remaining()));
            destination.put(copy, 0, Math.max(count, 0));
          }
        }
      }
      if (destination.hasRemaining()) {
        throw new EOFException(name() + ": ended early");
      }
    }

    @Override
    public void close() {}
  }
}
