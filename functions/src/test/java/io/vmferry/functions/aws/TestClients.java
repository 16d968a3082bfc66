package io.vmferry.functions.aws;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.net.URI;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.client.builder.SdkSyncClientBuilder;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.ebs.EbsClient;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.sfn.SfnClient;

/** Clients that try a call three times at most, without a pause. */
final class TestClients {
  /** Must never be seen anywhere. */
  static final String SECRET = "wJalrXUtnFEMIsecret";

  private static final int ATTEMPTS = 3;

  private TestClients() {}

  static EbsClient ebs(URI endpoint) {
    return common(EbsClient.builder(), endpoint).build();
  }

  static Ec2Client ec2(URI endpoint) {
    return common(Ec2Client.builder(), endpoint).build();
  }

  static DynamoDbClient dynamoDb(URI endpoint) {
    return common(DynamoDbClient.builder(), endpoint).build();
  }

  static SfnClient sfn(URI endpoint) {
    return common(SfnClient.builder(), endpoint).build();
  }

  static S3Client s3(URI endpoint) {
    return common(S3Client.builder(), endpoint)
        .forcePathStyle(true)
        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
        .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
        .build();
  }

  private static <B extends AwsClientBuilder<B, C> & SdkSyncClientBuilder<B, C>, C> B common(
      B builder, URI endpoint) {
    builder
        .endpointOverride(endpoint)
        .region(Region.EU_WEST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("AKIDEXAMPLE", SECRET)))
        .httpClient(ApacheHttpClient.builder().maxConnections(64).build())
        .overrideConfiguration(
            c ->
                c.retryStrategy(
                    DefaultRetryStrategy.standardStrategyBuilder()
                        .maxAttempts(ATTEMPTS)
                        .backoffStrategy(BackoffStrategy.retryImmediately())
                        .throttlingBackoffStrategy(BackoffStrategy.retryImmediately())
                        .circuitBreakerEnabled(false)
                        .build()));
    return builder;
  }

  /** Asserts that a call fails with a code and tells no secret. */
  static AbstractThrowableAssert<?, ?> assertFails(ErrorCode code, ThrowingCallable call) {
    AbstractThrowableAssert<?, ?> thrown = assertThatThrownBy(call);
    thrown
        .asInstanceOf(type(VmferryException.class))
        .extracting(VmferryException::code)
        .isEqualTo(code);
    thrown.message().doesNotContain(SECRET);
    return thrown;
  }
}
