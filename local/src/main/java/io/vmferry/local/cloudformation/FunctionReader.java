package io.vmferry.local.cloudformation;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.local.cloudformation.CloudAssembly.StackTemplate;
import io.vmferry.local.deployment.FunctionSpec;
import io.vmferry.local.deployment.PermissionSpec;
import io.vmferry.local.lambda.FunctionSettings;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads functions. */
final class FunctionReader {
  /** Where the template says what an image runs that is given no command. */
  private static final String HANDLER_METADATA = "vmferry:handler";

  private static final String RUNTIME = "java25";
  private static final int DEFAULT_TIMEOUT = 3;
  private static final int DEFAULT_MEMORY = 128;
  private static final int MAX_ENVIRONMENT = 4096;

  /** Variables that Lambda sets itself and refuses to be given. */
  private static final Set<String> RESERVED =
      Set.of(
          "AWS_ACCESS_KEY",
          "AWS_ACCESS_KEY_ID",
          "AWS_DEFAULT_REGION",
          "AWS_EXECUTION_ENV",
          "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
          "AWS_LAMBDA_FUNCTION_NAME",
          "AWS_LAMBDA_FUNCTION_VERSION",
          "AWS_LAMBDA_INITIALIZATION_TYPE",
          "AWS_LAMBDA_LOG_GROUP_NAME",
          "AWS_LAMBDA_LOG_STREAM_NAME",
          "AWS_LAMBDA_RUNTIME_API",
          "AWS_REGION",
          "AWS_SECRET_ACCESS_KEY",
          "AWS_SESSION_TOKEN",
          "LAMBDA_RUNTIME_DIR",
          "LAMBDA_TASK_ROOT",
          "_HANDLER",
          "_X_AMZN_TRACE_ID");

  private FunctionReader() {}

  /** A function; empty if it is not one of Java's, as those of the CDK are that help to deploy. */
  static Optional<FunctionSpec> function(
      StackTemplate stack,
      String logicalId,
      Identity identity,
      Properties properties,
      JsonNode metadata) {
    boolean image = properties.oneOf("PackageType", "Zip", "Image").orElse("Zip").equals("Image");
    Optional<String> runtime = properties.text("Runtime");
    if (!image && !runtime.orElse("").startsWith("java")) {
      return Optional.empty();
    }
    if (!image && !runtime.equals(Optional.of(RUNTIME))) {
      throw properties.refuse(
          "Runtime is " + runtime.orElse("missing") + "; supported: " + RUNTIME);
    }
    Properties code = properties.object("Code");
    Optional<Path> zip = image ? Optional.empty() : Optional.of(zip(stack, code));
    String handler =
        image ? imageHandler(properties, metadata) : properties.requiredText("Handler");
    if (image) {
      code.requiredText("ImageUri");
    }
    code.end();
    Properties environment = properties.object("Environment");
    Map<String, String> variables = environment.object("Variables").map();
    environment.end();
    refuseReserved(properties, variables);
    FunctionSettings settings = settings(properties);
    String role = properties.requiredText("Role");
    // Processes here have the machine's architecture, disk and network, and run as often at once
    // as they are called.
    properties
        .withoutEffect(
            "Architectures",
            "DeadLetterConfig",
            "Description",
            "EphemeralStorage",
            "FunctionName",
            "KmsKeyArn",
            "LoggingConfig",
            "RecursiveLoop",
            "ReservedConcurrentExecutions",
            "RuntimeManagementConfig",
            "SnapStart",
            "Tags",
            "TracingConfig",
            "VpcConfig")
        .end();
    return Optional.of(
        new FunctionSpec(
            logicalId,
            identity.ref(),
            identity.attributes().getOrDefault("Arn", ""),
            handler,
            variables,
            settings,
            Optional.of(role),
            zip,
            Set.of()));
  }

  private static FunctionSettings settings(Properties properties) {
    try {
      return new FunctionSettings(
          Duration.ofSeconds(properties.integer("Timeout").orElse(DEFAULT_TIMEOUT)),
          properties.integer("MemorySize").orElse(DEFAULT_MEMORY));
    } catch (IllegalArgumentException e) {
      throw new TemplateException(properties.where(), String.valueOf(e.getMessage()), e);
    }
  }

  private static Path zip(StackTemplate stack, Properties code) {
    code.requiredText("S3Bucket");
    String key = code.requiredText("S3Key");
    Path file =
        stack
            .asset(key)
            .orElseThrow(() -> code.refuse("no asset of the stack becomes the object " + key));
    if (!Files.exists(file)) {
      throw code.refuse("the asset " + file + " is not there");
    }
    return file;
  }

  private static String imageHandler(Properties properties, JsonNode metadata) {
    properties.withoutEffect("Handler");
    Properties config = properties.object("ImageConfig");
    List<String> command = config.texts("Command");
    config.withoutEffect("EntryPoint", "WorkingDirectory").end();
    String told = metadata.path(HANDLER_METADATA).asText();
    if (command.isEmpty() && told.isEmpty()) {
      throw properties.refuse(
          "neither ImageConfig nor the metadata %s names its handler".formatted(HANDLER_METADATA));
    }
    return command.isEmpty() ? told : command.getLast();
  }

  private static void refuseReserved(Properties properties, Map<String, String> variables) {
    int size = 0;
    for (Map.Entry<String, String> variable : variables.entrySet()) {
      if (RESERVED.contains(variable.getKey())) {
        throw properties.refuse("Lambda reserves the environment variable " + variable.getKey());
      }
      if (!variable.getKey().matches("[a-zA-Z][a-zA-Z0-9_]+")) {
        throw properties.refuse("'%s' is no variable's name".formatted(variable.getKey()));
      }
      size +=
          variable.getKey().getBytes(StandardCharsets.UTF_8).length
              + variable.getValue().getBytes(StandardCharsets.UTF_8).length;
    }
    if (size > MAX_ENVIRONMENT) {
      throw properties.refuse("the environment has " + size + " bytes; 4,096 are the most");
    }
  }

  static PermissionSpec permission(Properties properties) {
    PermissionSpec permission =
        new PermissionSpec(
            properties.requiredText("FunctionName"),
            properties.requiredText("Action"),
            properties.requiredText("Principal"),
            properties.text("SourceArn"));
    // All callers are of one account.
    properties.withoutEffect("FunctionUrlAuthType", "InvokedViaFunctionUrl", "SourceAccount").end();
    return permission;
  }
}
