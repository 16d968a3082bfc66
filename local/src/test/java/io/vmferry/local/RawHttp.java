package io.vmferry.local;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;

/** Requests as no SDK would send them. */
public final class RawHttp implements AutoCloseable {
  private final HttpClient client = HttpClient.newHttpClient();
  private final URI endpoint;

  public RawHttp(URI endpoint) {
    this.endpoint = endpoint;
  }

  /** The Authorization header of a request to a service. */
  public static String authorization(String service) {
    return "AWS4-HMAC-SHA256 Credential=test/20260301/us-east-1/"
        + service
        + "/aws4_request, SignedHeaders=host, Signature=00";
  }

  /**
   * Sends a request signed for a service.
   *
   * @param headers names and values in turn
   */
  public HttpResponse<String> send(
      String service, String method, String pathAndQuery, byte[] body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(endpoint + pathAndQuery))
            .method(method, BodyPublishers.ofByteArray(body))
            .header("Authorization", authorization(service));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  /** Sends a request without a signature. */
  public HttpResponse<String> sendUnsigned(String method, String pathAndQuery)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(endpoint + pathAndQuery))
            .method(method, BodyPublishers.noBody())
            .build();
    return client.send(request, BodyHandlers.ofString());
  }

  @Override
  public void close() {
    client.close();
  }
}
