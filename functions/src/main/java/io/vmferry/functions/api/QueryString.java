package io.vmferry.functions.api;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads the parameters of a request: its query and, of a POST, its form. Nothing is guessed: what
 * is given twice, is no UTF-8 or is not encoded as the protocol says is refused.
 */
final class QueryString {
  /** Far more than the largest request has: 21 disks with all they can say. */
  static final int MOST_PARAMETERS = 5_000;

  /** Bytes of query and form together; EC2 takes no more either. */
  static final int MOST_BYTES = 1 << 20;

  /** What signs a request in its query is none of its parameters. */
  private static final String SIGNATURE = "X-Amz-";

  private QueryString() {}

  /**
   * The parameters of a query and a form.
   *
   * @throws ApiException {@code MalformedQueryString}, {@code InvalidQueryParameter}, {@code
   *     RequestEntityTooLarge}
   */
  static Map<String, String> parse(String query, String form) {
    if ((long) query.length() + form.length() > MOST_BYTES) {
      throw new ApiException(
          413,
          "RequestEntityTooLarge",
          "The request is longer than %d bytes".formatted(MOST_BYTES));
    }
    Map<String, String> parameters = new LinkedHashMap<>();
    add(parameters, query);
    add(parameters, form);
    return parameters;
  }

  private static void add(Map<String, String> parameters, String encoded) {
    int at = 0;
    while (at < encoded.length()) {
      int end = encoded.indexOf('&', at);
      end = end < 0 ? encoded.length() : end;
      if (end > at) {
        add(parameters, encoded, at, end);
      }
      at = end + 1;
    }
  }

  private static void add(Map<String, String> parameters, String encoded, int from, int to) {
    int equals = encoded.indexOf('=', from);
    boolean noValue = equals < 0 || equals >= to;
    String name = decode(encoded.substring(from, noValue ? to : equals));
    if (name.startsWith(SIGNATURE)) {
      return;
    }
    String value = noValue ? "" : decode(encoded.substring(equals + 1, to));
    if (parameters.put(name, value) != null) {
      throw new ApiException(
          "InvalidQueryParameter",
          "The parameter %s is given more than once".formatted(ApiException.shown(name)));
    }
    if (parameters.size() > MOST_PARAMETERS) {
      throw new ApiException(
          "InvalidQueryParameter",
          "The request has more than %d parameters".formatted(MOST_PARAMETERS));
    }
  }

  /** Undoes percent encoding; a plus is a space. */
  private static String decode(String encoded) {
    byte[] source = encoded.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(source.length);
    for (int i = 0; i < source.length; i++) {
      byte b = source[i];
      if (b == '%') {
        bytes.put(escaped(source, i));
        i += 2;
      } else {
        bytes.put(b == '+' ? (byte) ' ' : b);
      }
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(bytes.flip())
          .toString();
    } catch (CharacterCodingException e) {
      throw malformed("it holds bytes that are no UTF-8");
    }
  }

  private static byte escaped(byte[] source, int percent) {
    if (percent + 2 >= source.length
        || !HexFormat.isHexDigit(source[percent + 1])
        || !HexFormat.isHexDigit(source[percent + 2])) {
      throw malformed("a percent sign is not followed by two hexadecimal digits");
    }
    return (byte)
        (HexFormat.fromHexDigit(source[percent + 1]) << 4
            | HexFormat.fromHexDigit(source[percent + 2]));
  }

  private static ApiException malformed(String why) {
    return new ApiException(
        "MalformedQueryString", "The query string or form cannot be decoded: " + why);
  }
}
