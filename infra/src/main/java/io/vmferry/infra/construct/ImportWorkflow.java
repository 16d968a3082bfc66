package io.vmferry.infra.construct;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.iam.IRole;
import software.amazon.awscdk.services.lambda.IFunction;
import software.amazon.awscdk.services.logs.LogGroup;
import software.amazon.awscdk.services.stepfunctions.CfnStateMachine;
import software.constructs.Construct;

/** The state machine of imports with its role and its log. */
final class ImportWorkflow extends Construct {
  private static final String DEFINITION = "/io/vmferry/statemachine/import.asl.json";

  /** Seconds between two looks at snapshots that EBS completes. */
  private static final int POLL_SECONDS = 15;

  private final CfnStateMachine machine;

  /**
   * Makes it.
   *
   * @param name the state machine's name, which the functions know before it is made
   */
  ImportWorkflow(
      Construct scope,
      String id,
      String name,
      VmImportExportProps props,
      TaskStorage storage,
      ImportFunctions functions,
      Optional<ConvertContainer> container) {
    super(scope, id);
    LogGroup log =
        Logs.keptFor(
            props.logRetentionDays(),
            LogGroup.Builder.create(this, "Log")
                // With this prefix one policy lets AWS deliver to all logs; an account may have
                // few.
                .logGroupName("/aws/vendedlogs/states/" + name));
    IRole role = role(name, storage, functions, container);
    machine =
        CfnStateMachine.Builder.create(this, "StateMachine")
            .stateMachineName(name)
            .stateMachineType("STANDARD")
            .definitionString(definition())
            .definitionSubstitutions(substitutions(props, functions, container))
            .roleArn(role.getRoleArn())
            .tracingConfiguration(
                CfnStateMachine.TracingConfigurationProperty.builder().enabled(true).build())
            .loggingConfiguration(
                CfnStateMachine.LoggingConfigurationProperty.builder()
                    .level("ALL")
                    // URLs with credentials are nothing for a log.
                    .includeExecutionData(false)
                    .destinations(
                        List.of(
                            CfnStateMachine.LogDestinationProperty.builder()
                                .cloudWatchLogsLogGroup(
                                    CfnStateMachine.CloudWatchLogsLogGroupProperty.builder()
                                        .logGroupArn(log.getLogGroupArn())
                                        .build())
                                .build()))
                    .build())
            .build();
    machine.getNode().addDependency(role);
  }

  /** The state machine's ARN. */
  String arn() {
    return machine.getRef();
  }

  /** The definition as the module {@code statemachine} has it. */
  static String definition() {
    try (InputStream in =
        Objects.requireNonNull(ImportWorkflow.class.getResourceAsStream(DEFINITION), DEFINITION)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, String> substitutions(
      VmImportExportProps props, ImportFunctions functions, Optional<ConvertContainer> container) {
    Map<String, String> substitutions = new TreeMap<>();
    String definition = definition();
    functions
        .all()
        .forEach(
            (id, function) -> {
              String name = id + "Function";
              if (definition.contains("${" + name + "}")) {
                substitutions.put(name, function.getFunctionArn());
              }
            });
    substitutions.putAll(
        container
            .map(ConvertContainer::substitutions)
            .orElseGet(ConvertContainer::noSubstitutions));
    substitutions.put("MaxConcurrency", String.valueOf(props.chunksAtOnce()));
    substitutions.put("SnapshotPollSeconds", String.valueOf(POLL_SECONDS));
    return substitutions;
  }

  private IRole role(
      String name,
      TaskStorage storage,
      ImportFunctions functions,
      Optional<ConvertContainer> container) {
    String machineArn = Permissions.machineArn(Stack.of(this), name);
    String definition = definition();
    List<String> invoked =
        functions.all().entrySet().stream()
            .filter(entry -> definition.contains("${" + entry.getKey() + "Function}"))
            .map(Map.Entry::getValue)
            .map(IFunction::getFunctionArn)
            .toList();
    List<Permission> permissions = new ArrayList<>();
    permissions.add(Permission.exact(Permissions.allow(List.of("lambda:InvokeFunction"), invoked)));
    permissions.add(
        Permission.because(
            "The lists of what its maps do are below the tasks' prefix.",
            Permissions.allow(
                List.of("s3:GetObject"), List.of(storage.work().arnForObjects("tasks/*")))));
    permissions.add(
        Permission.because(
            "A distributed map runs its items as executions of the machine itself.",
            Permissions.allow(List.of("states:StartExecution"), List.of(machineArn)),
            Permissions.allow(
                List.of(
                    "states:DescribeExecution", "states:RedriveExecution", "states:StopExecution"),
                List.of(
                    machineArn.replace(":stateMachine:", ":execution:") + "/*",
                    machineArn.replace(":stateMachine:", ":execution:") + ":*"))));
    container.ifPresent(c -> permissions.addAll(c.toRunIt()));
    permissions.add(logAndTrace());
    storage
        .key()
        .ifPresent(
            key ->
                permissions.add(
                    Permission.exact(
                        Permissions.allow(List.of("kms:Decrypt"), List.of(key.getKeyArn())))));
    return Roles.of(this, "states.amazonaws.com", "Runs the steps of imports", permissions);
  }

  private static Permission logAndTrace() {
    return Permission.because(
        "Log deliveries and X-Ray have no resources that a policy could name.",
        Permissions.allow(
            List.of(
                "logs:CreateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:DescribeLogGroups",
                "logs:DescribeResourcePolicies",
                "logs:GetLogDelivery",
                "logs:ListLogDeliveries",
                "logs:PutResourcePolicy",
                "logs:UpdateLogDelivery",
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
                "xray:PutTelemetryRecords",
                "xray:PutTraceSegments"),
            List.of("*")));
  }
}
