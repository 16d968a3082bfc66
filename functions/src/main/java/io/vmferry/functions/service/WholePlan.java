package io.vmferry.functions.service;

import io.vmferry.error.VmferryException;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.port.ObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All of a task's chunks, or all of its downloads, one after another in one process: what the state
 * machine's maps do with many functions. A piece that was done before is passed over, so the whole
 * may be started again at any moment.
 */
public final class WholePlan {
  private static final Logger LOG = LoggerFactory.getLogger(WholePlan.class);

  private final ObjectStore objects;
  private final WorkFiles files;
  private final ConvertChunk converter;
  private final DownloadRange downloader;
  private final Attempts attempts;
  private final int atOnce;

  /**
   * A service on these.
   *
   * @param atOnce pieces in hand at once; each chunk takes the memory of an open source and of the
   *     blocks in hand
   */
  public WholePlan(
      ObjectStore objects,
      WorkFiles files,
      ConvertChunk converter,
      DownloadRange downloader,
      Attempts attempts,
      int atOnce) {
    this.objects = objects;
    this.files = files;
    this.converter = converter;
    this.downloader = downloader;
    this.attempts = attempts;
    this.atOnce = atOnce;
  }

  /**
   * Converts all chunks.
   *
   * @throws VmferryException as {@link ConvertChunk#convert}, once trying again does not help
   * @throws InterruptedIOException if the thread is interrupted; what is in hand is given up then
   * @throws IOException if a source cannot be read
   */
  public void convert(String taskId) throws IOException {
    all("chunk", read(files.plan(taskId), Chunk[].class), converter::convert);
  }

  /**
   * Copies all files from web servers into the work bucket.
   *
   * @throws VmferryException as {@link DownloadRange#copy}, once trying again does not help
   * @throws InterruptedIOException if the thread is interrupted; what is in hand is given up then
   * @throws IOException if a server cannot be read
   */
  public void download(String taskId) throws IOException {
    all("download", read(files.downloads(taskId), Downloads.Range[].class), downloader::copy);
  }

  private <T> List<T> read(String key, Class<T[]> type) throws IOException {
    try (InputStream stored = objects.read(files.bucket(), key)) {
      return List.of(Json.read(new String(stored.readAllBytes(), StandardCharsets.UTF_8), type));
    }
  }

  /** Does one piece. */
  private interface Step<T> {
    void run(T piece) throws IOException;
  }

  private <T> void all(String what, List<T> pieces, Step<T> step) throws IOException {
    ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    try {
      ExecutorCompletionService<T> ended = new ExecutorCompletionService<>(workers);
      Iterator<T> left = pieces.iterator();
      int running = 0;
      int done = 0;
      while (running > 0 || left.hasNext()) {
        while (running < atOnce && left.hasNext()) {
          T piece = left.next();
          ended.submit(
              () -> {
                attempts.run(() -> step.run(piece));
                return piece;
              });
          running++;
        }
        T piece = ended.take().get();
        running--;
        done++;
        LOG.info("{} {} of {} done: {}", what, done, pieces.size(), piece);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (InterruptedIOException) new InterruptedIOException("interrupted").initCause(e);
    } catch (ExecutionException e) {
      throw cause(e);
    } finally {
      // The others end at once: they are interrupted, and waited for.
      workers.shutdownNow();
      workers.close();
    }
  }

  private static IOException cause(ExecutionException failure) {
    return switch (failure.getCause()) {
      case IOException e -> e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case null, default -> throw new IllegalStateException(failure);
    };
  }
}
