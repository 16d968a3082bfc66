package io.vmferry.functions.fake;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.ImageStore;
import io.vmferry.functions.port.SnapshotStore;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Images in memory. Their snapshots must be completed ones of the snapshot store given. */
public final class InMemoryImageStore implements ImageStore {
  private final SnapshotStore snapshots;
  private final Map<String, Request> images = new TreeMap<>();
  private final Faults faults = new Faults();
  private int registered;

  /** An account without images whose snapshots are in that store. */
  public InMemoryImageStore(SnapshotStore snapshots) {
    this.snapshots = snapshots;
  }

  /** Failures of the operations {@code register}, {@code deregister}, {@code findByTask}. */
  public Faults faults() {
    return faults;
  }

  /** The registered images by their ids. */
  public synchronized Map<String, Request> images() {
    return Map.copyOf(images);
  }

  @Override
  public synchronized String register(Request request) {
    faults.check("register");
    List<String> earlier = findByTask(request.taskId());
    if (!earlier.isEmpty()) {
      return earlier.getFirst();
    }
    images
        .values()
        .forEach(
            other -> {
              if (other.name().equals(request.name())) {
                throw new VmferryException(
                    ErrorCode.PARAMETER_INVALID,
                    "an image named '%s' exists".formatted(request.name()));
              }
            });
    for (Mapping mapping : request.mappings()) {
      if (snapshots.state(mapping.snapshotId()) != SnapshotStore.State.COMPLETED) {
        throw new VmferryException(
            ErrorCode.INTERNAL, "snapshot %s is not completed".formatted(mapping.snapshotId()));
      }
    }
    String id = "ami-%017x".formatted(++registered);
    images.put(id, request);
    return id;
  }

  @Override
  public synchronized void deregister(String imageId) {
    faults.check("deregister");
    images.remove(imageId);
  }

  @Override
  public synchronized List<String> findByTask(String taskId) {
    faults.check("findByTask");
    return images.entrySet().stream()
        .filter(entry -> entry.getValue().taskId().equals(taskId))
        .map(Map.Entry::getKey)
        .toList();
  }
}
