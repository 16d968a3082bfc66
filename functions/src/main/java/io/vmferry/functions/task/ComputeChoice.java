package io.vmferry.functions.task;

/**
 * Where a task's disks are converted.
 *
 * @param where the place
 * @param reason why there; for people
 */
public record ComputeChoice(Compute where, String reason) {}
