package io.vmferry.local.edge;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import software.amazon.awssdk.http.SdkHttpClient;

/**
 * The one HTTP port of the embedded AWS, on the loopback interface. A request goes to the service
 * that the credential scope of its signature names. Services may be registered while the server
 * runs.
 */
public final class EdgeServer implements AutoCloseable {
  /** As much as one read of a fast sender brings. */
  private static final int BUFFER_BYTES = 256 * 1024;

  private static final int MAX_POOLED_PER_SIZE = 256;

  /** Longer than any synchronous call may take: a Lambda function runs for 15 minutes at most. */
  private static final long IDLE_TIMEOUT_MILLIS = 20 * 60 * 1000L;

  private final Server server;
  private final ServerConnector connector;
  private final Map<String, AwsService> services = new ConcurrentHashMap<>();
  private final Map<String, CompletableFuture<StreamingService>> streaming =
      new ConcurrentHashMap<>();
  private final Map<String, Supplier<String>> looks = new ConcurrentHashMap<>();
  private final Gate gate = new Gate();
  private final EdgeHandler handler;
  private final InProcessHttpClient inProcess;

  /**
   * A server that does not listen yet.
   *
   * @param port the port on 127.0.0.1; 0 for any that is free
   */
  public EdgeServer(int port, FaultInjector faults) {
    QueuedThreadPool threads = new QueuedThreadPool(16, 4);
    threads.setName("edge");
    threads.setDaemon(true);
    threads.setVirtualThreadsExecutor(
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("edge-", 0).factory()));
    // The default pool does not keep buffers of more than 64 KiB; making them anew is what costs.
    ArrayByteBufferPool buffers =
        new ArrayByteBufferPool(0, 4096, BUFFER_BYTES, MAX_POOLED_PER_SIZE);
    server = new Server(threads, null, buffers);
    HttpConfiguration http = new HttpConfiguration();
    http.setSendServerVersion(false);
    http.setSendDateHeader(true);
    http.setRequestHeaderSize(32 * 1024);
    http.setOutputBufferSize(BUFFER_BYTES);
    http.setOutputAggregationSize(BUFFER_BYTES);
    // Keys of S3 objects hold what elsewhere is an ambiguous path: "//", "%2F", "..".
    http.setUriCompliance(UriCompliance.UNSAFE);
    http.setIdleTimeout(IDLE_TIMEOUT_MILLIS);
    HttpConnectionFactory factory = new HttpConnectionFactory(http);
    factory.setInputBufferSize(BUFFER_BYTES);
    connector = new ServerConnector(server, 1, 2, factory);
    connector.setHost("127.0.0.1");
    connector.setPort(port);
    connector.setIdleTimeout(IDLE_TIMEOUT_MILLIS);
    connector.setAcceptQueueSize(1024);
    connector.setReuseAddress(true);
    server.addConnector(connector);
    inProcess = new InProcessHttpClient(connector, http);
    handler = new EdgeHandler(services, streaming, looks, faults, gate);
    server.setHandler(handler);
    server.setErrorHandler(new EdgeErrorHandler());
    server.setStopTimeout(0);
  }

  /**
   * Shows a JSON document under {@code /_vmferry/}name to whoever asks on this machine.
   *
   * @param document makes it anew for each request
   */
  public void expose(String name, Supplier<String> document) {
    looks.put(name, document);
  }

  /** Adds a service, or puts it in the place of one with the same signing name. */
  public void register(AwsService service) {
    services.put(service.signingName(), service);
  }

  /**
   * Adds a streaming service that may still be starting; requests to it wait until it has.
   *
   * @param signingName the service's signing name
   * @param starting the service once it has started; if that fails, its requests fail
   */
  public void register(String signingName, CompletableFuture<? extends StreamingService> starting) {
    streaming.put(signingName, starting.thenApply(this::started));
  }

  private StreamingService started(StreamingService service) {
    Handler serviceHandler = service.handler();
    serviceHandler.setServer(server);
    // As a bean the handler is stopped with the server.
    server.addBean(serviceHandler, true);
    try {
      if (!serviceHandler.isStarted()) {
        serviceHandler.start();
      }
    } catch (Exception e) {
      throw new IllegalStateException("service " + service.signingName() + " does not start", e);
    }
    return service;
  }

  /** Puts who may do what into the hands of an authorizer; at first everybody may do everything. */
  public void authorize(Authorizer authorizer) {
    gate.authorizer(authorizer);
  }

  /** Tells an observer of every request from now on; it takes the place of the one before. */
  public void observe(CallObserver observer) {
    gate.observer(observer);
  }

  /** Opens the port, so that {@link #endpoint} is known, and starts to answer. */
  public void start() throws IOException {
    try {
      server.start();
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException("the port cannot be served", e);
    }
  }

  /** The address, such as {@code http://127.0.0.1:4566}; empty before the start. */
  public Optional<URI> endpoint() {
    int port = connector.getLocalPort();
    return port <= 0 ? Optional.empty() : Optional.of(URI.create("http://127.0.0.1:" + port));
  }

  /**
   * A client that reaches the services from this process without the port; everything else is as
   * over the port. Closing it is not needed.
   */
  public SdkHttpClient httpClient() {
    return inProcess;
  }

  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new UncheckedIOException(new IOException("the port cannot be closed", e));
    } finally {
      inProcess.cutAll();
    }
  }
}
