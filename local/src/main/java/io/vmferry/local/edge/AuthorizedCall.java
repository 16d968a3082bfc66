package io.vmferry.local.edge;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A request as far as its authorization depends on it.
 *
 * @param accessKeyId whose credentials signed it
 * @param service the service's signing name
 * @param operation the operation's name as in the service's model; {@code Unknown} if it cannot be
 *     told
 * @param method {@code GET}, {@code PUT}, …
 * @param path the path, still percent-encoded
 * @param parameters the parameters of the query and of a form, decoded
 * @param headers the headers under lower-case names
 * @param body the body of requests that say in it what they are about, empty of others
 */
public record AuthorizedCall(
    String accessKeyId,
    String service,
    String operation,
    String method,
    String path,
    Map<String, List<String>> parameters,
    Map<String, String> headers,
    ByteBuffer body) {

  /** Nobody changes the body. */
  public AuthorizedCall {
    body = body.asReadOnlyBuffer();
  }

  /** The first value of a parameter. */
  public Optional<String> parameter(String name) {
    List<String> values = parameters.get(name);
    return values == null || values.isEmpty() ? Optional.empty() : Optional.of(values.getFirst());
  }

  /** A header's value. */
  public Optional<String> header(String name) {
    return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
  }
}
