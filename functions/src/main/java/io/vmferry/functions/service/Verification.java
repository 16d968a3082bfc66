package io.vmferry.functions.service;

import io.vmferry.functions.task.ContentFile;

/**
 * A file and the digest that a manifest promises for it. An item of the state machine's map.
 *
 * @param taskId the task
 * @param file the file
 * @param manifest the manifest's line for it, {@code SHA256(disk.vmdk)= …}
 */
public record Verification(String taskId, ContentFile file, String manifest) {}
