package io.vmferry.guest.nbd;

import java.io.Closeable;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Serves disk images to NBD clients on a Unix domain socket in a directory that only this user may
 * enter. Each connection and each request has a virtual thread; {@link #MAX_CONNECTIONS} clients
 * may be connected at once, further ones wait.
 *
 * <p>A client that sends what the protocol does not allow gets an error, or is disconnected where
 * the protocol has none; others do not notice.
 */
public final class NbdServer implements Closeable {
  private static final int MAX_CONNECTIONS = 16;

  private final List<NbdExport> exports;
  private final Path directory;
  private final Path socket;
  private final ServerSocketChannel listener;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore room = new Semaphore(MAX_CONNECTIONS);
  private final Set<SocketChannel> connections = ConcurrentHashMap.newKeySet();
  private final AtomicReference<Optional<Exception>> failure =
      new AtomicReference<>(Optional.empty());
  private volatile boolean closed;

  private NbdServer(
      List<NbdExport> exports, Path directory, Path socket, ServerSocketChannel listener) {
    this.exports = exports;
    this.directory = directory;
    this.socket = socket;
    this.listener = listener;
  }

  /**
   * Starts a server.
   *
   * @param exports what is served, at least one; the images must stay open until the server is
   *     closed
   * @param parent where the socket's directory is made; its path may have about 70 bytes, for a
   *     socket's may have 107
   * @throws IOException if the socket cannot be made
   */
  // The listener belongs to the server, which closes it.
  @SuppressWarnings("MustBeClosedChecker")
  public static NbdServer start(List<NbdExport> exports, Path parent) throws IOException {
    if (exports.isEmpty()) {
      throw new IllegalArgumentException("nothing to serve");
    }
    Path directory =
        Files.createTempDirectory(
            parent,
            "vmferry-nbd-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Path socket = directory.resolve("nbd.sock");
    try {
      ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      try {
        listener.bind(UnixDomainSocketAddress.of(socket));
        NbdServer server = new NbdServer(List.copyOf(exports), directory, socket, listener);
        server.threads.execute(server::listen);
        return server;
      } catch (Throwable e) {
        listener.close();
        throw e;
      }
    } catch (Throwable e) {
      delete(directory, socket);
      throw e;
    }
  }

  /** The socket that clients connect to. */
  public Path socket() {
    return socket;
  }

  /**
   * The first failure of an image while it was served: clients only learn that there was one. Empty
   * if there was none.
   */
  public Optional<Exception> failure() {
    return failure.get();
  }

  private void listen() {
    while (!closed) {
      room.acquireUninterruptibly();
      boolean served = false;
      try {
        SocketChannel connection = listener.accept();
        connections.add(connection);
        threads.execute(() -> serve(connection));
        served = true;
      } catch (IOException e) {
        if (!closed) {
          note(e);
        }
        return;
      } finally {
        if (!served) {
          room.release();
        }
      }
    }
  }

  private void serve(SocketChannel connection) {
    try (connection) {
      if (!closed) {
        serve(new Wire(connection, connection));
      }
    } catch (IOException _) {
      // The client has gone, or was sent away by close().
    } finally {
      connections.remove(connection);
      room.release();
    }
  }

  private void serve(Wire wire) throws IOException {
    Optional<Negotiation.Agreed> agreed = new Negotiation(wire, exports).run();
    if (agreed.isPresent()) {
      new Transmission(wire, agreed.get(), this::note).run();
    }
  }

  private void note(Exception e) {
    failure.compareAndSet(Optional.empty(), Optional.of(e));
  }

  /** Disconnects all clients, waits for what is being done for them, and removes the socket. */
  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    try {
      listener.close();
      for (SocketChannel connection : connections) {
        connection.close();
      }
    } finally {
      // One that was accepted meanwhile sees that the server is closed.
      threads.close();
      delete(directory, socket);
    }
  }

  private static void delete(Path directory, Path socket) throws IOException {
    Files.deleteIfExists(socket);
    Files.deleteIfExists(directory);
  }
}
