package io.vmferry.local.ebs;

import java.time.Clock;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The request rates that EBS allows, as token buckets that hold one second's worth.
 *
 * @param putsPerSecond PutSnapshotBlock calls of the account
 * @param getsPerSecond GetSnapshotBlock calls of the account
 * @param listsPerSecond calls of ListSnapshotBlocks, and as many of ListChangedBlocks
 * @param startsPerSecond StartSnapshot calls
 * @param completionsPerSecond CompleteSnapshot calls
 * @param putsPerSecondOfSnapshot PutSnapshotBlock calls to one snapshot
 * @param getsPerSecondOfSnapshot GetSnapshotBlock calls to one snapshot
 * @param pendingSnapshots snapshots that are pending at one time
 */
public record EbsQuotas(
    int putsPerSecond,
    int getsPerSecond,
    int listsPerSecond,
    int startsPerSecond,
    int completionsPerSecond,
    int putsPerSecondOfSnapshot,
    int getsPerSecondOfSnapshot,
    int pendingSnapshots) {
  private static final int NONE = Integer.MAX_VALUE;

  /** No limits. */
  public static EbsQuotas unlimited() {
    return new EbsQuotas(NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE);
  }

  /** The limits a new AWS account has. */
  public static EbsQuotas awsDefaults() {
    return new EbsQuotas(1000, 1000, 50, 10, 10, 1000, 1000, 100);
  }

  int account(EbsOperation operation) {
    return switch (operation) {
      case PUT_SNAPSHOT_BLOCK -> putsPerSecond;
      case GET_SNAPSHOT_BLOCK -> getsPerSecond;
      case LIST_SNAPSHOT_BLOCKS, LIST_CHANGED_BLOCKS -> listsPerSecond;
      case START_SNAPSHOT -> startsPerSecond;
      case COMPLETE_SNAPSHOT -> completionsPerSecond;
    };
  }

  int snapshot(EbsOperation operation) {
    return switch (operation) {
      case PUT_SNAPSHOT_BLOCK -> putsPerSecondOfSnapshot;
      case GET_SNAPSHOT_BLOCK -> getsPerSecondOfSnapshot;
      case LIST_SNAPSHOT_BLOCKS, LIST_CHANGED_BLOCKS, START_SNAPSHOT, COMPLETE_SNAPSHOT -> NONE;
    };
  }

  /** Keeps the buckets. */
  static final class Meter {
    private record Key(EbsOperation operation, String snapshotId) {}

    private final EbsQuotas quotas;
    private final Clock clock;
    private final Map<Key, Bucket> buckets = new ConcurrentHashMap<>();

    Meter(EbsQuotas quotas, Clock clock) {
      this.quotas = quotas;
      this.clock = clock;
    }

    EbsQuotas quotas() {
      return quotas;
    }

    /** Takes a call from the account's quota. */
    void countForAccount(EbsOperation operation) {
      if (!take(new Key(operation, ""), quotas.account(operation))) {
        throw EbsException.accountThrottled();
      }
    }

    /** Takes a call from the snapshot's quota. */
    void countForSnapshot(EbsOperation operation, String snapshotId) {
      if (!take(new Key(operation, snapshotId), quotas.snapshot(operation))) {
        throw EbsException.snapshotThrottled(snapshotId);
      }
    }

    void forget(String snapshotId) {
      buckets.keySet().removeIf(key -> key.snapshotId().equals(snapshotId));
    }

    private boolean take(Key key, int perSecond) {
      return perSecond == NONE
          || buckets.computeIfAbsent(key, ignored -> new Bucket(perSecond)).take(clock.millis());
    }
  }

  private static final class Bucket {
    private final int perSecond;
    private double tokens;
    private long lastMillis = Long.MIN_VALUE;

    Bucket(int perSecond) {
      this.perSecond = perSecond;
      this.tokens = perSecond;
    }

    synchronized boolean take(long nowMillis) {
      if (lastMillis != Long.MIN_VALUE && nowMillis > lastMillis) {
        tokens = Math.min(perSecond, tokens + (nowMillis - lastMillis) * (perSecond / 1000.0));
      }
      lastMillis = Math.max(lastMillis, nowMillis);
      if (tokens < 1) {
        return false;
      }
      tokens -= 1;
      return true;
    }
  }
}
