package io.vmferry.functions.handler;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent.RequestContext;
import io.vmferry.functions.api.ApiRequest;
import io.vmferry.functions.api.Caller;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads the events of a function URL. Any member of an event may be missing. */
final class FunctionUrl {
  private FunctionUrl() {}

  /** The request in an event. */
  static ApiRequest request(APIGatewayV2HTTPEvent event, Context context) {
    Optional<RequestContext> about = Optional.ofNullable(event.getRequestContext());
    String method =
        about.map(RequestContext::getHttp).map(RequestContext.Http::getMethod).orElse("");
    return new ApiRequest(
        method,
        text(event.getRawQueryString()),
        body(event),
        about.flatMap(c -> caller(c, context)),
        about.map(RequestContext::getRequestId).orElseGet(() -> UUID.randomUUID().toString()));
  }

  /** The body as it was sent; a form has ASCII characters only, so each byte is one. */
  private static String body(APIGatewayV2HTTPEvent event) {
    String body = text(event.getBody());
    if (!event.getIsBase64Encoded()) {
      return body;
    }
    try {
      byte[] bytes = Base64.getDecoder().decode(body);
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      // Lambda encodes bodies itself, so this is none of its events. What is no form is refused.
      return "%";
    }
  }

  private static Optional<Caller> caller(RequestContext about, Context context) {
    return Optional.ofNullable(about.getAuthorizer())
        .map(RequestContext.Authorizer::getIam)
        .filter(iam -> !text(iam.getAccessKey()).isEmpty())
        .map(iam -> caller(text(iam.getAccountId()), text(context.getInvokedFunctionArn())));
  }

  /** The Region and the partition are the function's: {@code arn:aws:lambda:us-east-1:…}. */
  private static Caller caller(String accountId, String functionArn) {
    String[] arn = functionArn.split(":", -1);
    return arn.length < 5
        ? new Caller(accountId, "us-east-1", "aws")
        : new Caller(arn[4].isEmpty() ? accountId : arn[4], arn[3], arn[1]);
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }
}
