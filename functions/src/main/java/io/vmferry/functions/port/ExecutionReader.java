package io.vmferry.functions.port;

import java.util.Optional;

/** Executions of state machines. */
@FunctionalInterface
public interface ExecutionReader {

  /**
   * Why an execution ended without success; empty if nothing is known of it.
   *
   * @param executionArn its ARN
   */
  Optional<Reason> failure(String executionArn);

  /**
   * Why an execution ended.
   *
   * @param error the error's name; empty if it has none, as a timeout
   * @param cause more of it
   */
  record Reason(Optional<String> error, Optional<String> cause) {}
}
