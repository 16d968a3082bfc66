package io.vmferry.functions.aws;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.http.Header;
import org.apache.http.HttpEntity;
import org.apache.http.HttpHeaders;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.jspecify.annotations.Nullable;

/** A server's final answer to a GET. Closing it gives up what of its body was not read. */
final class RemoteAnswer implements Closeable {
  private static final Pattern CONTENT_RANGE =
      Pattern.compile("\\s*bytes\\s+(?:(\\d{1,18})-(\\d{1,18})|\\*)/(\\d{1,18}|\\*)\\s*");

  /** How S3 says why; the rest of its answer may hold parts of the signature. */
  private static final Pattern S3_MESSAGE = Pattern.compile("<Message>([^<]{1,200})</Message>");

  private static final int ERROR_BODY = 8 << 10;

  private final URI asked;
  private final CloseableHttpResponse response;

  RemoteAnswer(URI asked, CloseableHttpResponse response) {
    this.asked = asked;
    this.response = response;
  }

  /**
   * A range the server speaks of.
   *
   * @param first first byte, -1 if it is not said
   * @param last last byte, -1 if it is not said
   * @param total the file's size, -1 if it is not known
   */
  record Range(long first, long last, long total) {}

  int status() {
    return response.getStatusLine().getStatusCode();
  }

  private Optional<String> header(String name) {
    return Optional.ofNullable(response.getFirstHeader(name)).map(Header::getValue);
  }

  /** What {@code Content-Range} says; empty if it is missing or not to be understood. */
  Optional<Range> contentRange() {
    return header(HttpHeaders.CONTENT_RANGE)
        .map(CONTENT_RANGE::matcher)
        .filter(Matcher::matches)
        .map(m -> new Range(number(m.group(1)), number(m.group(2)), number(m.group(3))));
  }

  private static long number(@Nullable String digits) {
    return digits == null || digits.equals("*") ? -1 : Long.parseLong(digits);
  }

  /** The body's length in bytes; -1 if it is not said. */
  long contentLength() {
    return response.getEntity() == null ? 0 : response.getEntity().getContentLength();
  }

  /** A strong ETag, else the date of the last change. */
  Optional<String> version() {
    return header(HttpHeaders.ETAG)
        .filter(tag -> !tag.startsWith("W/"))
        .or(() -> header(HttpHeaders.LAST_MODIFIED));
  }

  /** The body; empty if there is none. */
  InputStream body() throws IOException {
    HttpEntity entity = response.getEntity();
    return entity == null ? InputStream.nullInputStream() : entity.getContent();
  }

  /**
   * Checks that the answer is the file or a range of it.
   *
   * @throws IOException if trying again may help
   * @throws VmferryException if not
   */
  void requireContent() throws IOException {
    int status = status();
    String said = "%s: %s".formatted(RemoteHttp.safeName(asked), statusLine());
    if (status == 404 || status == 410) {
      throw new VmferryException(ErrorCode.SOURCE_NOT_FOUND, said + reason());
    }
    if (status == 408 || status == 425 || status == 429 || status >= 500) {
      throw new IOException(statusLine());
    }
    if (status >= 400) {
      throw new VmferryException(ErrorCode.SOURCE_ACCESS_DENIED, said + reason());
    }
    if (status != 200 && status != 206) {
      throw new VmferryException(
          ErrorCode.SOURCE_UNREACHABLE, said + " instead of the file's content");
    }
    String encoding = header(HttpHeaders.CONTENT_ENCODING).orElse("identity");
    if (!encoding.equalsIgnoreCase("identity")) {
      throw new VmferryException(
          ErrorCode.SOURCE_SIZE_UNKNOWN,
          "%s is sent with the content encoding '%s' although none was asked for"
              .formatted(RemoteHttp.safeName(asked), encoding));
    }
  }

  private String statusLine() {
    String phrase = response.getStatusLine().getReasonPhrase();
    return phrase == null || phrase.isBlank() ? "HTTP " + status() : status() + " " + phrase;
  }

  private String reason() {
    try {
      String body = new String(body().readNBytes(ERROR_BODY), StandardCharsets.UTF_8);
      Matcher message = S3_MESSAGE.matcher(body);
      return message.find() ? ", '" + message.group(1).strip() + "'" : "";
    } catch (IOException e) {
      // The status says enough.
      return "";
    }
  }

  @Override
  public void close() throws IOException {
    // Not the body's stream: closing that would read all that is left of it.
    response.close();
  }
}
