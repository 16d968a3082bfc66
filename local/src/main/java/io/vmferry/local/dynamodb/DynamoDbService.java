package io.vmferry.local.dynamodb;

import io.vmferry.local.edge.StreamingService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import software.amazon.dynamodb.services.local.server.LocalDynamoDBRequestHandler;
import software.amazon.dynamodb.services.local.server.LocalDynamoDBServerHandler;

/**
 * DynamoDB over one database file, whatever the caller's credentials and Region. DynamoDB Local's
 * HTTP handler runs in the edge's server; its own server, which reports usage to AWS, does not.
 */
public final class DynamoDbService implements StreamingService, AutoCloseable {
  private static final String LOG4J_CONTEXT = "log4j2.loggerContextFactory";

  private static final Pattern WRITE =
      Pattern.compile(
          ".*\\.(PutItem|UpdateItem|DeleteItem|BatchWriteItem|TransactWriteItems"
              + "|ExecuteStatement|ExecuteTransaction|BatchExecuteStatement)");

  private final LocalDynamoDBRequestHandler requests;
  private final Handler handler;

  /** DynamoDB with the tables of a directory, which is made if there is none. */
  public DynamoDbService(Path root) throws IOException {
    this(root, () -> {});
  }

  /**
   * DynamoDB that tells when something was written.
   *
   * @param written is run after each request that may have changed an item
   */
  public DynamoDbService(Path root, Runnable written) throws IOException {
    // DynamoDB Local alone logs through log4j. Its simple logger writes nothing but errors, and
    // spares a third of the time to start.
    if (System.getProperty(LOG4J_CONTEXT) == null) {
      System.setProperty(
          LOG4J_CONTEXT, "org.apache.logging.log4j.simple.SimpleLoggerContextFactory");
    }
    Path directory = Files.createDirectories(root).toRealPath();
    requests = new LocalDynamoDBRequestHandler(0, false, directory.toString(), true, false);
    handler = new Telling(new LocalDynamoDBServerHandler(requests, null), written);
  }

  /** Tells of writes once they are answered. */
  private static final class Telling extends Handler.Wrapper {
    private final Runnable written;

    Telling(Handler handler, Runnable written) {
      super(handler);
      this.written = written;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
      String target = request.getHeaders().get("X-Amz-Target");
      boolean writes = target != null && WRITE.matcher(target).matches();
      return super.handle(request, response, writes ? Callback.from(callback, written) : callback);
    }
  }

  @Override
  public String signingName() {
    return "dynamodb";
  }

  @Override
  public Handler handler() {
    return handler;
  }

  @Override
  public void close() {
    requests.shutdown();
  }
}
