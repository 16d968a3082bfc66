package io.vmferry.local.deployment;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/**
 * A rule of EventBridge: of events, or of times.
 *
 * @param logicalId what its template calls it
 * @param name its name
 * @param arn its ARN
 * @param pattern the events it is about
 * @param schedule the times it is about: {@code rate(1 hour)}
 * @param enabled whether it is on
 * @param targets what it calls
 */
public record RuleSpec(
    String logicalId,
    String name,
    String arn,
    Optional<JsonNode> pattern,
    Optional<String> schedule,
    boolean enabled,
    List<Target> targets) {

  /** Copies the list. */
  public RuleSpec {
    targets = List.copyOf(targets);
  }

  /**
   * What a rule calls.
   *
   * @param id its id within the rule
   * @param arn what is called
   * @param input what it is given instead of the event, JSON
   */
  public record Target(String id, String arn, Optional<String> input) {}
}
