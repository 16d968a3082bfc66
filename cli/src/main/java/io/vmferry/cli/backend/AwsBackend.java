package io.vmferry.cli.backend;

import io.vmferry.functions.aws.AwsClients;
import io.vmferry.functions.aws.EbsSnapshotReader;
import io.vmferry.functions.port.SnapshotReader;
import io.vmferry.local.stack.EmbeddedStack;
import java.net.URI;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/** A vmferry behind an endpoint that serves every AWS service it needs. */
final class AwsBackend implements Backend {
  private static final Region REGION = Region.US_EAST_1;

  private final URI endpoint;
  private final Optional<EmbeddedSystem> own;
  private final AwsClients clients;
  private final StackFunctions functions;
  private final S3Uploads uploads;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * The vmferry at an endpoint.
   *
   * @param own the system behind it if it is this process's, which is closed with this
   */
  AwsBackend(URI endpoint, Optional<EmbeddedSystem> own) {
    this.endpoint = endpoint;
    this.own = own;
    Optional<SdkHttpClient> http = own.map(EmbeddedSystem::httpClient);
    this.clients =
        AwsClients.forEndpoint(
            endpoint, REGION.id(), EmbeddedStack.ACCESS_KEY, EmbeddedStack.ACCESS_KEY, http);
    this.functions = new StackFunctions(endpoint, REGION, http);
    this.uploads =
        new S3Uploads(
            clients.s3(),
            presigner(endpoint),
            EmbeddedStack.IMAGES_BUCKET,
            own.map(system -> system::placeObject));
  }

  static S3Presigner presigner(URI endpoint) {
    return S3Presigner.builder()
        .endpointOverride(endpoint)
        .region(REGION)
        .credentialsProvider(
            StaticCredentialsProvider.create(
                AwsBasicCredentials.create(EmbeddedStack.ACCESS_KEY, EmbeddedStack.ACCESS_KEY)))
        .serviceConfiguration(S3Configuration.builder().pathStyleAccessEnabled(true).build())
        .build();
  }

  @Override
  public ImportTasks tasks() {
    return new StackTasks(clients, functions, own);
  }

  @Override
  public Uploads uploads() {
    return uploads;
  }

  @Override
  public SnapshotReader snapshots() {
    return new EbsSnapshotReader(clients.ebs());
  }

  @Override
  public Inventory inventory() {
    return new Ec2Inventory(clients.ec2());
  }

  @Override
  public URI endpoint() {
    return endpoint;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      uploads.close();
      functions.close();
      clients.close();
      own.ifPresent(EmbeddedSystem::close);
    }
  }
}
