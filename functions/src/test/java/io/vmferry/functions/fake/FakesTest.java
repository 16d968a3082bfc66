package io.vmferry.functions.fake;

import io.vmferry.functions.port.AdmissionStore;
import io.vmferry.functions.port.AdmissionStoreContract;
import io.vmferry.functions.port.EffectStore;
import io.vmferry.functions.port.EffectStoreContract;
import io.vmferry.functions.port.EventStore;
import io.vmferry.functions.port.EventStoreContract;
import io.vmferry.functions.port.ImageStore;
import io.vmferry.functions.port.ImageStoreContract;
import io.vmferry.functions.port.ObjectStore;
import io.vmferry.functions.port.ObjectStoreContract;
import io.vmferry.functions.port.ProgressStore;
import io.vmferry.functions.port.ProgressStoreContract;
import io.vmferry.functions.port.SnapshotReader;
import io.vmferry.functions.port.SnapshotStore;
import io.vmferry.functions.port.SnapshotStoreContract;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.port.TaskStoreContract;
import io.vmferry.functions.port.UploadStore;
import io.vmferry.functions.port.UploadStoreContract;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Nested;

/** The fakes do what the ports' contracts say. */
final class FakesTest {
  @Nested
  final class Tasks extends TaskStoreContract {
    @Override
    protected TaskStore newStore(Clock clock) {
      return new InMemoryTaskStore(clock);
    }
  }

  @Nested
  final class Effects extends EffectStoreContract {
    @Override
    protected EffectStore newStore() {
      return new InMemoryEffectStore();
    }
  }

  @Nested
  final class Events extends EventStoreContract {
    @Override
    protected EventStore newStore() {
      return new InMemoryEventStore();
    }
  }

  @Nested
  final class Admissions extends AdmissionStoreContract {
    @Override
    protected AdmissionStore newStore() {
      return new InMemoryAdmissionStore(Clock.systemUTC());
    }
  }

  @Nested
  final class ProgressReports extends ProgressStoreContract {
    @Override
    protected ProgressStore newStore() {
      return new InMemoryProgressStore();
    }
  }

  @Nested
  final class Snapshots extends SnapshotStoreContract {
    @Override
    protected SnapshotStore newStore() {
      return new InMemorySnapshotStore();
    }

    @Override
    protected SnapshotReader newReader(SnapshotStore store) {
      return new InMemorySnapshotReader((InMemorySnapshotStore) store);
    }
  }

  @Nested
  final class SlowSnapshots extends SnapshotStoreContract {
    @Override
    protected SnapshotStore newStore() {
      InMemorySnapshotStore store = new InMemorySnapshotStore();
      store.completeAfter(3);
      return store;
    }

    @Override
    protected SnapshotReader newReader(SnapshotStore store) {
      return new InMemorySnapshotReader((InMemorySnapshotStore) store);
    }
  }

  @Nested
  final class Images extends ImageStoreContract {
    private final InMemorySnapshotStore snapshots = new InMemorySnapshotStore();

    @Override
    protected ImageStore newStore() {
      return new InMemoryImageStore(snapshots);
    }

    @Override
    protected String completedSnapshot() {
      String id =
          snapshots.start(
              new SnapshotStore.Request(
                  1,
                  "",
                  UUID.randomUUID().toString(),
                  Optional.empty(),
                  Optional.empty(),
                  Map.of()));
      snapshots.complete(id, 0, InMemorySnapshotStore.sha256().digest());
      return id;
    }
  }

  @Nested
  final class Objects extends ObjectStoreContract {
    private final InMemoryObjectStore store = new InMemoryObjectStore();

    @Override
    protected ObjectStore newStore() {
      return store;
    }

    @Override
    protected String newBucket() {
      return UUID.randomUUID().toString();
    }
  }

  @Nested
  final class Uploads extends UploadStoreContract {
    @Override
    protected ObjectStore newObjects() {
      return new InMemoryObjectStore();
    }

    @Override
    protected UploadStore newUploads(ObjectStore objects) {
      return new InMemoryUploadStore((InMemoryObjectStore) objects);
    }

    @Override
    protected String newBucket() {
      return UUID.randomUUID().toString();
    }
  }
}
