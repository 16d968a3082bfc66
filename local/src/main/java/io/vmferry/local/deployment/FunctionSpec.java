package io.vmferry.local.deployment;

import io.vmferry.local.lambda.FunctionSettings;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A function.
 *
 * @param logicalId what its template calls it
 * @param name its name
 * @param arn its ARN
 * @param handler its handler's class, with or without {@code ::handleRequest}
 * @param environment its environment variables
 * @param settings its limits
 * @param roleArn whose permissions it has; empty for all there are
 * @param code the zip it is in; empty for one in an image
 * @param qualifiers its versions and aliases
 */
public record FunctionSpec(
    String logicalId,
    String name,
    String arn,
    String handler,
    Map<String, String> environment,
    FunctionSettings settings,
    Optional<String> roleArn,
    Optional<Path> code,
    Set<String> qualifiers) {

  /** Copies the collections. */
  public FunctionSpec {
    environment = Map.copyOf(environment);
    qualifiers = Set.copyOf(qualifiers);
  }

  /** The handler's class. */
  public String handlerClass() {
    int method = handler.indexOf("::");
    return method < 0 ? handler : handler.substring(0, method);
  }

  /** The simple name of the handler's class. */
  public String handlerName() {
    return handlerClass().substring(handlerClass().lastIndexOf('.') + 1);
  }

  /** The same with versions and aliases. */
  public FunctionSpec withQualifiers(Set<String> others) {
    return new FunctionSpec(
        logicalId, name, arn, handler, environment, settings, roleArn, code, others);
  }
}
