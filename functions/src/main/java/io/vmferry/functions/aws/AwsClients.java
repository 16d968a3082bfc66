package io.vmferry.functions.aws;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.client.builder.SdkSyncClientBuilder;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.retries.StandardRetryStrategy;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.ebs.EbsClient;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.eventbridge.EventBridgeClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.sfn.SfnClient;
import software.amazon.awssdk.services.sns.SnsClient;

/**
 * The SDK's clients, all on one pool of connections. Each is made when it is first asked for, so a
 * handler's cold start pays for those it uses only. Safe for use by many threads.
 */
public final class AwsClients implements AutoCloseable {
  /** As many as the workers of one process have calls under way at once, and some. */
  private static final int MAX_CONNECTIONS = 256;

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration SOCKET_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration POOL_TIMEOUT = Duration.ofSeconds(60);

  private static final int CONTROL_ATTEMPTS = 8;
  private static final int DATA_ATTEMPTS = 10;

  private final @Nullable URI endpoint;
  private final @Nullable Region region;
  private final @Nullable AwsCredentialsProvider credentials;
  private final boolean pathStyle;

  private final Lazy<SdkHttpClient> http;
  private final Lazy<S3Client> s3 = new Lazy<>(this::newS3);
  private final Lazy<EbsClient> ebs = new Lazy<>(this::newEbs);
  private final Lazy<Ec2Client> ec2 = new Lazy<>(this::newEc2);
  private final Lazy<DynamoDbClient> dynamoDb = new Lazy<>(this::newDynamoDb);
  private final Lazy<SfnClient> sfn = new Lazy<>(this::newSfn);
  private final Lazy<EventBridgeClient> eventBridge = new Lazy<>(this::newEventBridge);
  private final Lazy<SnsClient> sns = new Lazy<>(this::newSns);

  private AwsClients(
      @Nullable URI endpoint,
      @Nullable Region region,
      @Nullable AwsCredentialsProvider credentials,
      boolean pathStyle,
      Supplier<SdkHttpClient> http) {
    this.http = new Lazy<>(http);
    this.endpoint = endpoint;
    this.region = region;
    this.credentials = credentials;
    this.pathStyle = pathStyle;
  }

  /**
   * Clients as the environment says: Region, credentials and {@code AWS_ENDPOINT_URL} are found by
   * the SDK itself.
   */
  public static AwsClients fromEnvironment() {
    boolean elsewhere =
        System.getenv("AWS_ENDPOINT_URL") != null
            || System.getenv("AWS_ENDPOINT_URL_S3") != null
            || System.getProperty("aws.endpointUrl") != null
            || System.getProperty("aws.endpointUrlS3") != null;
    return new AwsClients(null, null, null, elsewhere, AwsClients::httpClient);
  }

  /** Clients of one endpoint that serves all services, such as the embedded AWS. */
  public static AwsClients forEndpoint(
      URI endpoint, String region, String accessKeyId, String secretAccessKey) {
    return forEndpoint(endpoint, region, accessKeyId, secretAccessKey, Optional.empty());
  }

  /**
   * Clients of one endpoint that serves all services.
   *
   * @param http how requests get there if not over the network; closed with the clients
   */
  public static AwsClients forEndpoint(
      URI endpoint,
      String region,
      String accessKeyId,
      String secretAccessKey,
      Optional<SdkHttpClient> http) {
    return new AwsClients(
        endpoint,
        Region.of(region),
        StaticCredentialsProvider.create(AwsBasicCredentials.create(accessKeyId, secretAccessKey)),
        true,
        () -> http.orElseGet(AwsClients::httpClient));
  }

  /** S3. */
  public S3Client s3() {
    return s3.get();
  }

  /** The EBS direct APIs. */
  public EbsClient ebs() {
    return ebs.get();
  }

  /** EC2. */
  public Ec2Client ec2() {
    return ec2.get();
  }

  /** DynamoDB. */
  public DynamoDbClient dynamoDb() {
    return dynamoDb.get();
  }

  /** Step Functions. */
  public SfnClient sfn() {
    return sfn.get();
  }

  /** EventBridge. */
  public EventBridgeClient eventBridge() {
    return eventBridge.get();
  }

  /** SNS. */
  public SnsClient sns() {
    return sns.get();
  }

  private S3Client newS3() {
    // TLS protects the ranges read; what is stored carries its MD5, see S3UploadStore. A checksum
    // of the SDK's own would turn every upload into chunks with a trailer, and verify whole objects
    // only.
    return common(S3Client.builder(), dataPlane())
        .forcePathStyle(pathStyle)
        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
        .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
        .build();
  }

  private EbsClient newEbs() {
    return common(EbsClient.builder(), dataPlane()).putAuthScheme(new UnsignedPayloads()).build();
  }

  private Ec2Client newEc2() {
    return common(Ec2Client.builder(), controlPlane()).build();
  }

  private DynamoDbClient newDynamoDb() {
    return common(DynamoDbClient.builder(), table()).endpointDiscoveryEnabled(false).build();
  }

  private SfnClient newSfn() {
    return common(SfnClient.builder(), controlPlane()).build();
  }

  private EventBridgeClient newEventBridge() {
    return common(EventBridgeClient.builder(), controlPlane()).build();
  }

  private SnsClient newSns() {
    return common(SnsClient.builder(), controlPlane()).build();
  }

  private <B extends AwsClientBuilder<B, C> & SdkSyncClientBuilder<B, C>, C> B common(
      B builder, StandardRetryStrategy retries) {
    // The pool is given as an instance, so that closing a client leaves it to the others.
    builder
        .httpClient(http.get())
        .overrideConfiguration(
            c -> c.retryStrategy(retries).addMetricPublisher(ThrottlingPublisher.INSTANCE));
    Optional.ofNullable(endpoint).ifPresent(builder::endpointOverride);
    Optional.ofNullable(region).ifPresent(builder::region);
    Optional.ofNullable(credentials).ifPresent(builder::credentialsProvider);
    return builder;
  }

  private static SdkHttpClient httpClient() {
    return ApacheHttpClient.builder()
        .maxConnections(MAX_CONNECTIONS)
        .connectionTimeout(CONNECT_TIMEOUT)
        .socketTimeout(SOCKET_TIMEOUT)
        .connectionAcquisitionTimeout(POOL_TIMEOUT)
        // No service here asks for it, and waiting for "100 Continue" costs a round trip.
        .expectContinueEnabled(false)
        .tcpKeepAlive(true)
        .build();
  }

  /**
   * Blocks and parts: many threads run into a quota at once and must all get through in the end.
   * Without the circuit breaker, which would fail them as soon as a few hundred were throttled.
   */
  private static StandardRetryStrategy dataPlane() {
    return retries(DATA_ATTEMPTS, Duration.ofMillis(100), Duration.ofSeconds(1));
  }

  private static StandardRetryStrategy controlPlane() {
    return retries(CONTROL_ATTEMPTS, Duration.ofMillis(100), Duration.ofSeconds(1));
  }

  /** DynamoDB answers within milliseconds, and so does trying again. */
  private static StandardRetryStrategy table() {
    return retries(DATA_ATTEMPTS, Duration.ofMillis(25), Duration.ofMillis(100));
  }

  private static StandardRetryStrategy retries(
      int attempts, Duration afterFailure, Duration afterThrottling) {
    return DefaultRetryStrategy.standardStrategyBuilder()
        .maxAttempts(attempts)
        .backoffStrategy(BackoffStrategy.exponentialDelay(afterFailure, Duration.ofSeconds(10)))
        .throttlingBackoffStrategy(
            BackoffStrategy.exponentialDelay(afterThrottling, Duration.ofSeconds(20)))
        .circuitBreakerEnabled(false)
        .build();
  }

  /** Closes the clients that were made and their connections. */
  @Override
  public void close() {
    s3.ifMade(S3Client::close);
    ebs.ifMade(EbsClient::close);
    ec2.ifMade(Ec2Client::close);
    dynamoDb.ifMade(DynamoDbClient::close);
    sfn.ifMade(SfnClient::close);
    eventBridge.ifMade(EventBridgeClient::close);
    sns.ifMade(SnsClient::close);
    http.ifMade(SdkHttpClient::close);
  }
}
