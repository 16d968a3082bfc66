package io.vmferry.functions.port;

/** Every port, as one environment has them. */
public record Ports(
    TaskStore tasks,
    EffectStore effects,
    EventStore events,
    AdmissionStore admission,
    ProgressStore progress,
    ObjectStore objects,
    UploadStore uploads,
    SnapshotStore snapshots,
    SnapshotReader snapshotReader,
    ImageStore images,
    RemoteFiles remoteFiles,
    Workflow workflow) {}
