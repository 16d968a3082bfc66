package io.vmferry.infra.stack;

import io.vmferry.infra.construct.TaskStorage;
import io.vmferry.infra.construct.VmImportExport;
import io.vmferry.infra.construct.VmImportExportProps;
import java.util.List;
import java.util.stream.IntStream;
import software.amazon.awscdk.CfnOutput;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.services.cloudwatch.actions.SnsAction;
import software.amazon.awscdk.services.ec2.Vpc;
import software.amazon.awscdk.services.ec2.VpcLookupOptions;
import software.amazon.awscdk.services.iam.ManagedPolicy;
import software.amazon.awscdk.services.kms.IKey;
import software.amazon.awscdk.services.kms.Key;
import software.amazon.awscdk.services.lambda.Code;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.s3.IBucket;
import software.amazon.awscdk.services.sns.ITopic;
import software.amazon.awscdk.services.sns.Topic;
import software.constructs.Construct;

/** Functions, state machine, and what watches them. */
public final class WorkflowStack extends Stack {
  private final VmImportExport vmImportExport;

  /** The stack as the settings say, on that storage. */
  public WorkflowStack(
      Construct scope, String id, StackProps props, Settings settings, TaskStorage storage) {
    super(scope, id, props);
    vmImportExport = new VmImportExport(this, "Vmferry", vmferry(settings, storage));
    CfnOutput.Builder.create(this, "ImportStateMachine")
        .description("The state machine of imports")
        .value(vmImportExport.importStateMachineArn())
        .build();
    CfnOutput.Builder.create(this, "StartImport")
        .description("The function that accepts imports")
        .value(vmImportExport.startImport().getFunctionArn())
        .build();
    CfnOutput.Builder.create(this, "ApiUrl")
        .description("The API, for `vmferry endpoint --url`")
        .value(vmImportExport.apiUrl())
        .build();
    CfnOutput.Builder.create(this, "CallerPolicy")
        .description("The policy to attach to those who import")
        .value(vmImportExport.callerPolicy().getManagedPolicyArn())
        .build();
  }

  private VmImportExportProps vmferry(Settings settings, TaskStorage storage) {
    VmImportExportProps.Builder builder =
        VmImportExportProps.builder(
                Code.fromAsset(settings.functionsZip()), settings.imageDirectory())
            .storage(storage)
            .sourceBuckets(sourceBuckets(settings.sourceBuckets()))
            .imageKeys(imageKeys(settings.imageKeys()))
            .activeTasks(settings.activeTasks())
            .chunksAtOnce(settings.chunksAtOnce())
            .fargate(settings.fargate())
            .taskRetentionDays(settings.taskRetentionDays())
            .logRetentionDays(settings.logRetentionDays())
            .agentLocations(settings.agentLocations());
    settings.convertConcurrency().ifPresent(builder::convertConcurrency);
    settings
        .vpcId()
        .ifPresent(
            id ->
                builder.vpc(
                    Vpc.fromLookup(this, "Vpc", VpcLookupOptions.builder().vpcId(id).build())));
    settings
        .notificationTopic()
        .ifPresent(arn -> builder.notificationTopic(topic("NotificationTopic", arn)));
    settings
        .alarmTopic()
        .ifPresent(arn -> builder.alarmActions(List.of(new SnsAction(topic("AlarmTopic", arn)))));
    settings
        .permissionsBoundary()
        .ifPresent(
            arn ->
                builder.permissionsBoundary(
                    ManagedPolicy.fromManagedPolicyArn(this, "PermissionsBoundary", arn)));
    return builder.build();
  }

  private ITopic topic(String id, String arn) {
    return Topic.fromTopicArn(this, id, arn);
  }

  private List<IBucket> sourceBuckets(List<String> names) {
    return names.stream().map(name -> Bucket.fromBucketName(this, "Source-" + name, name)).toList();
  }

  private List<IKey> imageKeys(List<String> arns) {
    return IntStream.range(0, arns.size())
        .mapToObj(i -> Key.fromKeyArn(this, "ImageKey" + i, arns.get(i)))
        .toList();
  }
}
