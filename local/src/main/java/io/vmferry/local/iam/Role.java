package io.vmferry.local.iam;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A role, with the credentials of whoever has assumed it.
 *
 * @param arn its ARN
 * @param trusted the services that may assume it: {@code lambda.amazonaws.com}
 * @param policies what it may do, all together
 * @param boundary what it may do at most
 */
public record Role(
    String arn, Set<String> trusted, List<Policy> policies, Optional<Policy> boundary) {
  private static final String LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  private static final int KEY_LETTERS = 16;

  /** Copies the collections. */
  public Role {
    trusted = Set.copyOf(trusted);
    policies = List.copyOf(policies);
  }

  /** Its name. */
  public String name() {
    return arn.substring(arn.lastIndexOf('/') + 1);
  }

  /** The access key's id of its credentials: always the same one, and no other role's. */
  public String accessKeyId() {
    byte[] digest = digest(arn);
    StringBuilder key = new StringBuilder("ASIA");
    for (int i = 0; i < KEY_LETTERS; i++) {
      key.append(LETTERS.charAt(digest[i] & 31));
    }
    return key.toString();
  }

  private static byte[] digest(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Who asks if the role does, as messages name it. */
  String session() {
    String[] parts = arn.split(":", 6);
    return "arn:aws:sts::" + parts[4] + ":assumed-role/" + name() + "/vmferry";
  }

  /**
   * Why something is denied, in AWS's words; empty if it is allowed.
   *
   * <p>A Deny wins over every Allow; what nothing allows is denied.
   */
  public Optional<String> denial(Access asked) {
    Access access = withPrincipal(asked);
    String what =
        "User: %s is not authorized to perform: %s".formatted(session(), access.action())
            + (access.resource().equals("*") ? "" : " on resource: " + access.resource());
    boolean denied = policies.stream().anyMatch(policy -> policy.denies(access));
    if (denied || boundary.map(policy -> policy.denies(access)).orElse(false)) {
      return Optional.of(what + " with an explicit deny in an identity-based policy");
    }
    if (policies.stream().noneMatch(policy -> policy.allows(access))) {
      return Optional.of(
          "%s because no identity-based policy allows the %s action"
              .formatted(what, access.action()));
    }
    if (!boundary.map(policy -> policy.allows(access)).orElse(true)) {
      return Optional.of(
          "%s because no permissions boundary allows the %s action"
              .formatted(what, access.action()));
    }
    return Optional.empty();
  }

  private Access withPrincipal(Access access) {
    String account = arn.split(":", 6)[4];
    Map<String, List<String>> context = new HashMap<>(access.context());
    context.put("aws:principalarn", List.of(arn));
    context.put("aws:principalaccount", List.of(account));
    context.putIfAbsent("aws:resourceaccount", List.of(account));
    // The port of this machine stands for an endpoint with TLS, which all clients of AWS use.
    context.put("aws:securetransport", List.of("true"));
    return new Access(access.action(), access.resource(), context);
  }
}
