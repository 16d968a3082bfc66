package io.vmferry.functions.task;

/**
 * A file that a disk's content is read from: an object, or a run of one (a member of an OVA).
 *
 * @param name the name other files refer to it by
 * @param object the object
 * @param offset first byte in the object
 * @param length bytes
 */
public record ContentFile(String name, ObjectVersion object, long offset, long length) {}
