package io.vmferry.cli.backend;

import io.vmferry.functions.port.SnapshotReader;
import java.net.URI;

/** A running vmferry: the embedded AWS of this process, or of another one. */
public interface Backend extends AutoCloseable {

  /** Its import tasks. */
  ImportTasks tasks();

  /** Where files go that tasks read. */
  Uploads uploads();

  /** What its snapshots hold. */
  SnapshotReader snapshots();

  /** The images and snapshots there are. */
  Inventory inventory();

  /** Where it answers AWS requests. */
  URI endpoint();

  /**
   * Lets go of it. Tasks of an embedded AWS that this process runs stop where they are and go on
   * when it is started again; one of another process is not touched.
   */
  @Override
  void close();
}
