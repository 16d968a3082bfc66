package io.vmferry.local.lambda;

import com.amazonaws.services.lambda.runtime.ClientContext;
import com.amazonaws.services.lambda.runtime.CognitoIdentity;
import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.LambdaLogger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a handler learns about its invocation. */
final class InvocationContext implements Context, LambdaLogger {
  private static final int LOG_TAIL = 4096;

  private final String requestId;
  private final String functionName;
  private final String functionArn;
  private final FunctionSettings settings;
  private final long deadlineNanos;
  private final Logger log;
  private final StringBuilder tail = new StringBuilder();

  InvocationContext(
      String requestId, String functionName, String functionArn, FunctionSettings settings) {
    this.requestId = requestId;
    this.functionName = functionName;
    this.functionArn = functionArn;
    this.settings = settings;
    this.deadlineNanos = System.nanoTime() + settings.timeout().toNanos();
    this.log = LoggerFactory.getLogger("lambda." + functionName);
  }

  @Override
  public String getAwsRequestId() {
    return requestId;
  }

  @Override
  public String getLogGroupName() {
    return "/aws/lambda/" + functionName;
  }

  @Override
  public String getLogStreamName() {
    return "local";
  }

  @Override
  public String getFunctionName() {
    return functionName;
  }

  @Override
  public String getFunctionVersion() {
    return "$LATEST";
  }

  @Override
  public String getInvokedFunctionArn() {
    return functionArn;
  }

  // AWS's runtime answers null where no client sends an identity or a context.
  @Override
  public @Nullable CognitoIdentity getIdentity() {
    return null;
  }

  @Override
  public @Nullable ClientContext getClientContext() {
    return null;
  }

  @Override
  public int getRemainingTimeInMillis() {
    long left = Duration.ofNanos(deadlineNanos - System.nanoTime()).toMillis();
    return (int) Math.max(0, Math.min(Integer.MAX_VALUE, left));
  }

  @Override
  public int getMemoryLimitInMB() {
    return settings.memoryMegabytes();
  }

  @Override
  public LambdaLogger getLogger() {
    return this;
  }

  @Override
  public void log(String message) {
    log.info("{}", message);
    synchronized (tail) {
      tail.append(message);
      if (!message.endsWith("\n")) {
        tail.append('\n');
      }
      if (tail.length() > LOG_TAIL) {
        tail.delete(0, tail.length() - LOG_TAIL);
      }
    }
  }

  @Override
  public void log(byte[] message) {
    log(new String(message, StandardCharsets.UTF_8));
  }

  String logTail() {
    synchronized (tail) {
      return tail.toString();
    }
  }
}
