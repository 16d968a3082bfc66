package io.vmferry.cli.backend;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpFullRequest;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.SignedRequest;

/** A service of AWS that requests are signed for and sent to. */
final class Upstream implements AutoCloseable {
  /** More than Lambda's limit of the API's function. */
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final URI url;
  private final String region;
  private final String service;
  private final SdkHttpClient http;
  private final AwsV4HttpSigner signer = AwsV4HttpSigner.create();

  /**
   * A service.
   *
   * @param service the name that requests are signed for: {@code lambda}, {@code ec2}
   */
  Upstream(URI url, String region, String service) {
    this.url = url;
    this.region = region;
    this.service = service;
    this.http = ApacheHttpClient.builder().socketTimeout(TIMEOUT).build();
  }

  /**
   * What the service answers.
   *
   * @param requestId the id it gave the request, if it says so
   */
  // Nobody compares answers.
  @SuppressWarnings("ArrayRecordComponent")
  record Answer(int status, String contentType, Optional<String> requestId, byte[] body) {}

  /** Signs a request with these credentials and sends it; nothing of its own signature goes on. */
  Answer send(SignatureV4.Signed request, AwsCredentials credentials) throws IOException {
    SdkHttpFullRequest.Builder copy =
        SdkHttpFullRequest.builder()
            .uri(url)
            .encodedPath("/")
            .method(SdkHttpMethod.fromValue(request.method()));
    for (String name : new String[] {"content-type", "accept", "user-agent"}) {
      request.header(name).ifPresent(value -> copy.putHeader(name, value));
    }
    for (String pair : request.query().split("&", -1)) {
      if (!pair.isEmpty()) {
        int equals = pair.indexOf('=');
        copy.appendRawQueryParameter(
            decoded(equals < 0 ? pair : pair.substring(0, equals)),
            decoded(equals < 0 ? "" : pair.substring(equals + 1)));
      }
    }
    ContentStreamProvider body = () -> new ByteArrayInputStream(request.body());
    SignedRequest signed =
        signer.sign(
            r ->
                r.identity(credentials)
                    .request(copy.build())
                    .payload(body)
                    .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, service)
                    .putProperty(AwsV4HttpSigner.REGION_NAME, region));
    SdkHttpRequest ready =
        signed.request().toBuilder()
            .putHeader("Content-Length", String.valueOf(request.body().length))
            .build();
    HttpExecuteResponse response =
        http.prepareRequest(
                HttpExecuteRequest.builder()
                    .request(ready)
                    .contentStreamProvider(signed.payload().orElse(body))
                    .build())
            .call();
    byte[] content = new byte[0];
    if (response.responseBody().isPresent()) {
      try (var stream = response.responseBody().get()) {
        content = stream.readAllBytes();
      }
    }
    return new Answer(
        response.httpResponse().statusCode(),
        response.httpResponse().firstMatchingHeader("Content-Type").orElse("text/plain"),
        response.httpResponse().firstMatchingHeader("x-amzn-RequestId"),
        content);
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    http.close();
  }
}
