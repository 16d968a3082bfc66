package io.vmferry.it;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A web server on this machine with one file. */
final class FileServer implements AutoCloseable {
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d+)");

  private final HttpServer server;
  private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
  private final Path file;
  private final boolean ranges;
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();

  private FileServer(HttpServer server, Path file, boolean ranges) {
    this.server = server;
    this.file = file;
    this.ranges = ranges;
  }

  /** Serves a file, by ranges or only as a whole. */
  static FileServer of(Path file, boolean ranges) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    FileServer files = new FileServer(server, file, ranges);
    server.createContext("/", files::handle);
    server.setExecutor(files.workers);
    server.start();
    return files;
  }

  /** Where the file is. */
  URI url() {
    return URI.create(
        "http://127.0.0.1:%d/images/%s?X-Amz-Signature=secret"
            .formatted(server.getAddress().getPort(), file.getFileName()));
  }

  /** How many requests there were. */
  int requests() {
    return requests.get();
  }

  /** How many bytes of the file were asked for. */
  long bytes() {
    return bytes.get();
  }

  private void handle(HttpExchange exchange) throws IOException {
    requests.incrementAndGet();
    try (exchange;
        InputStream content = Files.newInputStream(file)) {
      long size = Files.size(file);
      exchange.getResponseHeaders().set("ETag", "\"%x\"".formatted(size));
      String range = exchange.getRequestHeaders().getFirst("Range");
      Matcher matcher = RANGE.matcher(range == null || !ranges ? "" : range);
      if (!matcher.matches()) {
        exchange.sendResponseHeaders(200, size);
        bytes.addAndGet(size);
        content.transferTo(exchange.getResponseBody());
        return;
      }
      long first = Long.parseLong(matcher.group(1));
      long last = Math.min(size - 1, Long.parseLong(matcher.group(2)));
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes %d-%d/%d".formatted(first, last, size));
      exchange.sendResponseHeaders(206, last - first + 1);
      bytes.addAndGet(last - first + 1);
      content.skipNBytes(first);
      copy(content, exchange.getResponseBody(), last - first + 1);
    }
  }

  private static void copy(InputStream from, OutputStream to, long length) throws IOException {
    byte[] buffer = new byte[64 << 10];
    long left = length;
    while (left > 0) {
      int count = from.read(buffer, 0, (int) Math.min(left, buffer.length));
      if (count < 0) {
        throw new IOException("the file became shorter");
      }
      to.write(buffer, 0, count);
      left -= count;
    }
  }

  @Override
  public void close() {
    server.stop(0);
    workers.shutdownNow();
  }
}
