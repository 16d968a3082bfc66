package io.vmferry.functions.service;

/**
 * A JSON array in the work bucket, for a Distributed Map's ItemReader.
 *
 * @param bucket the bucket
 * @param key the key
 * @param count items in it
 */
public record ItemList(String bucket, String key, int count) {}
