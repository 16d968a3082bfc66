package io.vmferry.infra.construct;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.amazon.awscdk.services.iam.ManagedPolicy;
import software.amazon.awscdk.services.lambda.FunctionUrl;
import software.amazon.awscdk.services.lambda.FunctionUrlAuthType;
import software.amazon.awscdk.services.lambda.IFunction;
import software.constructs.Construct;

/**
 * How vmferry is called: the URL of the API, which takes signed requests only, and the policy that
 * those need who import.
 */
final class Access extends Construct {
  private final FunctionUrl url;
  private final ManagedPolicy policy;

  Access(Construct scope, String id, TaskStorage storage, IFunction api) {
    super(scope, id);
    url =
        FunctionUrl.Builder.create(this, "Url")
            .function(api)
            .authType(FunctionUrlAuthType.AWS_IAM)
            .build();
    Permission call =
        Permission.exact(
            Permissions.allowIf(
                List.of("lambda:InvokeFunctionUrl"),
                List.of(api.getFunctionArn()),
                Map.of("StringEquals", Map.of("lambda:FunctionUrlAuthType", "AWS_IAM"))),
            // Since October 2025 Lambda asks for both.
            Permissions.allowIf(
                List.of("lambda:InvokeFunction"),
                List.of(api.getFunctionArn()),
                Map.of("Bool", Map.of("lambda:InvokedViaFunctionUrl", "true"))));
    Permission upload =
        Permission.because(
            "Those who import name their images as they like.",
            Permissions.allow(
                List.of(
                    "s3:AbortMultipartUpload",
                    "s3:GetObject",
                    "s3:ListMultipartUploadParts",
                    "s3:PutObject"),
                List.of(storage.images().arnForObjects("*"))),
            Permissions.allow(
                List.of("s3:GetBucketLocation", "s3:ListBucket"),
                List.of(storage.images().getBucketArn())));
    List<Permission> permissions = new ArrayList<>(List.of(call, upload));
    // Uploading in parts takes both.
    permissions.addAll(storage.useOfKey());
    policy =
        ManagedPolicy.Builder.create(this, "CallerPolicy")
            .description("Uploads images and calls the API of vmferry")
            .statements(permissions.stream().flatMap(p -> p.statements().stream()).toList())
            .build();
    Roles.explainWildcards(policy, permissions);
  }

  /** Where requests go. */
  String url() {
    return url.getUrl();
  }

  /** What callers need. */
  ManagedPolicy policy() {
    return policy;
  }
}
