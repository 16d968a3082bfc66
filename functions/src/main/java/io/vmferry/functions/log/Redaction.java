package io.vmferry.functions.log;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes out of texts what must not be logged: user information, query and fragment of every URL,
 * and the values of headers and parameters that hold credentials. What is left still tells which
 * file of which host was meant.
 */
public final class Redaction {
  private static final Pattern URL =
      Pattern.compile(
          "\\b([a-z][a-z0-9+.-]{1,20}://)(?:[^\\s/?#\"'<>@]*@)?([^\\s?#\"'<>]*)([?#][^\\s\"'<>]*)?",
          Pattern.CASE_INSENSITIVE);

  /** A query whose URL was cut off before it, or a header. */
  private static final Pattern SECRET =
      Pattern.compile(
          "\\b(X-Amz-(?:Signature|Credential|Security-Token)|AWSAccessKeyId|Signature|sig|token"
              + "|Authorization|Proxy-Authorization|Cookie|Set-Cookie)(\\s*[=:]\\s*)(?!\\[removed\\])"
              + "(?:(?:Basic|Bearer|AWS4-HMAC-SHA256)\\s+)?[^\\s&\"'<>;]+",
          Pattern.CASE_INSENSITIVE);

  private Redaction() {}

  /** The text without credentials. */
  public static String of(String text) {
    String plain = text;
    if (text.contains("://")) {
      plain =
          URL.matcher(text)
              .replaceAll(
                  match -> {
                    String rest = match.group(3) == null ? "" : match.group(3).substring(0, 1);
                    return Matcher.quoteReplacement(
                        match.group(1) + match.group(2) + (rest.isEmpty() ? "" : rest + "…"));
                  });
    }
    return SECRET.matcher(plain).replaceAll("$1$2[removed]");
  }
}
