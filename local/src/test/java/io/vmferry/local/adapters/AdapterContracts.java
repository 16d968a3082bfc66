package io.vmferry.local.adapters;

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
import io.vmferry.local.edge.FaultInjector;
import java.io.IOException;
import java.time.Clock;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.TestInstance;

/** All contracts, run against one embedded AWS. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AdapterContracts {
  private final FaultInjector faults;
  private final boolean inProcess;

  // Opened before all tests.
  @SuppressWarnings("NullAway.Init")
  private Adapters adapters;

  AdapterContracts(FaultInjector faults, boolean inProcess) {
    this.faults = faults;
    this.inProcess = inProcess;
  }

  @BeforeAll
  final void start() throws IOException {
    adapters = new Adapters(faults, inProcess);
  }

  @AfterAll
  final void stop() throws IOException {
    adapters.close();
  }

  @Nested
  final class Tasks extends TaskStoreContract {
    @Override
    protected TaskStore newStore(Clock clock) {
      return adapters.tasks(adapters.table(), clock);
    }
  }

  @Nested
  final class Effects extends EffectStoreContract {
    @Override
    protected EffectStore newStore() {
      return adapters.effects(adapters.table());
    }
  }

  @Nested
  final class Events extends EventStoreContract {
    @Override
    protected EventStore newStore() {
      return adapters.events(adapters.table());
    }
  }

  @Nested
  final class Admissions extends AdmissionStoreContract {
    @Override
    protected AdmissionStore newStore() {
      return adapters.admission(adapters.table());
    }
  }

  @Nested
  final class ProgressReports extends ProgressStoreContract {
    @Override
    protected ProgressStore newStore() {
      return adapters.progress(adapters.table());
    }
  }

  @Nested
  final class Snapshots extends SnapshotStoreContract {
    @Override
    protected SnapshotStore newStore() {
      return adapters.snapshots();
    }

    @Override
    protected SnapshotReader newReader(SnapshotStore store) {
      return adapters.snapshotReader();
    }
  }

  @Nested
  final class Images extends ImageStoreContract {
    @Override
    protected ImageStore newStore() {
      return adapters.images();
    }

    @Override
    protected String completedSnapshot() {
      return adapters.completedSnapshot();
    }
  }

  @Nested
  final class Objects extends ObjectStoreContract {
    @Override
    protected ObjectStore newStore() {
      return adapters.objects();
    }

    @Override
    protected String newBucket() {
      return adapters.bucket();
    }
  }

  @Nested
  final class Uploads extends UploadStoreContract {
    @Override
    protected ObjectStore newObjects() {
      return adapters.objects();
    }

    @Override
    protected UploadStore newUploads(ObjectStore objects) {
      return adapters.uploads();
    }

    @Override
    protected String newBucket() {
      return adapters.bucket();
    }
  }
}
