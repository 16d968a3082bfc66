package io.vmferry.functions.fake;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.RemoteFiles;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Remote files in memory. */
public final class FakeRemoteFiles implements RemoteFiles {
  private final Map<URI, Served> files = new ConcurrentHashMap<>();
  private final Faults faults = new Faults();

  private record Served(ByteBuffer content, String version, boolean ranges) {}

  /** Failures of the operations {@code look}, {@code read} (also of opened sources). */
  public Faults faults() {
    return faults;
  }

  /** Serves a file; serving another one there changes the version. */
  public void serve(URI url, byte[] content) {
    serve(url, content, true);
  }

  /** Serves a file whose server takes no ranges. */
  public void serveWhole(URI url, byte[] content) {
    serve(url, content, false);
  }

  private void serve(URI url, byte[] content, boolean ranges) {
    files.merge(
        url,
        new Served(ByteBuffer.wrap(content.clone()), "\"1\"", ranges),
        (old, fresh) ->
            new Served(fresh.content(), '"' + old.version().replace("\"", "") + "+\"", ranges));
  }

  /** Takes a file away. */
  public void remove(URI url) {
    files.remove(url);
  }

  @Override
  public RemoteFile look(URI url) {
    faults.check("look");
    Served served = files.get(url);
    if (served == null) {
      throw new VmferryException(
          ErrorCode.SOURCE_NOT_FOUND, "%s: 404 Not Found".formatted(safe(url)));
    }
    return new RemoteFile(
        url, served.content().capacity(), Optional.of(served.version()), served.ranges());
  }

  private static String safe(URI url) {
    return url.getScheme() + "://" + url.getHost() + url.getPath();
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
    faults.check("read");
    Served served = files.get(file.url());
    if (served == null || !file.version().equals(Optional.of(served.version()))) {
      throw new VmferryException(
          ErrorCode.SOURCE_CHANGED,
          "%s has another version than %s"
              .formatted(safe(file.url()), file.version().orElse("none")));
    }
    if (!served.ranges() && (offset != 0 || length != file.size())) {
      throw new IllegalArgumentException("the server of the file takes no ranges");
    }
    if (offset < 0 || length < 0 || offset > file.size() - length) {
      throw new IllegalArgumentException(
          "%d bytes at %d are not in a file of %d".formatted(length, offset, file.size()));
    }
    return new ByteArrayInputStream(served.content().array(), (int) offset, (int) length);
  }

  private final class RemoteSource implements ByteSource {
    private final RemoteFile file;

    RemoteSource(RemoteFile file) {
      this.file = file;
    }

    @Override
    public String name() {
      return safe(file.url());
    }

    @Override
    public long size() {
      return file.size();
    }

    @Override
    public void readFully(long position, ByteBuffer destination) throws IOException {
      checkRange(position, destination.remaining());
      try (InputStream in = read(file, position, destination.remaining())) {
        destination.put(in.readAllBytes());
      }
    }

    @Override
    public void close() {}
  }
}
