package io.vmferry.functions.handler;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

/**
 * A task by its id: what most steps are given and give on.
 *
 * @param taskId the task's id
 */
// Steps are handed the output of the step before, which may say more.
@JsonIgnoreProperties(ignoreUnknown = true)
public record TaskReference(String taskId) {}
