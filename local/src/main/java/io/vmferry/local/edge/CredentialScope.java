package io.vmferry.local.edge;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whom a request's signature names: {@code AKIA…/20260101/us-east-1/ebs/aws4_request}. The
 * signature itself is not verified: any credentials are accepted.
 *
 * @param accessKey the access key's id
 * @param region the Region
 * @param service the service's signing name
 */
record CredentialScope(String accessKey, String region, String service) {
  private static final String TERMINATOR = "aws4_request";

  /**
   * Reads the scope of a request.
   *
   * @param authorization the Authorization header
   * @param query the query's parameters, decoded
   * @return the scope; empty if the request is not signed
   */
  static Optional<CredentialScope> of(
      @Nullable String authorization, Map<String, List<String>> query) {
    if (authorization != null) {
      return ofHeader(authorization);
    }
    List<String> credential = query.get("X-Amz-Credential");
    if (credential != null && !credential.isEmpty()) {
      return parse(credential.getFirst());
    }
    if (query.containsKey("AWSAccessKeyId") && query.containsKey("Signature")) {
      return Optional.of(
          new CredentialScope(query.get("AWSAccessKeyId").getFirst(), "us-east-1", "s3"));
    }
    return Optional.empty();
  }

  private static Optional<CredentialScope> ofHeader(String authorization) {
    if (authorization.startsWith("AWS ")) {
      // Signature version 2 has no scope; S3 is the only service that still knows it.
      String accessKey = authorization.substring("AWS ".length()).split(":", 2)[0];
      return Optional.of(new CredentialScope(accessKey, "us-east-1", "s3"));
    }
    int start = authorization.indexOf("Credential=");
    if (!authorization.startsWith("AWS4-") || start < 0) {
      return Optional.empty();
    }
    int from = start + "Credential=".length();
    int end = from;
    while (end < authorization.length()
        && authorization.charAt(end) != ','
        && authorization.charAt(end) != ' ') {
      end++;
    }
    return parse(authorization.substring(from, end));
  }

  private static Optional<CredentialScope> parse(String credential) {
    String[] parts = credential.split("/", -1);
    int n = parts.length;
    // An access key's id may have slashes in it; the scope is what follows the last four of them.
    if (n < 5 || !parts[n - 1].equals(TERMINATOR) || parts[n - 2].isEmpty()) {
      return Optional.empty();
    }
    String accessKey = String.join("/", List.of(parts).subList(0, n - 4));
    return Optional.of(new CredentialScope(accessKey, parts[n - 3], parts[n - 2]));
  }
}
