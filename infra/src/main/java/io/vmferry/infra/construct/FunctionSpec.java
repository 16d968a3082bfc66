package io.vmferry.infra.construct;

import java.util.List;
import software.amazon.awscdk.services.iam.PolicyStatement;

/**
 * A function as it is deployed.
 *
 * @param id its name in the state machine and in the code: {@code Validate} is {@code
 *     io.vmferry.functions.handler.ValidateHandler}
 * @param description what it does, as the console shows it
 * @param packaging what it runs from
 * @param memoryMib its memory in MiB, 128 to 10,240; 1,769 MiB bring one vCPU
 * @param seconds how long it may run, 1 to 900
 * @param knowsMachine whether it is told the state machine's ARN
 * @param permissions what it may do besides writing its log
 */
record FunctionSpec(
    String id,
    String description,
    Packaging packaging,
    int memoryMib,
    int seconds,
    boolean knowsMachine,
    List<PolicyStatement> permissions) {
  /** What a function runs from. */
  enum Packaging {
    /** The zip of all functions, on the managed runtime. */
    ZIP,
    /** The container image that has libguestfs. */
    IMAGE
  }

  /** The Java class. */
  String handler() {
    return "io.vmferry.functions.handler." + id + "Handler";
  }
}
