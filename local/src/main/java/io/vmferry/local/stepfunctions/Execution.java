package io.vmferry.local.stepfunctions;

import java.time.Instant;
import java.util.Optional;

/**
 * An execution as its description shows it.
 *
 * @param arn its ARN
 * @param stateMachineArn the state machine it is of
 * @param name its name, unique per state machine
 * @param status where it is
 * @param startDate when it was started
 * @param stopDate when it ended
 * @param input its input, JSON
 * @param output its output, JSON, if it succeeded
 * @param error the error name, if it did not
 * @param cause what is known about the error
 * @param redriveCount how often it was run again
 * @param redriveDate when it was last run again
 */
public record Execution(
    String arn,
    String stateMachineArn,
    String name,
    ExecutionStatus status,
    Instant startDate,
    Optional<Instant> stopDate,
    String input,
    Optional<String> output,
    Optional<String> error,
    Optional<String> cause,
    int redriveCount,
    Optional<Instant> redriveDate) {}
