package io.vmferry.local.deployment;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A state machine.
 *
 * @param logicalId what its template calls it
 * @param name its name
 * @param arn its ARN
 * @param definition its definition, with placeholders
 * @param substitutions what the placeholders stand for
 * @param roleArn whose permissions it has; empty for all there are
 */
public record StateMachineSpec(
    String logicalId,
    String name,
    String arn,
    String definition,
    Map<String, String> substitutions,
    Optional<String> roleArn) {

  /** Copies the map. */
  public StateMachineSpec {
    substitutions = Map.copyOf(substitutions);
  }

  /** The same with other values of substitutions that it has. */
  StateMachineSpec withSubstitutions(Map<String, String> overrides) {
    Map<String, String> values = new HashMap<>(substitutions);
    overrides.forEach(values::replace);
    return new StateMachineSpec(logicalId, name, arn, definition, values, roleArn);
  }
}
