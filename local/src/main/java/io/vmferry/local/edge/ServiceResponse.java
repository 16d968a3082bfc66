package io.vmferry.local.edge;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * A service's answer.
 *
 * @param status the HTTP status
 * @param headers further headers; the edge adds the request id, the date and the length
 * @param body the body, from its position to its limit
 */
public record ServiceResponse(int status, Map<String, String> headers, ByteBuffer body) {

  /** An answer with a text body. */
  public static ServiceResponse of(int status, String contentType, String body) {
    return new ServiceResponse(
        status,
        Map.of("Content-Type", contentType),
        ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8)));
  }
}
