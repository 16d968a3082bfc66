package io.vmferry.local.iam;

import java.util.List;
import java.util.Locale;

/**
 * A statement of a policy.
 *
 * @param allow whether it allows or denies
 * @param actions patterns of the actions, or of those it is not about if {@code notActions}
 * @param resources patterns of the ARNs, or of those it is not about if {@code notResources}
 * @param conditions all of which must hold
 */
record Statement(
    boolean allow,
    List<String> actions,
    boolean notActions,
    List<String> resources,
    boolean notResources,
    List<Condition> conditions) {

  /** Whether it says something about a request. */
  boolean isAbout(Access access) {
    // Actions are the same in any case, resources are not.
    String action = access.action().toLowerCase(Locale.ROOT);
    boolean acts =
        actions.stream()
            .anyMatch(pattern -> Pattern.matches(pattern.toLowerCase(Locale.ROOT), action));
    boolean concerns =
        resources.stream().anyMatch(pattern -> Pattern.matches(pattern, access.resource()));
    return acts != notActions
        && concerns != notResources
        && conditions.stream().allMatch(condition -> condition.holds(access));
  }
}
