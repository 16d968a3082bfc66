package io.vmferry.local.edge;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.function.Consumer;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.util.Attributes;
import org.jspecify.annotations.Nullable;

/** What handlers see as the connection of a request that comes from this process. */
final class InProcessConnection extends Attributes.Lazy implements ConnectionMetaData {
  private final String id;
  private final Connector connector;
  private final HttpConfiguration configuration;
  private final int port;
  private final Consumer<IOException> cut;

  /**
   * A connection for one exchange.
   *
   * @param connector the one whose server, threads and buffers are used
   * @param port the port that the connector listens on
   * @param cut ends the exchange as a cut connection would
   */
  InProcessConnection(
      String id,
      Connector connector,
      HttpConfiguration configuration,
      int port,
      Consumer<IOException> cut) {
    this.id = id;
    this.connector = connector;
    this.configuration = configuration;
    this.port = port;
    this.cut = cut;
  }

  void cut(IOException cause) {
    cut.accept(cause);
  }

  @Override
  public String getId() {
    return id;
  }

  @Override
  public HttpConfiguration getHttpConfiguration() {
    return configuration;
  }

  @Override
  public HttpVersion getHttpVersion() {
    return HttpVersion.HTTP_1_1;
  }

  @Override
  public String getProtocol() {
    return HttpVersion.HTTP_1_1.asString();
  }

  /** There is none: nothing but the exchange is open. */
  @Override
  public @Nullable Connection getConnection() {
    return null;
  }

  @Override
  public Connector getConnector() {
    return connector;
  }

  @Override
  public boolean isPersistent() {
    return true;
  }

  @Override
  public SocketAddress getRemoteSocketAddress() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  @Override
  public SocketAddress getLocalSocketAddress() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }
}
