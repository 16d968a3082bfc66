package io.vmferry.local.stack;

import io.vmferry.functions.aws.AwsClients;
import io.vmferry.local.EmbeddedAws;
import io.vmferry.local.deployment.Deployment;
import io.vmferry.local.iam.Access;
import io.vmferry.local.iam.Role;
import io.vmferry.local.iam.RoleAuthorizer;
import io.vmferry.local.stepfunctions.ObjectReader;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.NoSuchBucketException;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;

/** The deployed roles: the clients that carry their credentials, and what state machines may do. */
final class StackRoles implements ObjectReader, AutoCloseable {
  private final AwsClients administrator;
  private final RoleAuthorizer authorizer;
  private final EmbeddedAws aws;
  private final Map<String, AwsClients> clients = new ConcurrentHashMap<>();

  private StackRoles(AwsClients administrator, RoleAuthorizer authorizer, EmbeddedAws aws) {
    this.administrator = administrator;
    this.authorizer = authorizer;
    this.aws = aws;
  }

  /** The roles of a deployment, which the embedded AWS is held to from now on. */
  static StackRoles of(Deployment deployment, AwsClients administrator, EmbeddedAws aws) {
    RoleAuthorizer authorizer =
        new RoleAuthorizer(
            aws.region(),
            aws.accountId(),
            aws::tagsOf,
            (bucket, key) -> exists(administrator, bucket, key));
    deployment.roles().forEach(authorizer::add);
    aws.authorize(authorizer);
    return new StackRoles(administrator, authorizer, aws);
  }

  private static boolean exists(AwsClients clients, String bucket, String key) {
    try {
      clients.s3().headObject(head -> head.bucket(bucket).key(key));
      return true;
    } catch (NoSuchKeyException | NoSuchBucketException e) {
      return false;
    }
  }

  /** What was denied so far. */
  List<String> denials() {
    return authorizer.denials();
  }

  /** Clients with a role's credentials; without a role those of the administrator. */
  AwsClients clients(Optional<String> roleArn) {
    return roleArn.map(this::ofRole).orElse(administrator);
  }

  /** What a process needs to reach the embedded AWS as a role. */
  Map<String, String> environment(Optional<String> roleArn) {
    String key =
        roleArn.flatMap(authorizer::role).map(Role::accessKeyId).orElse(EmbeddedStack.ACCESS_KEY);
    return Map.of(
        "AWS_ACCESS_KEY_ID",
        key,
        "AWS_SECRET_ACCESS_KEY",
        EmbeddedStack.ACCESS_KEY,
        "AWS_SESSION_TOKEN",
        EmbeddedStack.ACCESS_KEY,
        "AWS_REGION",
        aws.region(),
        "AWS_DEFAULT_REGION",
        aws.region(),
        "AWS_ENDPOINT_URL",
        aws.endpoint().toString());
  }

  private AwsClients ofRole(String roleArn) {
    Role role =
        authorizer
            .role(roleArn)
            .orElseThrow(() -> new IllegalStateException("there is no role " + roleArn));
    return clients.computeIfAbsent(
        roleArn,
        ignored ->
            AwsClients.forEndpoint(
                aws.endpoint(),
                aws.region(),
                role.accessKeyId(),
                EmbeddedStack.ACCESS_KEY,
                Optional.of(aws.httpClient())));
  }

  /** Why a role may not do something; a role that was not deployed may do everything. */
  Optional<String> denial(String roleArn, String action, String resource) {
    return authorizer.role(roleArn).flatMap(role -> role.denial(Access.to(action, resource)));
  }

  @Override
  public InputStream open(String bucket, String key) throws IOException {
    return open(administrator, bucket, key);
  }

  @Override
  public InputStream open(String bucket, String key, String roleArn) throws IOException {
    Optional<String> known = authorizer.role(roleArn).map(Role::arn);
    return open(clients(known), bucket, key);
  }

  private static InputStream open(AwsClients clients, String bucket, String key)
      throws IOException {
    try {
      return clients.s3().getObject(get -> get.bucket(bucket).key(key));
    } catch (SdkException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    clients.values().forEach(AwsClients::close);
  }
}
