package io.vmferry.local.ebs;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot and the snapshots it is the next version of, itself first. A block is the one of the
 * first of them that has it.
 */
record Lineage(List<Snapshot> chain) {

  Snapshot snapshot() {
    return chain.getFirst();
  }

  /** The snapshot a block comes from; null if it was never written. */
  @Nullable Snapshot owner(int block) {
    for (Snapshot snapshot : chain) {
      if (snapshot.hasBlocks() && snapshot.files().written().get(block)) {
        return snapshot;
      }
    }
    return null;
  }

  /** The first block at or after this one that any version wrote; -1 if there is none. */
  int next(int from) {
    int next = -1;
    for (Snapshot snapshot : chain) {
      int own = snapshot.hasBlocks() ? snapshot.files().written().next(from) : -1;
      if (own >= 0 && (next < 0 || own < next)) {
        next = own;
      }
    }
    return next;
  }

  /** Whether both are versions of one volume. */
  boolean related(Lineage other) {
    return Objects.equals(chain.getLast().record().id(), other.chain.getLast().record().id());
  }
}
