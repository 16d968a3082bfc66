package io.vmferry.local.dynamodb;

import io.vmferry.local.edge.StreamingService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.eclipse.jetty.server.Handler;
import software.amazon.dynamodb.services.local.server.LocalDynamoDBRequestHandler;
import software.amazon.dynamodb.services.local.server.LocalDynamoDBServerHandler;

/**
 * DynamoDB over one database file, whatever the caller's credentials and Region. DynamoDB Local's
 * HTTP handler runs in the edge's server; its own server, which reports usage to AWS, does not.
 */
public final class DynamoDbService implements StreamingService, AutoCloseable {
  private static final String LOG4J_CONTEXT = "log4j2.loggerContextFactory";

  private final LocalDynamoDBRequestHandler requests;
  private final LocalDynamoDBServerHandler handler;

  /** DynamoDB with the tables of a directory, which is made if there is none. */
  public DynamoDbService(Path root) throws IOException {
    // DynamoDB Local alone logs through log4j. Its simple logger writes nothing but errors, and
    // spares a third of the time to start.
    if (System.getProperty(LOG4J_CONTEXT) == null) {
      System.setProperty(
          LOG4J_CONTEXT, "org.apache.logging.log4j.simple.SimpleLoggerContextFactory");
    }
    Path directory = Files.createDirectories(root).toRealPath();
    requests = new LocalDynamoDBRequestHandler(0, false, directory.toString(), true, false);
    handler = new LocalDynamoDBServerHandler(requests, null);
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
