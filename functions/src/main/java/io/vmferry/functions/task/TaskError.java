package io.vmferry.functions.task;

import io.vmferry.disk.ErrorCode;

/**
 * Why a task failed.
 *
 * @param code the stable code
 * @param message the whole message, with the remedy
 */
public record TaskError(ErrorCode code, String message) {}
