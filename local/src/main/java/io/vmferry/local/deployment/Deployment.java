package io.vmferry.local.deployment;

import io.vmferry.local.iam.Role;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is to be deployed: resources under the names they will have. Nothing in it is left to
 * resolve.
 *
 * @param roles who may do what; those of functions and state machines without a role here may do
 *     everything
 * @param outputs what the stacks tell of themselves, by {@code stack.output}
 * @param unused what the stacks hold but nothing here acts on, by {@code stack/logical id}, with
 *     the type
 */
public record Deployment(
    List<BucketSpec> buckets,
    List<TableSpec> tables,
    List<FunctionSpec> functions,
    List<StateMachineSpec> stateMachines,
    List<RuleSpec> rules,
    List<StreamSpec> streams,
    List<PermissionSpec> permissions,
    List<Role> roles,
    Map<String, String> outputs,
    Map<String, String> unused) {

  /** Copies the collections. */
  public Deployment {
    buckets = List.copyOf(buckets);
    tables = List.copyOf(tables);
    functions = List.copyOf(functions);
    stateMachines = List.copyOf(stateMachines);
    rules = List.copyOf(rules);
    streams = List.copyOf(streams);
    permissions = List.copyOf(permissions);
    roles = List.copyOf(roles);
    outputs = Map.copyOf(outputs);
    unused = Map.copyOf(unused);
  }

  /** The function with a handler of this class, by its simple name: {@code PlanHandler}. */
  public Optional<FunctionSpec> functionOf(String handlerClass) {
    return functions.stream().filter(f -> f.handlerName().equals(handlerClass)).findFirst();
  }

  /** The same with other values of what state machines' substitutions have. */
  public Deployment withSubstitutions(Map<String, String> overrides) {
    List<StateMachineSpec> machines =
        stateMachines.stream().map(machine -> machine.withSubstitutions(overrides)).toList();
    return new Deployment(
        buckets, tables, functions, machines, rules, streams, permissions, roles, outputs, unused);
  }

  /** A role by its ARN. */
  public Optional<Role> role(String arn) {
    return roles.stream().filter(role -> role.arn().equals(arn)).findFirst();
  }
}
