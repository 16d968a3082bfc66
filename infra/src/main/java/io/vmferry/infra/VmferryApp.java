package io.vmferry.infra;

import io.github.cdklabs.cdknag.AwsSolutionsChecks;
import io.vmferry.infra.stack.Settings;
import io.vmferry.infra.stack.StorageStack;
import io.vmferry.infra.stack.WorkflowStack;
import java.util.Map;
import software.amazon.awscdk.App;
import software.amazon.awscdk.Aspects;
import software.amazon.awscdk.Environment;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.Tags;

/** The CDK app that {@code cdk deploy --all} runs. */
public final class VmferryApp {
  private VmferryApp() {}

  /** Synthesizes the stacks. */
  public static void main(String[] arguments) {
    App app = new App();
    addStacks(app, Settings.from(app.getNode()::tryGetContext), System.getenv());
    Aspects.of(app).add(new AwsSolutionsChecks());
    app.synth();
  }

  /**
   * Adds the two stacks.
   *
   * @param environment names the account and the Region as the {@code cdk} command gives them;
   *     without them the templates are for any
   */
  static void addStacks(App app, Settings settings, Map<String, String> environment) {
    // Access logs are let in by the bucket's policy, not by a list of the old kind.
    app.getNode().setContext("@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy", true);
    Environment.Builder place = Environment.builder();
    if (environment.containsKey("CDK_DEFAULT_ACCOUNT")) {
      place
          .account(environment.get("CDK_DEFAULT_ACCOUNT"))
          .region(environment.get("CDK_DEFAULT_REGION"));
    }
    StorageStack storage =
        new StorageStack(
            app,
            settings.stackPrefix() + "Storage",
            StackProps.builder()
                .env(place.build())
                .description("vmferry: buckets and table")
                .build(),
            settings);
    new WorkflowStack(
        app,
        settings.stackPrefix() + "Workflow",
        StackProps.builder()
            .env(place.build())
            .description("vmferry: virtual machine import to EC2")
            .build(),
        settings,
        storage.storage());
    for (String tag : settings.tags()) {
      int separator = tag.indexOf('=');
      Tags.of(app).add(tag.substring(0, separator), tag.substring(separator + 1));
    }
  }
}
