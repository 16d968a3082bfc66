package io.vmferry.local.ebs;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a snapshot besides its blocks; kept as JSON beside them.
 *
 * @param id {@code snap-} and 17 hexadecimal digits
 * @param volumeSize in GiB
 * @param state where it is in its life
 * @param stateMessage why it is in {@link State#ERROR}
 * @param startMillis when it was started, in milliseconds since 1970
 * @param completionMillis when it was completed; 0 before
 * @param description the description; empty if none
 * @param parentId the snapshot it is the next version of
 * @param encrypted whether it is encrypted (in name only: the files are plain)
 * @param kmsKeyArn the key it is encrypted with
 * @param clientToken the token of the request that started it
 * @param requestFingerprint what that request asked for, to tell the token's use for another
 * @param timeoutMinutes after how many minutes without a write it is given up
 * @param progress the percentage the writer last reported
 * @param tags its tags
 */
public record SnapshotRecord(
    String id,
    long volumeSize,
    State state,
    @Nullable String stateMessage,
    long startMillis,
    long completionMillis,
    String description,
    @Nullable String parentId,
    boolean encrypted,
    @Nullable String kmsKeyArn,
    @Nullable String clientToken,
    @Nullable String requestFingerprint,
    int timeoutMinutes,
    int progress,
    Map<String, String> tags) {

  /** Where a snapshot is in its life. */
  public enum State {
    /** Blocks may be written. */
    PENDING,
    /** Completion was asked for and granted; blocks can neither be written nor read. */
    SEALED,
    /** Blocks may be read. */
    COMPLETED,
    /** Given up: it timed out. */
    ERROR,
    /** Gone, but for the blocks that later versions still take from it. */
    DELETED
  }

  /** Copies the tags, in their order. */
  public SnapshotRecord {
    tags = Collections.unmodifiableMap(new LinkedHashMap<>(tags));
  }

  /** What the APIs call the state: {@code pending}, {@code completed} or {@code error}. */
  public String status() {
    return switch (state) {
      case PENDING, SEALED -> "pending";
      case COMPLETED -> "completed";
      case ERROR, DELETED -> "error";
    };
  }

  Instant startTime() {
    return Instant.ofEpochMilli(startMillis);
  }

  Duration timeout() {
    return Duration.ofMinutes(timeoutMinutes);
  }

  int blocks() {
    return Math.toIntExact(volumeSize * (1L << 30) / BlockFiles.BLOCK_BYTES);
  }

  SnapshotRecord with(State next, @Nullable String message) {
    return copy(next, message, completionMillis, progress, tags);
  }

  SnapshotRecord completed(long millis) {
    return copy(State.COMPLETED, null, millis, 100, tags);
  }

  SnapshotRecord withTags(Map<String, String> next) {
    return copy(state, stateMessage, completionMillis, progress, next);
  }

  SnapshotRecord withProgress(int percent) {
    return copy(state, stateMessage, completionMillis, percent, tags);
  }

  private SnapshotRecord copy(
      State newState,
      @Nullable String newMessage,
      long newCompletionMillis,
      int newProgress,
      Map<String, String> newTags) {
    return new SnapshotRecord(
        id,
        volumeSize,
        newState,
        newMessage,
        startMillis,
        newCompletionMillis,
        description,
        parentId,
        encrypted,
        kmsKeyArn,
        clientToken,
        requestFingerprint,
        timeoutMinutes,
        newProgress,
        newTags);
  }
}
