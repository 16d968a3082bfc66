package io.vmferry.functions.aws;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.Closeable;
import java.io.IOException;
import java.io.Serial;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.http.Header;
import org.apache.http.HttpHeaders;
import org.apache.http.client.config.CookieSpecs;
import org.apache.http.client.config.RequestConfig;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.HttpGet;
import org.apache.http.config.ConnectionConfig;
import org.apache.http.config.MessageConstraints;
import org.apache.http.config.RegistryBuilder;
import org.apache.http.config.SocketConfig;
import org.apache.http.conn.socket.ConnectionSocketFactory;
import org.apache.http.conn.socket.PlainConnectionSocketFactory;
import org.apache.http.conn.ssl.SSLConnectionSocketFactory;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.impl.conn.PoolingHttpClientConnectionManager;
import org.jspecify.annotations.Nullable;

/**
 * GET requests to servers that users name. The addresses that are checked are the very ones that
 * are connected to, for each redirect anew, so a name that changes its address gains nothing.
 */
final class RemoteHttp implements Closeable {
  private static final int MAX_REDIRECTS = 5;
  private static final int MAX_CONNECTIONS = 128;
  private static final int BUFFER = 64 << 10;

  private final Set<String> schemes;
  private final CloseableHttpClient client;

  /**
   * A client.
   *
   * @param addresses which addresses may be connected to
   * @param schemes which schemes may be used, in lower case
   * @param timeout for connecting, and for each wait for bytes
   */
  RemoteHttp(AddressPolicy addresses, Set<String> schemes, Duration timeout) {
    this.schemes = schemes;
    this.client = client(addresses, Math.toIntExact(timeout.toMillis()));
  }

  private static CloseableHttpClient client(AddressPolicy addresses, int timeoutMillis) {
    PoolingHttpClientConnectionManager connections =
        new PoolingHttpClientConnectionManager(
            RegistryBuilder.<ConnectionSocketFactory>create()
                .register("http", PlainConnectionSocketFactory.getSocketFactory())
                .register("https", SSLConnectionSocketFactory.getSocketFactory())
                .build(),
            host -> resolve(host, addresses));
    connections.setMaxTotal(MAX_CONNECTIONS);
    connections.setDefaultMaxPerRoute(MAX_CONNECTIONS);
    connections.setDefaultSocketConfig(
        // Also bounds the TLS handshake.
        SocketConfig.custom().setSoTimeout(timeoutMillis).setTcpNoDelay(true).build());
    connections.setDefaultConnectionConfig(
        ConnectionConfig.custom()
            .setBufferSize(BUFFER)
            .setMessageConstraints(
                MessageConstraints.custom()
                    .setMaxLineLength(32 << 10)
                    .setMaxHeaderCount(200)
                    .build())
            .build());
    connections.setValidateAfterInactivity(1000);
    return HttpClients.custom()
        .setConnectionManager(connections)
        .setConnectionTimeToLive(5, TimeUnit.MINUTES)
        .setDefaultRequestConfig(
            RequestConfig.custom()
                .setConnectTimeout(timeoutMillis)
                .setSocketTimeout(timeoutMillis)
                .setConnectionRequestTimeout(timeoutMillis)
                .setRedirectsEnabled(false)
                .setAuthenticationEnabled(false)
                .setContentCompressionEnabled(false)
                .setCookieSpec(CookieSpecs.IGNORE_COOKIES)
                // A presigned URL is valid only as it was signed.
                .setNormalizeUri(false)
                .build())
        .setUserAgent("vmferry")
        .disableRedirectHandling()
        .disableAutomaticRetries()
        .disableAuthCaching()
        .disableCookieManagement()
        .disableContentCompression()
        .build();
  }

  private static InetAddress[] resolve(String host, AddressPolicy policy)
      throws UnknownHostException {
    InetAddress[] addresses = InetAddress.getAllByName(host);
    for (InetAddress address : addresses) {
      if (!policy.allows(address)) {
        throw new AddressRefusedException(host, address);
      }
    }
    return addresses;
  }

  /** A host has an address that may not be connected to. */
  private static final class AddressRefusedException extends UnknownHostException {
    @Serial private static final long serialVersionUID = 1L;

    AddressRefusedException(String host, InetAddress address) {
      super("%s has the address %s".formatted(host, address.getHostAddress()));
    }
  }

  /**
   * Gets a URL, through redirects.
   *
   * @param range the range header's value; null for none
   * @throws IOException if trying again may help
   * @throws VmferryException {@link ErrorCode#SOURCE_LOCATION_INVALID}, {@link
   *     ErrorCode#SOURCE_ADDRESS_REFUSED} or {@link ErrorCode#SOURCE_UNREACHABLE} if not
   */
  // The answer owns the response.
  @SuppressWarnings("resource")
  RemoteAnswer get(URI start, @Nullable String range) throws IOException {
    URI url = start;
    for (int hop = 0; hop <= MAX_REDIRECTS; hop++) {
      requireAllowed(url, start);
      CloseableHttpResponse response = send(url, start, range);
      if (!isRedirect(response.getStatusLine().getStatusCode())) {
        return new RemoteAnswer(start, response);
      }
      Header location = response.getFirstHeader(HttpHeaders.LOCATION);
      response.close();
      url = target(url, start, location);
    }
    throw new VmferryException(
        ErrorCode.SOURCE_UNREACHABLE,
        "%s redirects more than %d times".formatted(safeName(start), MAX_REDIRECTS));
  }

  private void requireAllowed(URI url, URI start) {
    String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
    if (url.getHost() == null || !schemes.contains(scheme)) {
      throw new VmferryException(
          ErrorCode.SOURCE_LOCATION_INVALID,
          url.equals(start)
              ? "the URL '%s' is none of %s with a host".formatted(safeName(start), schemes)
              : "%s redirects to '%s', which is none of %s with a host"
                  .formatted(safeName(start), safeName(url), schemes));
    }
  }

  private CloseableHttpResponse send(URI url, URI start, @Nullable String range)
      throws IOException {
    HttpGet request = new HttpGet(withoutUserInfo(url));
    request.setHeader(HttpHeaders.ACCEPT_ENCODING, "identity");
    if (range != null) {
      request.setHeader(HttpHeaders.RANGE, range);
    }
    String user = start.getUserInfo();
    if (user != null && origin(url).equals(origin(start))) {
      request.setHeader(
          HttpHeaders.AUTHORIZATION,
          "Basic " + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8)));
    }
    try {
      return client.execute(request);
    } catch (AddressRefusedException e) {
      throw new VmferryException(
          ErrorCode.SOURCE_ADDRESS_REFUSED,
          url.equals(start)
              ? "%s: %s".formatted(safeName(start), e.getMessage())
              : "%s redirects to %s: %s".formatted(safeName(start), safeName(url), e.getMessage()),
          e);
    }
  }

  private static boolean isRedirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  }

  private static URI target(URI from, URI start, @Nullable Header location) {
    try {
      if (location != null) {
        return from.resolve(location.getValue());
      }
    } catch (IllegalArgumentException e) {
      // Said below, without the location: it may hold credentials.
    }
    throw new VmferryException(
        ErrorCode.SOURCE_UNREACHABLE,
        "%s redirects, but not to a valid location".formatted(safeName(start)));
  }

  private static String origin(URI url) {
    return (url.getScheme() + "://" + url.getHost() + ":" + url.getPort()).toLowerCase(Locale.ROOT);
  }

  private static URI withoutUserInfo(URI url) {
    String port = url.getPort() < 0 ? "" : ":" + url.getPort();
    String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
    String query = url.getRawQuery() == null ? "" : "?" + url.getRawQuery();
    return URI.create(url.getScheme() + "://" + url.getHost() + port + path + query);
  }

  /** The URL without what may be secret in it: no user information, query or fragment. */
  static String safeName(URI url) {
    if (url.getHost() == null) {
      return url.getScheme() + ":…";
    }
    String port = url.getPort() < 0 ? "" : ":" + url.getPort();
    return url.getScheme()
        + "://"
        + url.getHost()
        + port
        + (url.getRawPath() == null ? "" : url.getRawPath());
  }

  @Override
  public void close() {
    try {
      client.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
