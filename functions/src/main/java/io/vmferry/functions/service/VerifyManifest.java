package io.vmferry.functions.service;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.ova.Manifest;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.ObjectStore;
import io.vmferry.functions.port.TaskStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Checks a file of an OVA against its manifest, by reading all of it, while the chunks are
 * converted.
 */
public final class VerifyManifest {
  /** How much is read between two looks at the task: 1 GiB. */
  private static final long LOOK_EVERY = 1L << 30;

  private final TaskStore tasks;
  private final Sources sources;

  /** A service on these ports. */
  public VerifyManifest(TaskStore tasks, ObjectStore objects, Reading reading) {
    this.tasks = tasks;
    this.sources = new Sources(objects, reading);
  }

  /**
   * Checks a file.
   *
   * @throws VmferryException {@link ErrorCode#OVA_MANIFEST_MISMATCH}; if the source has changed or
   *     the task has ended
   * @throws IOException if the source cannot be read
   */
  public void verify(Verification verification) throws IOException {
    Running.find(tasks, verification.taskId());
    String name = verification.file().name();
    Manifest manifest =
        Manifest.parse("manifest", verification.manifest().getBytes(StandardCharsets.UTF_8));
    long[] sinceLook = {0};
    try (ByteSource source = sources.open(verification.file())) {
      manifest.verify(
          name,
          source,
          bytes -> {
            sinceLook[0] += bytes;
            if (sinceLook[0] >= LOOK_EVERY) {
              sinceLook[0] = 0;
              Running.find(tasks, verification.taskId());
            }
          });
    }
  }
}
