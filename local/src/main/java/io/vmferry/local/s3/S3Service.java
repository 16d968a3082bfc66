package io.vmferry.local.s3;

import io.vmferry.local.edge.StreamingService;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.function.LongConsumer;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Handler;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;

/** S3 over a directory: a bucket is a directory in it, an object a file. */
public final class S3Service implements StreamingService, AutoCloseable {
  private final Path root;
  private final BlobStore store;
  private final ServletContextHandler handler;

  /**
   * S3 with the buckets of a directory, which is made if there is none. It tells of the objects
   * that are created.
   *
   * @param clock tells whether a presigned URL has expired
   * @param region the Region it is in
   * @param listener hears of each object after it is there
   */
  public S3Service(Path root, Clock clock, String region, ObjectListener listener)
      throws IOException {
    this.root = Files.createDirectories(root).toRealPath();
    store = new FilesystemNio2BlobStore(this.root.toString());
    BucketRegions regions =
        new BucketRegions(this.root.resolveSibling("s3-bucket-regions"), region);
    handler = new ServletContextHandler();
    handler.addServlet(new ServletHolder(new S3Servlet(store, clock, regions, listener)), "/*");
  }

  @Override
  public String signingName() {
    return "s3";
  }

  @Override
  public Handler handler() {
    return handler;
  }

  /**
   * Makes an object of a file of this machine, copied by the system.
   *
   * @param bucket a bucket that exists
   * @param copied is told how many more bytes are there
   * @throws NoSuchFileException if there is no such file, or bucket
   * @throws EOFException if the file becomes shorter meanwhile
   * @throws UnsupportedOperationException if the file system keeps no extended attributes
   */
  public void place(String bucket, String key, Path file, LongConsumer copied) throws IOException {
    if (bucket.contains("/") || bucket.startsWith(".")) {
      throw new IllegalArgumentException("a bucket cannot be called '" + bucket + "'");
    }
    PlacedFile.place(root.resolve(bucket), key, file, copied);
  }

  @Override
  public void close() {
    store.close();
  }
}
