package io.vmferry.cli.backend;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Checks the signatures of requests to {@code /}: Signature Version 4 in the Authorization header
 * (AWS General Reference, "Signing AWS API requests"). The SDK only makes signatures.
 */
final class SignatureV4 {
  private static final Pattern AUTHORIZATION =
      Pattern.compile(
          "AWS4-HMAC-SHA256 Credential=([^/,\\s]+)/([0-9]{8})/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request,\\s*SignedHeaders=([a-z0-9;_-]+),\\s*Signature=([0-9a-f]{64})");
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  /** As much as AWS allows. */
  private static final Duration SKEW = Duration.ofMinutes(15);

  private SignatureV4() {}

  /**
   * A request that is signed.
   *
   * @param method the method
   * @param query the query, encoded; may be empty
   * @param headers the headers under lower-case names
   * @param body the body
   */
  // Nobody compares requests.
  @SuppressWarnings("ArrayRecordComponent")
  record Signed(String method, String query, Map<String, List<String>> headers, byte[] body) {
    Optional<String> header(String name) {
      return Optional.ofNullable(headers.get(name))
          .map(values -> String.join(",", values.stream().map(String::strip).toList()));
    }
  }

  /**
   * Says what is wrong with a request's signature; empty if it was made by who holds the key.
   *
   * @param accessKeyId the key it has to be made with
   */
  static Optional<String> problem(
      Signed request, String accessKeyId, String secretAccessKey, Instant now) {
    Matcher authorization = AUTHORIZATION.matcher(request.header("authorization").orElse(""));
    if (!authorization.matches()) {
      return Optional.of("the request has no Authorization header with a signature of version 4");
    }
    if (!authorization.group(1).equals(accessKeyId)) {
      return Optional.of("it is signed with another access key than this endpoint's");
    }
    String date = request.header("x-amz-date").orElse("");
    if (!date.startsWith(authorization.group(2)) || !isNow(date, now)) {
      return Optional.of("its time stamp is not the current time");
    }
    List<String> signedHeaders = List.of(authorization.group(5).split(";", -1));
    if (!signedHeaders.contains("host") || !signedHeaders.contains("x-amz-date")) {
      return Optional.of("the signature does not cover the host and the time");
    }
    String hash = sha256(request.body());
    if (!request.header("x-amz-content-sha256").orElse(hash).equals(hash)) {
      return Optional.of("the body is not the one that is signed");
    }
    String scope =
        "%s/%s/%s/aws4_request"
            .formatted(authorization.group(2), authorization.group(3), authorization.group(4));
    String toSign =
        "AWS4-HMAC-SHA256\n%s\n%s\n%s"
            .formatted(
                date,
                scope,
                sha256(canonical(request, signedHeaders, hash).getBytes(StandardCharsets.UTF_8)));
    byte[] key = ("AWS4" + secretAccessKey).getBytes(StandardCharsets.UTF_8);
    for (String part : scope.split("/", -1)) {
      key = hmac(key, part);
    }
    byte[] expected = hmac(key, toSign);
    byte[] given = HexFormat.of().parseHex(authorization.group(6));
    return MessageDigest.isEqual(expected, given)
        ? Optional.empty()
        : Optional.of("the signature is not the one its secret key makes");
  }

  private static boolean isNow(String date, Instant now) {
    try {
      Instant signed = TIME.parse(date, Instant::from);
      return Duration.between(signed, now).abs().compareTo(SKEW) <= 0;
    } catch (DateTimeException e) {
      return false;
    }
  }

  private static String canonical(Signed request, List<String> signedHeaders, String hash) {
    StringBuilder canonical = new StringBuilder();
    canonical.append(request.method()).append("\n/\n").append(query(request.query())).append('\n');
    for (String name : signedHeaders) {
      String value = request.header(name).orElse("").replaceAll(" +", " ");
      canonical.append(name).append(':').append(value).append('\n');
    }
    return canonical
        .append('\n')
        .append(String.join(";", signedHeaders))
        .append('\n')
        .append(hash)
        .toString();
  }

  private record Parameter(String name, String value) {}

  /** Sorted by name, then by value: '=' as a part of what is sorted would come after digits. */
  private static String query(String query) {
    List<Parameter> parameters = new ArrayList<>();
    for (String pair : query.split("&", -1)) {
      if (!pair.isEmpty()) {
        int equals = pair.indexOf('=');
        String name = equals < 0 ? pair : pair.substring(0, equals);
        parameters.add(
            new Parameter(encoded(name), encoded(equals < 0 ? "" : pair.substring(equals + 1))));
      }
    }
    return parameters.stream()
        .sorted(Comparator.comparing(Parameter::name).thenComparing(Parameter::value))
        .map(parameter -> parameter.name() + "=" + parameter.value())
        .collect(Collectors.joining("&"));
  }

  /** Encodes anew as RFC 3986 has it, whatever the sender left as it was. */
  private static String encoded(String part) {
    String plain = URLDecoder.decode(part, StandardCharsets.UTF_8);
    return URLEncoder.encode(plain, StandardCharsets.UTF_8)
        .replace("+", "%20")
        .replace("*", "%2A")
        .replace("%7E", "~");
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static byte[] hmac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }

  /** The headers under lower-case names, of which one may come several times. */
  static Map<String, List<String>> lowerCase(Stream<Map.Entry<String, List<String>>> headers) {
    return headers.collect(
        Collectors.toMap(
            header -> header.getKey().toLowerCase(Locale.ROOT),
            Map.Entry::getValue,
            (one, other) -> Stream.concat(one.stream(), other.stream()).toList()));
  }
}
