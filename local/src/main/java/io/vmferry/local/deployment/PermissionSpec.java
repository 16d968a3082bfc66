package io.vmferry.local.deployment;

import java.util.Optional;

/**
 * That a service may call a function.
 *
 * @param functionArn which function
 * @param action {@code lambda:InvokeFunction}
 * @param principal the service: {@code events.amazonaws.com}
 * @param sourceArn for what of it only; empty for all
 */
public record PermissionSpec(
    String functionArn, String action, String principal, Optional<String> sourceArn) {}
