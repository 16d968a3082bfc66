package io.vmferry.local.lambda;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How an invocation ended. */
public final class Invocation {
  private final @Nullable String functionError;
  private final byte[] payload;
  private final String logTail;

  Invocation(@Nullable String functionError, byte[] payload, String logTail) {
    this.functionError = functionError;
    this.payload = payload;
    this.logTail = logTail;
  }

  /** {@code Unhandled} if the function failed; the payload is then AWS's error document. */
  public Optional<String> functionError() {
    return Optional.ofNullable(functionError);
  }

  /** The function's answer, JSON. */
  public byte[] payload() {
    return payload.clone();
  }

  /** The payload as text. */
  public String text() {
    return new String(payload, StandardCharsets.UTF_8);
  }

  /** The last 4 KiB of what the function logged through its context. */
  public String logTail() {
    return logTail;
  }
}
