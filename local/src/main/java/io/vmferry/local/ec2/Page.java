package io.vmferry.local.ec2;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A page of a listing.
 *
 * @param items what is on it
 * @param nextToken to ask for the next page; null if this is the last
 */
record Page<T>(List<T> items, @Nullable String nextToken) {

  /**
   * Cuts the page that is asked for. The token names the last item before the page, so items that
   * come or go in between do not shift it.
   *
   * @param sorted all items, in the order of their keys
   */
  static <T> Page<T> of(
      Ec2Request request, List<T> sorted, Function<T, String> key, int minimum, int maximum) {
    Optional<Integer> asked = request.integer("MaxResults");
    if (asked.isPresent() && (asked.get() < minimum || asked.get() > maximum)) {
      throw Ec2Exception.invalidValue(
          "MaxResults", String.valueOf(asked.get()), minimum + " to " + maximum);
    }
    Optional<String> after = request.get("NextToken").map(Page::decode);
    List<T> rest =
        after.isEmpty()
            ? sorted
            : sorted.stream().filter(item -> key.apply(item).compareTo(after.get()) > 0).toList();
    if (asked.isEmpty() || rest.size() <= asked.get()) {
      return new Page<>(rest, null);
    }
    List<T> items = rest.subList(0, asked.get());
    return new Page<>(items, encode(key.apply(items.getLast())));
  }

  private static String encode(String key) {
    return Base64.getUrlEncoder().encodeToString(("after:" + key).getBytes(StandardCharsets.UTF_8));
  }

  private static String decode(String token) {
    try {
      String text = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
      if (text.startsWith("after:")) {
        return text.substring("after:".length());
      }
    } catch (IllegalArgumentException e) {
      throw new Ec2Exception("InvalidNextToken", "The token '" + token + "' is invalid");
    }
    throw new Ec2Exception("InvalidNextToken", "The token '" + token + "' is invalid");
  }
}
