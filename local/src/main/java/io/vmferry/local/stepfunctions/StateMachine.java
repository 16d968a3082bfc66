package io.vmferry.local.stepfunctions;

import java.time.Instant;

/**
 * A state machine.
 *
 * @param arn its ARN
 * @param name its name
 * @param definition the definition, JSON, placeholders filled in
 * @param roleArn the role it was given; nothing here assumes it
 * @param creationDate when it was created
 * @param revisionId changes with each update
 */
public record StateMachine(
    String arn,
    String name,
    String definition,
    String roleArn,
    Instant creationDate,
    String revisionId) {}
