package io.vmferry.local.stepfunctions;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The members of a request; those nobody takes are refused. */
final class ApiRequest {
  private static final int MAX_RESULTS = 1000;
  private static final int DEFAULT_RESULTS = 100;

  private final JsonNode body;
  private final Set<String> taken = new HashSet<>();

  ApiRequest(JsonNode body) {
    if (!body.isObject()) {
      throw new StatesApiException("SerializationException", "The request is no JSON object");
    }
    this.body = body;
  }

  private static StatesApiException invalid(String problem) {
    return new StatesApiException("ValidationException", problem);
  }

  Optional<String> text(String name) {
    taken.add(name);
    JsonNode value = body.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isTextual()) {
      throw new StatesApiException("SerializationException", "'" + name + "' is no string");
    }
    return Optional.of(value.textValue());
  }

  Optional<String> text(String name, int most) {
    Optional<String> value = text(name);
    if (value.isPresent() && value.get().length() > most) {
      throw invalid("Value at '" + name + "' must have length less than or equal to " + most);
    }
    return value;
  }

  String requireText(String name) {
    return text(name).orElseThrow(() -> invalid("Value at '" + name + "' must not be null"));
  }

  String arn(String name) {
    String arn = requireText(name);
    if (!arn.startsWith("arn:aws:states:")) {
      throw new StatesApiException("InvalidArn", "Invalid Arn: '" + arn + "'");
    }
    return arn;
  }

  /** A member that may have one value only. */
  void only(String name, String value) {
    Optional<String> given = text(name);
    if (given.isPresent() && !given.get().equals(value)) {
      throw invalid("'" + name + "' of '" + given.get() + "' is not supported, only " + value);
    }
  }

  boolean flag(String name, boolean otherwise) {
    taken.add(name);
    JsonNode value = body.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return otherwise;
    }
    if (!value.isBoolean()) {
      throw new StatesApiException("SerializationException", "'" + name + "' is no boolean");
    }
    return value.booleanValue();
  }

  int maxResults() {
    taken.add("maxResults");
    JsonNode value = body.path("maxResults");
    if (value.isMissingNode() || value.isNull()) {
      return DEFAULT_RESULTS;
    }
    if (!value.canConvertToInt()
        || !value.isIntegralNumber()
        || value.intValue() < 0
        || value.intValue() > MAX_RESULTS) {
      throw invalid("Value at 'maxResults' must be from 0 to " + MAX_RESULTS);
    }
    return value.intValue() == 0 ? DEFAULT_RESULTS : value.intValue();
  }

  /** How many elements the pages before this one had. */
  int offset() {
    Optional<String> token = text("nextToken");
    if (token.isEmpty()) {
      return 0;
    }
    try {
      String text =
          new String(Base64.getUrlDecoder().decode(token.get()), StandardCharsets.US_ASCII);
      int offset = Integer.parseInt(text);
      if (offset > 0) {
        return offset;
      }
    } catch (IllegalArgumentException e) {
      throw new StatesApiException("InvalidToken", "Invalid Token: '" + token.get() + "'");
    }
    throw new StatesApiException("InvalidToken", "Invalid Token: '" + token.get() + "'");
  }

  static String token(int offset) {
    byte[] text = String.valueOf(offset).getBytes(StandardCharsets.US_ASCII);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(text);
  }

  /** Part of a list. */
  record Page<T>(List<T> elements, Optional<String> nextToken) {}

  <T> Page<T> page(List<T> all) {
    int from = Math.min(offset(), all.size());
    int to = Math.min(all.size(), from + maxResults());
    return new Page<>(
        all.subList(from, to), to < all.size() ? Optional.of(token(to)) : Optional.empty());
  }

  /** Refuses what nobody took. */
  void end() {
    for (Map.Entry<String, JsonNode> member : body.properties()) {
      if (!taken.contains(member.getKey())) {
        throw invalid("The member '" + member.getKey() + "' is not supported");
      }
    }
  }
}
