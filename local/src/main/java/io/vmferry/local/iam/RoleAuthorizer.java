package io.vmferry.local.iam;

import io.vmferry.local.edge.AuthorizedCall;
import io.vmferry.local.edge.Authorizer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiPredicate;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds requests that carry a role's credentials to the role's policies. Everybody else is the
 * account's administrator.
 */
public final class RoleAuthorizer implements Authorizer {
  private static final Logger LOG = LoggerFactory.getLogger(RoleAuthorizer.class);
  private static final int MOST_DENIALS = 100;

  private final List<String> denials = new CopyOnWriteArrayList<>();
  private final Map<String, Role> byAccessKey = new ConcurrentHashMap<>();
  private final Map<String, Role> byArn = new ConcurrentHashMap<>();
  private final RequestedAccess requested;
  private final BiPredicate<String, String> exists;

  /**
   * For the services of an account.
   *
   * @param tags the tags of a snapshot or an image, by its id
   * @param exists whether there is an object, by its bucket and key
   */
  public RoleAuthorizer(
      String region,
      String account,
      Function<String, Map<String, String>> tags,
      BiPredicate<String, String> exists) {
    this.requested = new RequestedAccess(region, account, tags);
    this.exists = exists;
  }

  /** Adds a role, or puts it in the place of the one with its ARN. */
  public void add(Role role) {
    byAccessKey.put(role.accessKeyId(), role);
    byArn.put(role.arn(), role);
  }

  /** A role by its ARN. */
  public Optional<Role> role(String arn) {
    return Optional.ofNullable(byArn.get(arn));
  }

  @Override
  public boolean restricts(String accessKeyId) {
    return byAccessKey.containsKey(accessKeyId);
  }

  @Override
  public Optional<String> denial(AuthorizedCall call) {
    Role role = byAccessKey.get(call.accessKeyId());
    if (role == null) {
      return Optional.empty();
    }
    List<Access> asked = requested.of(call);
    for (Access access : asked) {
      Optional<String> denial = role.denial(access);
      if (denial.isPresent()) {
        return noted(denial);
      }
    }
    return noted(hidden(role, call, asked));
  }

  private Optional<String> noted(Optional<String> denial) {
    denial.ifPresent(
        message -> {
          LOG.info("denied: {}", message);
          if (denials.size() < MOST_DENIALS) {
            denials.add(message);
          }
        });
    return denial;
  }

  /** What was denied so far, the oldest first; no more than the first hundred. */
  public List<String> denials() {
    return List.copyOf(denials);
  }

  /** S3 does not tell whether an object is missing to those who may not list its bucket. */
  private Optional<String> hidden(Role role, AuthorizedCall call, List<Access> asked) {
    if (!call.service().equals("s3") || !asked.getFirst().action().equals("s3:GetObject")) {
      return Optional.empty();
    }
    S3Access.Location location = S3Access.Location.of(call.path());
    Optional<String> list =
        role.denial(Access.to("s3:ListBucket", "arn:aws:s3:::" + location.bucket()));
    return list.isPresent() && !exists.test(location.bucket(), location.key())
        ? list
        : Optional.empty();
  }
}
