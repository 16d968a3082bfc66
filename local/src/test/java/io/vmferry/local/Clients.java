package io.vmferry.local;

import java.net.URI;
import java.time.Duration;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsSyncClientBuilder;
import software.amazon.awssdk.core.retry.RetryMode;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.ebs.EbsClient;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.sfn.SfnClient;

/** The AWS SDK's clients for an endpoint; they retry nothing, so that tests see each answer. */
public final class Clients {
  public static final StaticCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"));

  private Clients() {}

  public static EbsClient ebs(URI endpoint) {
    return configure(EbsClient.builder(), endpoint).build();
  }

  public static Ec2Client ec2(URI endpoint) {
    return configure(Ec2Client.builder(), endpoint).build();
  }

  public static S3Client s3(URI endpoint) {
    return configure(S3Client.builder(), endpoint).forcePathStyle(true).build();
  }

  public static DynamoDbClient dynamoDb(URI endpoint) {
    return configure(DynamoDbClient.builder(), endpoint).build();
  }

  public static SfnClient sfn(URI endpoint) {
    return configure(SfnClient.builder(), endpoint).build();
  }

  private static <B extends AwsClientBuilder<B, C> & AwsSyncClientBuilder<B, C>, C> B configure(
      B builder, URI endpoint) {
    return builder
        .endpointOverride(endpoint)
        .region(Region.US_EAST_1)
        .credentialsProvider(CREDENTIALS)
        .overrideConfiguration(
            override ->
                override
                    .retryStrategy(RetryMode.STANDARD)
                    .retryStrategy(retry -> retry.maxAttempts(1)))
        .httpClientBuilder(
            ApacheHttpClient.builder().maxConnections(64).socketTimeout(Duration.ofSeconds(60)));
  }
}
