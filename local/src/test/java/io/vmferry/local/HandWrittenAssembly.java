package io.vmferry.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Two stacks as the CDK writes them, with what vmferry needs at least: one has the buckets and the
 * table, and exports them to the other. Tests change the templates before they are written.
 */
public final class HandWrittenAssembly {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String IMAGES = "Images0123ABCD";
  private static final String WORK = "Work0123ABCD";
  private static final String TABLE = "Tasks0123ABCD";
  private static final String MACHINE = "Import0123ABCD";
  private static final String ZIP_KEY = "f00d.zip";
  private static final String DEFINITION_KEY = "beef.json";

  /** What functions do. */
  private static final Map<String, List<Grant>> FUNCTIONS = new LinkedHashMap<>();

  static {
    FUNCTIONS.put("StartImport", List.of(Grant.TABLE, Grant.START_EXECUTION));
    FUNCTIONS.put("Api", List.of(Grant.TABLE, Grant.START_EXECUTION));
    FUNCTIONS.put("Validate", List.of(Grant.TABLE, Grant.READ_IMAGES, Grant.WORK));
    FUNCTIONS.put("DownloadRange", List.of(Grant.TABLE, Grant.WORK));
    FUNCTIONS.put(
        "Plan", List.of(Grant.TABLE, Grant.READ_IMAGES, Grant.WORK, Grant.START_SNAPSHOT));
    FUNCTIONS.put(
        "ConvertChunk", List.of(Grant.TABLE, Grant.READ_IMAGES, Grant.WORK, Grant.WRITE_BLOCKS));
    FUNCTIONS.put("VerifyManifest", List.of(Grant.TABLE, Grant.READ_IMAGES, Grant.WORK));
    FUNCTIONS.put("ModifyOs", List.of(Grant.TABLE, Grant.READ_IMAGES, Grant.WORK));
    FUNCTIONS.put(
        "ApplyChanges", List.of(Grant.TABLE, Grant.READ_IMAGES, Grant.WORK, Grant.WRITE_BLOCKS));
    FUNCTIONS.put(
        "CompleteSnapshots", List.of(Grant.TABLE, Grant.WORK, Grant.COMPLETE, Grant.DESCRIBE));
    FUNCTIONS.put(
        "CheckSnapshots", List.of(Grant.TABLE, Grant.WORK, Grant.COMPLETE, Grant.DESCRIBE));
    FUNCTIONS.put(
        "Register", List.of(Grant.TABLE, Grant.WORK, Grant.DESCRIBE, Grant.REGISTER, Grant.REMOVE));
    FUNCTIONS.put("NoteFailure", List.of(Grant.TABLE));
    FUNCTIONS.put("Cleanup", List.of(Grant.TABLE, Grant.WORK, Grant.DESCRIBE, Grant.REMOVE));
    FUNCTIONS.put(
        "CleanupEvent",
        List.of(Grant.TABLE, Grant.WORK, Grant.DESCRIBE, Grant.REMOVE, Grant.EXECUTION));
    FUNCTIONS.put("UploadTrigger", List.of(Grant.TABLE, Grant.START_EXECUTION, Grant.TELL));
    FUNCTIONS.put("Announce", List.of(Grant.TABLE, Grant.TELL));
    FUNCTIONS.put("Sweep", List.of(Grant.TABLE, Grant.WORK, Grant.DESCRIBE, Grant.REMOVE));
    FUNCTIONS.put(
        "CancelTask",
        List.of(Grant.TABLE, Grant.WORK, Grant.DESCRIBE, Grant.REMOVE, Grant.EXECUTION));
    FUNCTIONS.put(
        "RetryTask",
        List.of(Grant.TABLE, Grant.READ_IMAGES, Grant.WORK, Grant.DESCRIBE, Grant.START_EXECUTION));
    FUNCTIONS.put(
        "ResumeTask", List.of(Grant.TABLE, Grant.READ_IMAGES, Grant.WORK, Grant.DESCRIBE));
  }

  private enum Grant {
    TABLE,
    READ_IMAGES,
    WORK,
    START_EXECUTION,
    START_SNAPSHOT,
    WRITE_BLOCKS,
    COMPLETE,
    DESCRIBE,
    REGISTER,
    REMOVE,
    EXECUTION,
    TELL
  }

  private final ObjectNode storage = JSON.createObjectNode();
  private final ObjectNode workflow = JSON.createObjectNode();

  /** The assembly as it is right. */
  public HandWrittenAssembly() {
    storageStack();
    workflowStack();
  }

  /** The template of the stack with the buckets and the table. */
  public ObjectNode storage() {
    return storage;
  }

  /** The template of the stack with the functions. */
  public ObjectNode workflow() {
    return workflow;
  }

  /** A resource of the stack with the functions. */
  public ObjectNode resource(String logicalId) {
    return (ObjectNode) workflow.path("Resources").path(logicalId);
  }

  /** The statements of a function's policy. */
  public ArrayNode statements(String function) {
    return (ArrayNode)
        resource(function + "Policy").path("Properties").path("PolicyDocument").path("Statement");
  }

  /** The actions that a function may not do any more. */
  public HandWrittenAssembly without(String function, String action) {
    for (JsonNode statement : statements(function)) {
      ArrayNode actions = (ArrayNode) statement.path("Action");
      for (int i = actions.size() - 1; i >= 0; i--) {
        if (actions.get(i).asText().equals(action)) {
          actions.remove(i);
        }
      }
      if (actions.isEmpty()) {
        actions.add("sts:GetCallerIdentity");
      }
    }
    return this;
  }

  private ObjectNode add(ObjectNode template, String logicalId, String type) {
    ObjectNode resource = template.withObject("/Resources").putObject(logicalId);
    resource.put("Type", type);
    return resource.putObject("Properties");
  }

  private void storageStack() {
    storage
        .putObject("Parameters")
        .set(
            "BootstrapVersion",
            json(
                """
        {"Type":"AWS::SSM::Parameter::Value<String>","Default":"/cdk-bootstrap/hnb659fds/version"}"""));
    storage.putObject("Rules").putObject("CheckBootstrapVersion").putArray("Assertions");
    for (String bucket : List.of(IMAGES, WORK)) {
      add(storage, bucket, "AWS::S3::Bucket")
          .setAll(
              (ObjectNode)
                  json(
                      """
          {"BucketEncryption":{"ServerSideEncryptionConfiguration":[]},
           "NotificationConfiguration":{"EventBridgeConfiguration":{"EventBridgeEnabled":true}},
           "PublicAccessBlockConfiguration":{"BlockPublicAcls":true}}"""));
      export(bucket, "Ref", json("{\"Ref\":\"%s\"}".formatted(bucket)));
      export(bucket, "Arn", json("{\"Fn::GetAtt\":[\"%s\",\"Arn\"]}".formatted(bucket)));
    }
    add(storage, TABLE, "AWS::DynamoDB::Table")
        .setAll(
            (ObjectNode)
                json(
                    """
        {"AttributeDefinitions":[
           {"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"S"},
           {"AttributeName":"kind","AttributeType":"S"},{"AttributeName":"activeKind","AttributeType":"S"},
           {"AttributeName":"listKey","AttributeType":"S"}],
         "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
         "BillingMode":"PAY_PER_REQUEST",
         "GlobalSecondaryIndexes":[
           {"IndexName":"byKind","Projection":{"ProjectionType":"ALL"},
            "KeySchema":[{"AttributeName":"kind","KeyType":"HASH"},{"AttributeName":"listKey","KeyType":"RANGE"}]},
           {"IndexName":"active","Projection":{"ProjectionType":"KEYS_ONLY"},
            "KeySchema":[{"AttributeName":"activeKind","KeyType":"HASH"},{"AttributeName":"listKey","KeyType":"RANGE"}]}],
         "StreamSpecification":{"StreamViewType":"NEW_AND_OLD_IMAGES"},
         "PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":true},
         "TimeToLiveSpecification":{"AttributeName":"expiresAt","Enabled":true}}"""));
    export(TABLE, "Ref", json("{\"Ref\":\"%s\"}".formatted(TABLE)));
    export(TABLE, "Stream", json("{\"Fn::GetAtt\":[\"%s\",\"StreamArn\"]}".formatted(TABLE)));
    export(TABLE, "Arn", json("{\"Fn::GetAtt\":[\"%s\",\"Arn\"]}".formatted(TABLE)));
    add(storage, "CDKMetadata", "AWS::CDK::Metadata").put("Analytics", "v2:deflate64:");
  }

  private void export(String id, String kind, JsonNode value) {
    ObjectNode output = storage.withObject("/Outputs").putObject("ExportsOutput" + kind + id);
    output.set("Value", value);
    output.putObject("Export").put("Name", "Storage:ExportsOutput" + kind + id);
  }

  private static JsonNode imported(String id, String kind) {
    return json("{\"Fn::ImportValue\":\"Storage:ExportsOutput%s%s\"}".formatted(kind, id));
  }

  private static JsonNode inside(String id) {
    return json(
        "{\"Fn::Join\":[\"\",[{\"Fn::ImportValue\":\"Storage:ExportsOutputArn%s\"},\"/*\"]]}"
            .formatted(id));
  }

  private void workflowStack() {
    ObjectNode machine = add(workflow, MACHINE, "AWS::StepFunctions::StateMachine");
    ObjectNode substitutions = machine.putObject("DefinitionSubstitutions");
    for (Map.Entry<String, List<Grant>> function : FUNCTIONS.entrySet()) {
      function(function.getKey(), function.getValue());
      substitutions.set(
          function.getKey() + "Function",
          json("{\"Fn::GetAtt\":[\"%sFunction\",\"Arn\"]}".formatted(function.getKey())));
    }
    substitutions.put("MaxConcurrency", "1000").put("SnapshotPollSeconds", "15");
    for (String name :
        List.of("Cluster", "TaskDefinition", "Name", "Subnets", "SecurityGroups", "PublicIp")) {
      substitutions.put("Container" + name, "");
    }
    machine.putObject("DefinitionS3Location").put("Bucket", "assets").put("Key", DEFINITION_KEY);
    machine.set("RoleArn", json("{\"Fn::GetAtt\":[\"MachineRole\",\"Arn\"]}"));
    machine.put("StateMachineName", "vmferry-import-of-the-template");
    machineRole();
    ObjectNode rule = add(workflow, "CleanupRule", "AWS::Events::Rule");
    rule.set(
        "EventPattern",
        json(
            """
        {"source":["aws.states"],"detail-type":["Step Functions Execution Status Change"],
         "detail":{"stateMachineArn":[{"Ref":"%s"}],"status":["FAILED","TIMED_OUT","ABORTED"]}}"""
                .formatted(MACHINE)));
    rule.put("State", "ENABLED");
    rule.set(
        "Targets",
        json(
            """
        [{"Id":"Target0","Arn":{"Fn::GetAtt":["CleanupEventFunction","Arn"]},"RetryPolicy":{"MaximumRetryAttempts":2}}]"""));
    add(workflow, "Changes", "AWS::Lambda::EventSourceMapping")
        .setAll(
            (ObjectNode)
                json(
                    """
        {"BatchSize":100,"EventSourceArn":{"Fn::ImportValue":"Storage:ExportsOutputStream%s"},
         "FilterCriteria":{"Filters":[{"Pattern":
           "{\\"dynamodb\\":{\\"Keys\\":{\\"sk\\":{\\"S\\":[\\"task\\",{\\"prefix\\":\\"effect#\\"}]}}}}"}]},
         "FunctionName":{"Fn::GetAtt":["AnnounceFunction","Arn"]},
         "FunctionResponseTypes":["ReportBatchItemFailures"],"StartingPosition":"TRIM_HORIZON"}"""
                        .formatted(TABLE)));
    add(workflow, "AllowCleanupRule", "AWS::Lambda::Permission")
        .setAll(
            (ObjectNode)
                json(
                    """
        {"Action":"lambda:InvokeFunction","FunctionName":{"Fn::GetAtt":["CleanupEventFunction","Arn"]},
         "Principal":"events.amazonaws.com","SourceArn":{"Fn::GetAtt":["CleanupRule","Arn"]}}"""));
  }

  private void machineRole() {
    role("MachineRole", "states.amazonaws.com");
    ArrayNode statements = policy("MachinePolicy", "MachineRole");
    ObjectNode invoke = allow(statements, "lambda:InvokeFunction");
    ArrayNode functions = invoke.putArray("Resource");
    FUNCTIONS
        .keySet()
        .forEach(
            id -> functions.add(json("{\"Fn::GetAtt\":[\"%sFunction\",\"Arn\"]}".formatted(id))));
    allow(statements, "s3:GetObject").set("Resource", inside(WORK));
    allow(statements, "states:StartExecution").put("Resource", "*");
  }

  private void role(String id, String service) {
    add(workflow, id, "AWS::IAM::Role")
        .setAll(
            (ObjectNode)
                json(
                    """
        {"AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":[
           {"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"%s"}}]},
         "ManagedPolicyArns":[{"Fn::Join":["",["arn:",{"Ref":"AWS::Partition"},
           ":iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]]}]}"""
                        .formatted(service)));
  }

  private ArrayNode policy(String id, String role) {
    ObjectNode policy = add(workflow, id, "AWS::IAM::Policy");
    policy.put("PolicyName", id);
    policy.putArray("Roles").addObject().put("Ref", role);
    ObjectNode document = policy.putObject("PolicyDocument").put("Version", "2012-10-17");
    return document.putArray("Statement");
  }

  private static ObjectNode allow(ArrayNode statements, String... actions) {
    ObjectNode statement = statements.addObject().put("Effect", "Allow");
    ArrayNode list = statement.putArray("Action");
    for (String action : actions) {
      list.add(action);
    }
    return statement;
  }

  private void function(String id, List<Grant> grants) {
    role(id + "Role", "lambda.amazonaws.com");
    ArrayNode statements = policy(id + "Policy", id + "Role");
    grants.forEach(grant -> grant(statements, grant));
    ObjectNode function = add(workflow, id + "Function", "AWS::Lambda::Function");
    function.setAll(
        (ObjectNode)
            json(
                """
        {"Architectures":["arm64"],"Code":{"S3Bucket":{"Fn::Sub":
           "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"},"S3Key":"%s"},
         "Handler":"io.vmferry.functions.handler.%sHandler","Runtime":"java25","MemorySize":1024,
         "Timeout":900}"""
                    .formatted(ZIP_KEY, id)));
    function.set("Role", json("{\"Fn::GetAtt\":[\"%sRole\",\"Arn\"]}".formatted(id)));
    ObjectNode variables = function.putObject("Environment").putObject("Variables");
    variables.set("VMFERRY_WORK_BUCKET", imported(WORK, "Ref"));
    variables.set("VMFERRY_TABLE", imported(TABLE, "Ref"));
    if (List.of("StartImport", "Api", "UploadTrigger", "CleanupEvent").contains(id)) {
      variables.set(
          "VMFERRY_IMPORT_STATE_MACHINE",
          json(
              "{\"Fn::Sub\":\"arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}"
                  + ":stateMachine:vmferry-import-of-the-template\"}"));
    }
    variables.set(
        "VMFERRY_UPLOADS",
        json(
            "{\"Fn::Join\":[\"\",[{\"Fn::ImportValue\":\"Storage:ExportsOutputRef%s\"},\"/uploads/\"]]}"
                .formatted(IMAGES)));
    if (id.equals("UploadTrigger") || id.equals("Announce")) {
      variables.set(
          "VMFERRY_IMPORTS",
          json(
              "{\"Fn::Join\":[\"\",[{\"Fn::ImportValue\":\"Storage:ExportsOutputRef%s\"},\"/imports/\"]]}"
                  .formatted(IMAGES)));
    }
    variables.put("VMFERRY_WORKERS", "4").put("VMFERRY_CACHE_MIB", "16");
  }

  private void grant(ArrayNode statements, Grant grant) {
    switch (grant) {
      case TABLE -> {
        ObjectNode table =
            allow(
                statements,
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
                "dynamodb:DeleteItem",
                "dynamodb:ConditionCheckItem",
                "dynamodb:Query");
        table.putArray("Resource").add(imported(TABLE, "Arn")).add(inside(TABLE));
      }
      case READ_IMAGES -> {
        allow(statements, "s3:GetObject").set("Resource", inside(IMAGES));
        allow(statements, "s3:ListBucket").set("Resource", imported(IMAGES, "Arn"));
      }
      case WORK -> {
        allow(
                statements,
                "s3:GetObject",
                "s3:PutObject",
                "s3:DeleteObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts")
            .set("Resource", inside(WORK));
        allow(statements, "s3:ListBucket", "s3:ListBucketMultipartUploads")
            .set("Resource", imported(WORK, "Arn"));
      }
      case START_EXECUTION ->
          allow(statements, "states:StartExecution")
              .set(
                  "Resource",
                  json(
                      "{\"Fn::Sub\":\"arn:aws:states:${AWS::Region}:${AWS::AccountId}:stateMachine:"
                          + "vmferry-import-of-the-template\"}"));
      case EXECUTION ->
          allow(statements, "states:DescribeExecution")
              .put("Resource", "arn:aws:states:*:*:execution:vmferry-import-of-the-template:*");
      case TELL -> allow(statements, "events:PutEvents").put("Resource", "*");
      case START_SNAPSHOT -> {
        ObjectNode start = allow(statements, "ebs:StartSnapshot");
        start.set("Resource", snapshots());
        start.set("Condition", json("{\"Null\":{\"aws:RequestTag/vmferry:task\":\"false\"}}"));
      }
      case WRITE_BLOCKS -> tagged(allow(statements, "ebs:PutSnapshotBlock"));
      case COMPLETE -> tagged(allow(statements, "ebs:CompleteSnapshot"));
      case DESCRIBE ->
          allow(statements, "ec2:DescribeSnapshots", "ec2:DescribeImages").put("Resource", "*");
      case REGISTER -> {
        allow(statements, "ec2:RegisterImage")
            .putArray("Resource")
            .add(snapshots())
            .add(json("{\"Fn::Sub\":\"arn:aws:ec2:${AWS::Region}::image/*\"}"));
        ObjectNode tags = allow(statements, "ec2:CreateTags");
        tags.put("Resource", "arn:aws:ec2:*::image/*");
        tags.set("Condition", json("{\"StringEquals\":{\"ec2:CreateAction\":\"RegisterImage\"}}"));
      }
      case REMOVE -> {
        ObjectNode remove = allow(statements, "ec2:DeleteSnapshot", "ec2:DeregisterImage");
        remove.putArray("Resource").add(snapshots()).add("arn:aws:ec2:*::image/*");
        remove.set("Condition", json("{\"Null\":{\"aws:ResourceTag/vmferry:task\":\"false\"}}"));
        allow(statements, "s3:DeleteObject", "s3:AbortMultipartUpload")
            .set("Resource", inside(IMAGES));
        allow(statements, "s3:ListBucket").set("Resource", imported(IMAGES, "Arn"));
      }
    }
  }

  private static JsonNode snapshots() {
    return json("{\"Fn::Sub\":\"arn:aws:ec2:${AWS::Region}::snapshot/*\"}");
  }

  private static void tagged(ObjectNode statement) {
    statement.set("Resource", snapshots());
    statement.set("Condition", json("{\"Null\":{\"aws:ResourceTag/vmferry:task\":\"false\"}}"));
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes the assembly. */
  public Path write(Path directory) {
    try {
      Files.createDirectories(directory);
      JSON.writeValue(directory.resolve("Storage.template.json").toFile(), storage);
      JSON.writeValue(directory.resolve("Workflow.template.json").toFile(), workflow);
      Files.writeString(
          directory.resolve("Workflow.assets.json"),
          """
          {"version":"48.0.0","files":{
            "f00d":{"source":{"path":"asset.f00d.zip","packaging":"file"},"destinations":
              {"current_account-current_region":{"bucketName":"assets","objectKey":"%s"}}},
            "beef":{"source":{"path":"asset.beef.json","packaging":"file"},"destinations":
              {"current_account-current_region":{"bucketName":"assets","objectKey":"%s"}}}}}"""
              .formatted(ZIP_KEY, DEFINITION_KEY));
      Files.writeString(
          directory.resolve("manifest.json"),
          """
          {"version":"48.0.0","artifacts":{
            "Workflow.assets":{"type":"cdk:asset-manifest","properties":{"file":"Workflow.assets.json"}},
            "Workflow":{"type":"aws:cloudformation:stack","properties":{"templateFile":"Workflow.template.json"},
              "dependencies":["Storage","Workflow.assets"]},
            "Storage":{"type":"aws:cloudformation:stack","properties":{"templateFile":"Storage.template.json"},
              "dependencies":[]},
            "Tree":{"type":"cdk:tree","properties":{"file":"tree.json"}}}}""");
      Files.write(directory.resolve("asset.f00d.zip"), new byte[] {'P', 'K', 5, 6});
      try (InputStream definition =
          Objects.requireNonNull(
              HandWrittenAssembly.class.getResourceAsStream(
                  "/io/vmferry/statemachine/import.asl.json"))) {
        Files.writeString(
            directory.resolve("asset.beef.json"),
            new String(definition.readAllBytes(), StandardCharsets.UTF_8));
      }
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
