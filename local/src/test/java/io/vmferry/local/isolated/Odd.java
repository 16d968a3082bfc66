package io.vmferry.local.isolated;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/** A function that does what its event says. */
public final class Odd implements RequestStreamHandler {
  /** What it says of itself when it fails. */
  public static final class OddException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OddException(String message) {
      super(message);
    }
  }

  private final String instance = Integer.toHexString(System.identityHashCode(this));

  /** Fails if it is told to by its environment. */
  public Odd() {
    if (System.getenv("ODD_CONSTRUCTOR") != null) {
      throw new OddException("not today");
    }
  }

  @Override
  public void handleRequest(InputStream input, OutputStream output, Context context)
      throws IOException {
    String wish = new String(input.readAllBytes(), StandardCharsets.UTF_8).replace("\"", "");
    String answer =
        switch (wish) {
          case "instance" -> instance + " " + ProcessHandle.current().pid();
          case "environment" -> String.join(" ", new TreeMap<>(System.getenv()).keySet());
          case "heap" -> String.valueOf(Runtime.getRuntime().maxMemory() >> 20);
          case "context" ->
              context.getFunctionName()
                  + " "
                  + context.getMemoryLimitInMB()
                  + " "
                  + (context.getRemainingTimeInMillis() / 1000)
                  + " "
                  + context.getInvokedFunctionArn();
          case "log" -> {
            context.getLogger().log("said by the function\n");
            yield "logged";
          }
          case "fail" -> throw new OddException("as you wish");
          case "exit" -> {
            Runtime.getRuntime().halt(7);
            yield "never";
          }
          case "memory" -> String.valueOf(hoard().size());
          case "hang" -> {
            while (true) {
              LockSupport.park();
            }
          }
          default -> wish;
        };
    output.write(('"' + answer + '"').getBytes(StandardCharsets.UTF_8));
  }

  private static List<byte[]> hoard() {
    List<byte[]> hoarded = new ArrayList<>();
    while (hoarded.size() < 1 << 20) {
      hoarded.add(new byte[1 << 20]);
    }
    return hoarded;
  }
}
