package io.vmferry.local;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.local.dynamodb.DynamoDbService;
import io.vmferry.local.ebs.EbsOptions;
import io.vmferry.local.ebs.EbsQuotas;
import io.vmferry.local.ebs.EbsService;
import io.vmferry.local.ebs.SnapshotStore;
import io.vmferry.local.ec2.Ec2Actions;
import io.vmferry.local.ec2.Ec2Service;
import io.vmferry.local.edge.Authorizer;
import io.vmferry.local.edge.AwsService;
import io.vmferry.local.edge.CallObserver;
import io.vmferry.local.edge.EdgeServer;
import io.vmferry.local.edge.FaultInjector;
import io.vmferry.local.edge.StreamingService;
import io.vmferry.local.s3.ObjectListener;
import io.vmferry.local.s3.S3Service;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.http.SdkHttpClient;

/**
 * The embedded AWS: S3, DynamoDB, EBS direct and EC2's images and snapshots behind one port of the
 * loopback interface, with their state in a directory that it locks. Further services are attached
 * with {@link #register(AwsService)}.
 */
public final class EmbeddedAws implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedAws.class);

  /**
   * How to start.
   *
   * @param stateDirectory where the state is; made if there is none
   * @param port the port on 127.0.0.1; 0 for any that is free
   * @param clock the time of the services: expiry, timeouts, time stamps
   * @param faults the faults to inject
   * @param ebs how EBS behaves; its account and Region are those of all services
   */
  public record Options(
      Path stateDirectory, int port, Clock clock, FaultInjector faults, EbsOptions ebs) {

    /** Any free port, the system's clock, no faults, no quotas. */
    public static Options of(Path stateDirectory) {
      return new Options(
          stateDirectory, 0, Clock.systemUTC(), new FaultInjector(0), EbsOptions.defaults());
    }

    /** The same at another port. */
    public Options withPort(int other) {
      return new Options(stateDirectory, other, clock, faults, ebs);
    }

    /** The same with another clock. */
    public Options withClock(Clock other) {
      return new Options(stateDirectory, port, other, faults, ebs);
    }

    /** The same with faults. */
    public Options withFaults(FaultInjector other) {
      return new Options(stateDirectory, port, clock, other, ebs);
    }

    /** The same with another EBS. */
    public Options withEbs(EbsOptions other) {
      return new Options(stateDirectory, port, clock, faults, other);
    }

    /** The same with request quotas of EBS. */
    public Options withQuotas(EbsQuotas quotas) {
      return withEbs(
          new EbsOptions(
              ebs.accountId(),
              ebs.region(),
              quotas,
              ebs.encryptionByDefault(),
              ebs.shortPages(),
              ebs.flush()));
    }
  }

  private final StateDirectory state;
  private final EdgeServer edge;
  private final CompletableFuture<S3Service> s3;
  private final SnapshotStore snapshots;
  private final Ec2Service ec2;
  private final Listeners listeners;
  private final List<AutoCloseable> closeables;
  private final URI endpoint;
  private final EbsOptions account;

  /** Who hears of what happens in S3 and DynamoDB, which start before anyone can listen. */
  private static final class Listeners {
    private final List<ObjectListener> objects = new CopyOnWriteArrayList<>();
    private final List<Runnable> writes = new CopyOnWriteArrayList<>();

    void created(ObjectListener.Created object) {
      objects.forEach(listener -> listener.created(object));
    }

    void written() {
      writes.forEach(Runnable::run);
    }
  }

  private EmbeddedAws(
      StateDirectory state,
      EdgeServer edge,
      CompletableFuture<S3Service> s3,
      SnapshotStore snapshots,
      Ec2Service ec2,
      Listeners listeners,
      List<AutoCloseable> closeables,
      URI endpoint,
      EbsOptions account) {
    this.listeners = listeners;
    this.account = account;
    this.state = state;
    this.edge = edge;
    this.s3 = s3;
    this.snapshots = snapshots;
    this.ec2 = ec2;
    this.closeables = closeables;
    this.endpoint = endpoint;
  }

  /**
   * Starts the services and opens the port.
   *
   * @throws VmferryException {@link ErrorCode#STATE_DIRECTORY_UNUSABLE} if the state cannot be
   *     opened or is open elsewhere; {@link ErrorCode#PORT_UNUSABLE}
   */
  public static EmbeddedAws start(Options options) {
    StateDirectory state = StateDirectory.open(options.stateDirectory());
    List<AutoCloseable> opened = new ArrayList<>();
    try {
      return start(options, state, opened);
    } catch (VmferryException e) {
      closeAll(opened);
      closeAll(List.of(state));
      throw e;
    } catch (IOException | UncheckedIOException | IllegalStateException e) {
      closeAll(opened);
      closeAll(List.of(state));
      throw new VmferryException(
          ErrorCode.STATE_DIRECTORY_UNUSABLE,
          "the embedded AWS cannot start on " + options.stateDirectory() + ": " + e.getMessage(),
          e);
    }
  }

  private static EmbeddedAws start(
      Options options, StateDirectory state, List<AutoCloseable> opened) throws IOException {
    Clock clock = options.clock();
    EdgeServer edge = new EdgeServer(options.port(), options.faults());
    Listeners listeners = new Listeners();
    // DynamoDB and S3 take longest to load; requests to them wait until they have.
    edge.register(
        "dynamodb",
        starting(opened, () -> new DynamoDbService(state.resolve("dynamodb"), listeners::written)));
    CompletableFuture<S3Service> s3 =
        starting(
            opened,
            () ->
                new S3Service(
                    state.resolve("s3"), clock, options.ebs().region(), listeners::created));
    edge.register("s3", s3);
    SnapshotStore snapshots = new SnapshotStore(state.resolve("ebs"), clock, options.ebs());
    opened.add(snapshots);
    edge.register(new EbsService(snapshots, state.resolve("ebs-token.key"), clock, options.ebs()));
    Ec2Service ec2 = new Ec2Service(snapshots, state.resolve("ec2"), clock, options.ebs().region());
    edge.register(ec2);
    opened.add(edge);
    try {
      edge.start();
    } catch (IOException e) {
      throw new VmferryException(
          ErrorCode.PORT_UNUSABLE,
          "127.0.0.1:%d cannot be listened on: %s".formatted(options.port(), reason(e)),
          e);
    }
    URI endpoint =
        edge.endpoint().orElseThrow(() -> new IOException("the port was closed at once"));
    state.announce(endpoint);
    return new EmbeddedAws(
        state, edge, s3, snapshots, ec2, listeners, opened, endpoint, options.ebs());
  }

  /** What the system says, which lies behind what the server makes of it. */
  private static String reason(IOException failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage());
  }

  private static <S extends AutoCloseable> CompletableFuture<S> starting(
      List<AutoCloseable> opened, Callable<S> start) {
    CompletableFuture<S> service = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("start-", 0)
        .start(
            () -> {
              try {
                service.complete(start.call());
              } catch (Exception | LinkageError e) {
                service.completeExceptionally(e);
              }
            });
    opened.add(() -> closeStarted(service));
    return service;
  }

  private static void closeStarted(CompletableFuture<? extends AutoCloseable> service)
      throws Exception {
    try {
      service.get().close();
    } catch (ExecutionException e) {
      LOG.debug("A service that did not start needs no closing", e);
    }
  }

  /** The address of all services: {@code http://127.0.0.1:4566}. */
  public URI endpoint() {
    return endpoint;
  }

  /**
   * Reaches the services from this process without the port; requests are signed, serialized and
   * checked as they are over it.
   */
  public SdkHttpClient httpClient() {
    return edge.httpClient();
  }

  /**
   * Makes an S3 object of a file of this machine, copied by the system instead of being sent; see
   * {@link S3Service#place}.
   *
   * @param copied is told how many more bytes are there
   */
  public void placeObject(String bucket, String key, Path file, LongConsumer copied)
      throws IOException {
    try {
      s3.join().place(bucket, key, file, copied);
    } catch (CompletionException e) {
      throw new IOException("S3 has not started", e.getCause());
    }
  }

  /** Tells of objects that are created over the API, after they are there. */
  public void onObjectCreated(ObjectListener listener) {
    listeners.objects.add(listener);
  }

  /** Tells of requests to DynamoDB that may have changed an item. */
  public void onTableWritten(Runnable listener) {
    listeners.writes.add(listener);
  }

  /**
   * Shows a JSON document under {@code /_vmferry/}name.
   *
   * @param document makes it anew for each request
   */
  public void expose(String name, Supplier<String> document) {
    edge.expose(name, document);
  }

  /** The Region of all services. */
  public String region() {
    return account.region();
  }

  /** The account of all services, 12 digits. */
  public String accountId() {
    return account.accountId();
  }

  /** Attaches a service; one with the same signing name is replaced. */
  public void register(AwsService service) {
    edge.register(service);
  }

  /** Attaches a service that streams. */
  public void register(StreamingService service) {
    edge.register(service.signingName(), CompletableFuture.completedFuture(service));
  }

  /** Lets somebody else answer some of EC2's actions. */
  public void attach(Ec2Actions actions) {
    ec2.attach(actions);
  }

  /** Puts who may do what into the hands of an authorizer; at first everybody may do everything. */
  public void authorize(Authorizer authorizer) {
    edge.authorize(authorizer);
  }

  /** Tells an observer of every request from now on; it takes the place of the one before. */
  public void observe(CallObserver observer) {
    edge.observe(observer);
  }

  /** The tags of a snapshot or an image, by its id; none if there is no such thing. */
  public Map<String, String> tagsOf(String resourceId) {
    return ec2.tagsOf(resourceId);
  }

  /** The snapshots, to look at them without the API. */
  public SnapshotStore snapshots() {
    return snapshots;
  }

  /** Closes the port, then the services, then gives the directory free. */
  @Override
  public void close() {
    closeAll(closeables);
    closeAll(List.of(state));
  }

  private static void closeAll(List<AutoCloseable> closeables) {
    for (AutoCloseable closeable : closeables.reversed()) {
      try {
        closeable.close();
      } catch (Exception e) {
        LOG.warn("{} cannot be closed", closeable.getClass().getSimpleName(), e);
      }
    }
  }
}
