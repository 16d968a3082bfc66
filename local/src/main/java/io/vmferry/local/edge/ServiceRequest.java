package io.vmferry.local.edge;

import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A request as a service sees it.
 *
 * @param method {@code GET}, {@code PUT}, …
 * @param path the path, still percent-encoded
 * @param query the query's parameters, decoded, in their order
 * @param headers the headers under lower-case names; of several with one name the values joined by
 *     commas
 * @param body the body; read it at most once
 * @param requestId the id the answer will carry
 */
public record ServiceRequest(
    String method,
    String path,
    Map<String, List<String>> query,
    Map<String, String> headers,
    InputStream body,
    String requestId) {

  /** A header's value. */
  public Optional<String> header(String name) {
    return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
  }

  /** The first value of a query parameter. */
  public Optional<String> queryParameter(String name) {
    List<String> values = query.get(name);
    return values == null || values.isEmpty() ? Optional.empty() : Optional.of(values.getFirst());
  }
}
