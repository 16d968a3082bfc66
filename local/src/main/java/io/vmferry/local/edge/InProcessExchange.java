package io.vmferry.local.edge;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.RetainableByteBuffer;
import org.eclipse.jetty.server.HttpChannel;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * One request of this process and its response, in the place where otherwise a connection is: the
 * server's handlers read the body from the client's stream, and the client reads the response's
 * body from theirs.
 */
final class InProcessExchange implements HttpStream {
  private static final int CHUNK_BYTES = 256 * 1024;

  private final String id;
  private final ByteBufferPool pool;
  private final InputStream body;
  private final ResponsePipe pipe = new ResponsePipe();
  private final CompletableFuture<MetaData.Response> head = new CompletableFuture<>();

  /** What is left of the body; negative if its length was not said. */
  private long rest;

  /** The chunk that every further read gives: the end, or a failure. */
  private Content.@Nullable Chunk end;

  /**
   * An exchange to be handled.
   *
   * @param length the body's bytes as the request's header says; negative if it does not
   */
  InProcessExchange(String id, ByteBufferPool pool, InputStream body, long length) {
    this.id = id;
    this.pool = pool;
    this.body = body;
    this.rest = length;
    if (length == 0) {
      end = Content.Chunk.EOF;
    }
  }

  /**
   * Waits for the response's status and headers.
   *
   * @throws IOException if there will be no response: the connection was cut
   */
  MetaData.Response awaitHead() throws IOException {
    try {
      return head.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for a response");
    } catch (ExecutionException e) {
      throw new IOException(e.getCause() == null ? "" : e.getCause().getMessage(), e.getCause());
    }
  }

  /** The response's body. */
  InputStream responseBody() {
    return pipe;
  }

  /** Whether the whole response has been read. */
  boolean isOver() {
    return pipe.isRead();
  }

  /**
   * Ends the exchange for both sides, as a cut connection does; one that is over stays as it is.
   */
  void cut(IOException cause) {
    head.completeExceptionally(cause);
    pipe.fail(cause);
  }

  @Override
  public String getId() {
    return id;
  }

  @Override
  public synchronized Content.Chunk read() {
    if (end != null) {
      return end;
    }
    int wanted = rest < 0 ? CHUNK_BYTES : (int) Math.min(rest, CHUNK_BYTES);
    RetainableByteBuffer.Mutable buffer = pool.acquire(wanted, false);
    try {
      int count = fill(buffer.getByteBuffer(), wanted);
      if (count < wanted) {
        if (rest > 0) {
          throw new EOFException("the request's body ended " + (rest - count) + " bytes early");
        }
        end = Content.Chunk.EOF;
      } else if (rest > 0) {
        rest -= count;
        end = rest == 0 ? Content.Chunk.EOF : null;
      }
      return Content.Chunk.asChunk(buffer.getByteBuffer(), end != null, buffer);
    } catch (IOException | RuntimeException e) {
      buffer.release();
      Content.Chunk failed = Content.Chunk.from(e, true);
      end = failed;
      return failed;
    }
  }

  private int fill(ByteBuffer buffer, int wanted) throws IOException {
    int position = BufferUtil.flipToFill(buffer);
    int count = body.readNBytes(buffer.array(), buffer.arrayOffset() + position, wanted);
    buffer.position(position + count);
    BufferUtil.flipToFlush(buffer, position);
    return count;
  }

  /** Never needed: a read blocks instead of giving nothing. */
  @Override
  public void demand() {
    throw new IllegalStateException("a read of an exchange in this process always gives a chunk");
  }

  @Override
  public void prepareResponse(HttpFields.Mutable headers) {
    // Nothing here is about a connection.
  }

  @Override
  public void send(
      MetaData.Request request,
      MetaData.@Nullable Response response,
      boolean last,
      @Nullable ByteBuffer content,
      Callback callback) {
    if (response != null && HttpStatus.isInterim(response.getStatus())) {
      callback.succeeded();
      return;
    }
    ByteBuffer bytes = content == null ? BufferUtil.EMPTY_BUFFER : content;
    boolean headOnly = HttpMethod.HEAD.is(request.getMethod());
    int length = bytes.remaining();
    if (headOnly) {
      bytes.position(bytes.limit());
    }
    // The body first: who sees the head also sees whether there is more.
    pipe.write(bytes, last, callback);
    if (response != null) {
      head.complete(last && !headOnly ? withLength(response, length) : response);
    }
  }

  /** A response that is whole has a length, as over a connection. */
  private static MetaData.Response withLength(MetaData.Response response, int length) {
    boolean said = response.getHttpFields().contains(HttpHeader.CONTENT_LENGTH);
    if (said || HttpStatus.hasNoBody(response.getStatus())) {
      return response;
    }
    return new MetaData.Response(
        response.getStatus(),
        response.getReason(),
        response.getHttpVersion(),
        HttpFields.build(response.getHttpFields()).put(HttpHeader.CONTENT_LENGTH, length));
  }

  @Override
  public Runnable cancelSend(Throwable cause, Callback appCallback) {
    return () -> {
      cut(broken(cause));
      appCallback.failed(cause);
    };
  }

  private static IOException broken(Throwable cause) {
    return cause instanceof IOException known ? known : new IOException(cause);
  }

  @Override
  public long getIdleTimeout() {
    return 0;
  }

  @Override
  public void setIdleTimeout(long idleTimeoutMs) {
    // A client in this process that waits can be interrupted, and one that is gone closes.
  }

  @Override
  public boolean isCommitted() {
    return head.isDone();
  }

  /** What is left of a body need not be read for the sake of a next request. */
  @Override
  public synchronized @Nullable Throwable consumeAvailable() {
    if (end == null) {
      end = Content.Chunk.from(CONTENT_NOT_CONSUMED, true);
    }
    return null;
  }

  @Override
  public void succeeded() {
    // The last write has ended the body.
  }

  @Override
  public void failed(Throwable cause) {
    cut(broken(cause));
  }

  /** Runs the server's handlers on a thread of their own. */
  void handle(HttpChannel channel, MetaData.Request request) {
    channel.setHttpStream(this);
    Runnable task = channel.onRequest(request);
    Thread.ofVirtual().name("in-process-" + id).start(task);
  }
}
