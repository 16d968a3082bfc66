package io.vmferry.local.ebs;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What StartSnapshot is asked for, each member within its own limits.
 *
 * @param volumeSize in GiB
 * @param parentId the parent snapshot
 * @param tags the tags
 * @param description the description
 * @param clientToken the idempotency token
 * @param encrypted whether to encrypt
 * @param kmsKeyArn the key to encrypt with
 * @param timeoutMinutes the timeout; 60 if none was given
 */
record StartSnapshotCall(
    long volumeSize,
    @Nullable String parentId,
    Map<String, String> tags,
    String description,
    @Nullable String clientToken,
    @Nullable Boolean encrypted,
    @Nullable String kmsKeyArn,
    int timeoutMinutes) {

  /** Equal for calls that ask for the same, whatever their token. */
  String fingerprint() {
    return "%d|%s|%s|%s|%s|%s|%d"
        .formatted(
            volumeSize,
            parentId,
            new TreeMap<>(tags),
            description,
            encrypted,
            kmsKeyArn,
            timeoutMinutes);
  }
}
