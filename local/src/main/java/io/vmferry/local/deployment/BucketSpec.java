package io.vmferry.local.deployment;

/**
 * A bucket.
 *
 * @param logicalId what its template calls it
 * @param name its name
 * @param eventBridge whether EventBridge hears of its objects
 */
public record BucketSpec(String logicalId, String name, boolean eventBridge) {}
