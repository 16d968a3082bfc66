package io.vmferry.local.s3;

import io.vmferry.local.edge.StreamingService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Handler;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;

/** S3 over a directory: a bucket is a directory in it, an object a file. */
public final class S3Service implements StreamingService, AutoCloseable {
  private final BlobStore store;
  private final ServletContextHandler handler;

  /**
   * S3 with the buckets of a directory, which is made if there is none.
   *
   * @param clock tells whether a presigned URL has expired
   */
  public S3Service(Path root, Clock clock) throws IOException {
    store = new FilesystemNio2BlobStore(Files.createDirectories(root).toRealPath().toString());
    handler = new ServletContextHandler();
    handler.addServlet(new ServletHolder(new S3Servlet(store, clock)), "/*");
  }

  @Override
  public String signingName() {
    return "s3";
  }

  @Override
  public Handler handler() {
    return handler;
  }

  @Override
  public void close() {
    store.close();
  }
}
