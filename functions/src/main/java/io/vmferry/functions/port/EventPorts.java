package io.vmferry.functions.port;

/** The ports of what happens around tasks: uploads, announcements, sweeps. */
public record EventPorts(
    UploadedObjects uploaded,
    EventPublisher publisher,
    AnnouncementStore announcements,
    TaskChanges changes,
    ExecutionReader executions,
    Leftovers leftovers,
    Metrics metrics) {}
