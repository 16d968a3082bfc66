package io.vmferry.functions.aws;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import software.amazon.awssdk.core.exception.RetryableException;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.http.AbortableInputStream;

/**
 * Reads a response's body straight into a buffer. A body that breaks off makes the SDK try the call
 * again, which then fills the buffer from the start.
 *
 * @param <R> the response
 */
final class RangeBody<R> implements ResponseTransformer<R, R> {
  private static final int COPY = 64 << 10;

  private final ByteBuffer destination;
  private final int start;
  private final int length;

  /**
   * Fills {@code destination} from its position on.
   *
   * @param length bytes to expect
   */
  RangeBody(ByteBuffer destination, int length) {
    this.destination = destination;
    this.start = destination.position();
    this.length = length;
  }

  @Override
  public R transform(R response, AbortableInputStream body) {
    destination.position(start);
    try {
      fill(body);
    } catch (IOException e) {
      body.abort();
      throw RetryableException.create(
          "the body broke off after %d of %d bytes"
              .formatted(destination.position() - start, length),
          e);
    }
    return response;
  }

  private void fill(AbortableInputStream body) throws IOException {
    int end = start + length;
    byte[] copy = destination.hasArray() ? new byte[0] : new byte[Math.min(COPY, length)];
    while (destination.position() < end) {
      int wanted = end - destination.position();
      int count;
      if (destination.hasArray()) {
        int at = destination.arrayOffset() + destination.position();
        count = body.read(destination.array(), at, wanted);
        if (count > 0) {
          destination.position(destination.position() + count);
        }
      } else {
        count = body.read(copy, 0, Math.min(copy.length, wanted));
        if (count > 0) {
          destination.put(copy, 0, count);
        }
      }
      if (count < 0) {
        throw new EOFException("end of body");
      }
    }
    if (body.read() >= 0) {
      throw new IOException("the body is longer than the range asked for");
    }
  }
}
