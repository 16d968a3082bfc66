package io.vmferry.local.stepfunctions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmferry.local.ecs.EcsException;
import io.vmferry.local.ecs.EcsRuntime;
import io.vmferry.local.ecs.StoppedTask;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The optimized integration with ECS that waits for a task's end, for Fargate tasks of one
 * container. The result is the task's description. A task whose container ends with another code
 * than 0, or never starts, fails the state with {@code States.TaskFailed} and the description as
 * cause. Stopping the execution stops the task.
 *
 * <p>Arguments are checked as ECS checks them; those that AWS knows and this does not are refused.
 */
public final class EcsRunTask implements TaskIntegration {
  private static final int MOST_SUBNETS = 16;
  private static final int MOST_SECURITY_GROUPS = 5;
  private static final Set<String> REQUIRED =
      Set.of("Cluster", "TaskDefinition", "LaunchType", "NetworkConfiguration");
  private static final Set<String> ARGUMENTS =
      Set.of("Cluster", "TaskDefinition", "LaunchType", "NetworkConfiguration", "Overrides");

  private final EcsRuntime runtime;

  /** Runs the tasks of this cluster. */
  public EcsRunTask(EcsRuntime runtime) {
    this.runtime = runtime;
  }

  @Override
  public String resource() {
    return "arn:aws:states:::ecs:runTask.sync";
  }

  @Override
  public Set<String> arguments() {
    return ARGUMENTS;
  }

  @Override
  public Set<String> requiredArguments() {
    return REQUIRED;
  }

  @Override
  public JsonNode run(JsonNode arguments) throws TaskFailedException, InterruptedException {
    String launchType = text(arguments, "LaunchType");
    if (!launchType.equals("FARGATE")) {
      throw invalid("The launch type '" + launchType + "' is not supported here; FARGATE is.");
    }
    checkNetwork(arguments.path("NetworkConfiguration"));
    String definition = text(arguments, "TaskDefinition");
    ContainerOverride override = override(arguments.path("Overrides"));
    try {
      StoppedTask task =
          runtime.run(
              text(arguments, "Cluster"),
              definition,
              override.container(),
              override.command(),
              override.environment());
      ObjectNode description = describe(task);
      if (!task.succeeded()) {
        throw new TaskFailedException(StateFailure.TASK_FAILED, description.toString());
      }
      return description;
    } catch (EcsException e) {
      throw new TaskFailedException("ECS." + e.code(), String.valueOf(e.getMessage()));
    }
  }

  private static void checkNetwork(JsonNode configuration) throws TaskFailedException {
    checkMembers(configuration, "NetworkConfiguration", Set.of("AwsvpcConfiguration"));
    JsonNode vpc = configuration.path("AwsvpcConfiguration");
    checkMembers(vpc, "AwsvpcConfiguration", Set.of("Subnets", "SecurityGroups", "AssignPublicIp"));
    List<String> subnets = texts(vpc.path("Subnets"), "Subnets");
    if (subnets.isEmpty() || subnets.size() > MOST_SUBNETS) {
      throw invalid("subnets can have at least 1 and at most 16 items.");
    }
    checkIds(subnets, "subnet-");
    List<String> groups = texts(vpc.path("SecurityGroups"), "SecurityGroups");
    if (groups.size() > MOST_SECURITY_GROUPS) {
      throw invalid("securityGroups can have at most 5 items.");
    }
    checkIds(groups, "sg-");
    String publicIp = vpc.path("AssignPublicIp").asText("DISABLED");
    if (!Set.of("ENABLED", "DISABLED").contains(publicIp)) {
      throw invalid("assignPublicIp is ENABLED or DISABLED, not '" + publicIp + "'.");
    }
  }

  private static void checkIds(List<String> ids, String prefix) throws TaskFailedException {
    for (String id : ids) {
      if (!id.startsWith(prefix)) {
        throw invalid("The id '" + id + "' is no " + prefix + "…");
      }
    }
  }

  /** What a call changes of the definition's container; the name is empty if it changes nothing. */
  private record ContainerOverride(
      String container, List<String> command, Map<String, String> environment) {
    static final ContainerOverride NONE = new ContainerOverride("", List.of(), Map.of());
  }

  private static ContainerOverride override(JsonNode overrides) throws TaskFailedException {
    if (overrides.isMissingNode()) {
      return ContainerOverride.NONE;
    }
    checkMembers(overrides, "Overrides", Set.of("ContainerOverrides"));
    JsonNode containers = overrides.path("ContainerOverrides");
    if (!containers.isArray() || containers.size() > 1) {
      throw invalid("ContainerOverrides is an array of at most one container here.");
    }
    if (containers.isEmpty()) {
      return ContainerOverride.NONE;
    }
    JsonNode container = containers.get(0);
    checkMembers(container, "ContainerOverrides", Set.of("Name", "Command", "Environment"));
    Map<String, String> environment = new HashMap<>();
    for (JsonNode variable : container.path("Environment")) {
      checkMembers(variable, "Environment", Set.of("Name", "Value"));
      environment.put(text(variable, "Name"), text(variable, "Value"));
    }
    return new ContainerOverride(
        text(container, "Name"), texts(container.path("Command"), "Command"), environment);
  }

  /** The task as DescribeTasks has it, with the names in Step Functions' case. */
  private ObjectNode describe(StoppedTask task) {
    ObjectNode description = JsonNodeFactory.instance.objectNode();
    ObjectNode container = description.putArray("Containers").addObject();
    container
        .put("ContainerArn", runtime.taskArn(task.id()).replace(":task/", ":container/"))
        .put("LastStatus", "STOPPED")
        .put("Name", task.definition().container())
        .put("TaskArn", runtime.taskArn(task.id()));
    task.exitCode().ifPresent(code -> container.put("ExitCode", code));
    if (!task.containerReason().isEmpty()) {
      container.put("Reason", task.containerReason());
    }
    return description
        .put("ClusterArn", runtime.clusterArn())
        .put("Cpu", String.valueOf(task.definition().cpuUnits()))
        .put("CreatedAt", task.createdAt().toEpochMilli())
        .put("DesiredStatus", "STOPPED")
        .put("LastStatus", "STOPPED")
        .put("LaunchType", "FARGATE")
        .put("Memory", String.valueOf(task.definition().memoryMib()))
        .put("StartedBy", "AWS Step Functions")
        .put("StopCode", task.stopCode())
        .put("StoppedAt", task.stoppedAt().toEpochMilli())
        .put("StoppedReason", task.stoppedReason())
        .put("TaskArn", runtime.taskArn(task.id()))
        .put("TaskDefinitionArn", runtime.definitionArn(task.definition()));
  }

  private static String text(JsonNode holder, String name) throws TaskFailedException {
    JsonNode value = holder.path(name);
    if (!value.isTextual() || value.textValue().isEmpty()) {
      throw invalid("'" + name + "' is no string, or an empty one.");
    }
    return value.textValue();
  }

  private static List<String> texts(JsonNode array, String name) throws TaskFailedException {
    List<String> texts = new ArrayList<>();
    if (!array.isMissingNode() && !array.isArray()) {
      throw invalid("'" + name + "' is no array.");
    }
    for (JsonNode element : array) {
      if (!element.isTextual()) {
        throw invalid("'" + name + "' holds what is no string.");
      }
      texts.add(element.textValue());
    }
    return texts;
  }

  /** Refuses what is no object, and members that are not known here: nothing is ignored. */
  private static void checkMembers(JsonNode object, String name, Set<String> known)
      throws TaskFailedException {
    if (!object.isObject()) {
      throw invalid("'" + name + "' is no object.");
    }
    for (Map.Entry<String, JsonNode> member : object.properties()) {
      if (!known.contains(member.getKey())) {
        throw new TaskFailedException(
            StateFailure.RUNTIME,
            "The field '" + member.getKey() + "' of '" + name + "' is not supported here.");
      }
    }
  }

  private static TaskFailedException invalid(String message) {
    return new TaskFailedException("ECS.InvalidParameterException", message);
  }
}
