package io.vmferry.functions.service;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.functions.port.ObjectReader;
import io.vmferry.functions.port.RemoteFiles;
import io.vmferry.functions.port.RemoteFiles.RemoteFile;
import io.vmferry.functions.task.ObjectVersion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * What a check reads, wherever it is, as objects: files of this machine in a bucket without a name,
 * files on web servers in one that no bucket can be called, and objects in S3. Counts every byte
 * that is fetched.
 */
final class CheckedObjects implements ObjectReader {
  /** The bucket of this machine's files. */
  static final String LOCAL = "";

  private static final String WEB = "https:";

  private final ObjectReader local;
  private final Supplier<? extends ObjectReader> objects;
  private final RemoteFiles remote;
  private final List<RemoteFile> remoteFiles = new ArrayList<>();
  private final AtomicLong bytesRead = new AtomicLong();

  CheckedObjects(ObjectReader local, Supplier<? extends ObjectReader> objects, RemoteFiles remote) {
    this.local = local;
    this.objects = objects;
    this.remote = remote;
  }

  /** How many bytes were fetched. */
  long bytesRead() {
    return bytesRead.get();
  }

  /** A file on a web server as an object. */
  ObjectVersion add(RemoteFile file) {
    remoteFiles.add(file);
    return new ObjectVersion(
        WEB,
        String.valueOf(remoteFiles.size() - 1),
        file.version().orElse("\"unknown\""),
        file.size());
  }

  @Override
  public ObjectVersion head(String bucket, String key) {
    return bucket.equals(LOCAL) ? local.head(bucket, key) : objects.get().head(bucket, key);
  }

  @Override
  public ByteSource open(ObjectVersion object) {
    return new Counted(
        switch (object.bucket()) {
          case LOCAL -> local.open(object);
          case WEB -> remote.open(remoteFiles.get(Integer.parseInt(object.key())));
          default -> objects.get().open(object);
        });
  }

  /** Counts what is read of a source. */
  private final class Counted implements ByteSource {
    private final ByteSource source;

    Counted(ByteSource source) {
      this.source = source;
    }

    @Override
    public String name() {
      return source.name();
    }

    @Override
    public long size() {
      return source.size();
    }

    @Override
    public void readFully(long position, ByteBuffer destination) throws IOException {
      bytesRead.addAndGet(destination.remaining());
      source.readFully(position, destination);
    }

    @Override
    public void close() throws IOException {
      source.close();
    }
  }
}
