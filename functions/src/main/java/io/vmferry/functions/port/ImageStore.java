package io.vmferry.functions.port;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** AMIs. */
public interface ImageStore {

  /**
   * Registers an image; if the account has one that carries the same {@link SnapshotStore#TASK_TAG}
   * already, that one is returned: the call is retried.
   *
   * @return its id
   */
  String register(Request request);

  /** Deregisters an image; one that is not there is ignored. */
  void deregister(String imageId);

  /** The images that carry {@link SnapshotStore#TASK_TAG} with this task's id. */
  List<String> findByTask(String taskId);

  /**
   * What to register.
   *
   * @param taskId the task, for the tag
   * @param name 3 to 128 characters
   * @param description at most 255 characters
   * @param architecture {@code x86_64}, {@code arm64} or {@code i386}
   * @param bootMode empty for the architecture's default
   * @param enaSupport whether the guest has a driver for ENA
   * @param mappings the disks; the first is the root device
   * @param tags further tags
   */
  record Request(
      String taskId,
      String name,
      String description,
      String architecture,
      Optional<String> bootMode,
      boolean enaSupport,
      List<Mapping> mappings,
      Map<String, String> tags) {}

  /**
   * A block device mapping.
   *
   * @param deviceName {@code /dev/sda1}
   * @param snapshotId a completed snapshot
   */
  record Mapping(String deviceName, String snapshotId) {}
}
