package io.vmferry.cli.backend;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.json.Json;
import io.vmferry.local.stack.EmbeddedStack;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.InvokeResponse;

/** The functions of the stack that are called from outside. */
final class StackFunctions implements AutoCloseable {
  private static final String PREFIX = "vmferry-";

  /** A cleanup waits for the deletion of what there is. */
  private static final Duration LONGEST_CALL = Duration.ofMinutes(15);

  private final SdkHttpClient http;
  private final LambdaClient lambda;

  /**
   * The functions behind an endpoint.
   *
   * @param inProcess how requests get there if not over the network
   */
  StackFunctions(URI endpoint, Region region, Optional<SdkHttpClient> inProcess) {
    this.http =
        inProcess.orElseGet(() -> ApacheHttpClient.builder().socketTimeout(LONGEST_CALL).build());
    this.lambda =
        LambdaClient.builder()
            .endpointOverride(endpoint)
            .region(region)
            .credentialsProvider(
                StaticCredentialsProvider.create(
                    AwsBasicCredentials.create(EmbeddedStack.ACCESS_KEY, EmbeddedStack.ACCESS_KEY)))
            .httpClient(http)
            .build();
  }

  /**
   * Calls a function.
   *
   * @param function its name in the stack: {@code StartImport}
   * @throws VmferryException with the code of the function's failure
   */
  <T> T call(String function, Object request, Class<T> responseType) {
    InvokeResponse response;
    try {
      response =
          lambda.invoke(
              r ->
                  r.functionName(PREFIX + function)
                      .payload(SdkBytes.fromUtf8String(Json.write(request))));
    } catch (SdkException e) {
      throw new VmferryException(
          ErrorCode.SERVICE_UNAVAILABLE,
          "lambda:InvokeFunction on %s: %s".formatted(function, e.getMessage()),
          e);
    }
    String payload = response.payload().asUtf8String();
    if (response.functionError() != null) {
      throw failure(Json.read(payload, JsonNode.class).path("errorMessage").asText(payload));
    }
    return Json.read(payload, responseType);
  }

  /**
   * The failure that a function's error message stands for: {@code CODE: message}, where the
   * message has been made of the guide's text, the detail and the remedy.
   */
  static VmferryException failure(String message) {
    int colon = message.indexOf(": ");
    ErrorCode code = colon < 0 ? null : code(message.substring(0, colon));
    if (code == null) {
      return new VmferryException(ErrorCode.INTERNAL, message);
    }
    String detail = message.substring(colon + 2);
    String start = code.guideText() + ": ";
    if (code.guideText() != null && detail.startsWith(start)) {
      detail = detail.substring(start.length());
    }
    String end = ". " + code.remedy();
    if (detail.endsWith(end)) {
      detail = detail.substring(0, detail.length() - end.length());
    }
    return new VmferryException(code, detail);
  }

  private static @Nullable ErrorCode code(String name) {
    for (ErrorCode code : ErrorCode.values()) {
      if (code.name().equals(name)) {
        return code;
      }
    }
    return null;
  }

  @Override
  public void close() {
    lambda.close();
    http.close();
  }
}
