package io.vmferry.cli.backend;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.nio.file.Path;
import java.util.OptionalInt;

/** Reaches the vmferry of a state directory. */
public interface BackendFactory {

  /**
   * Connects to the process that holds the state directory, or starts an embedded AWS on it in this
   * process.
   *
   * @param state the directory; made if there is none
   * @throws VmferryException {@link ErrorCode#STATE_DIRECTORY_UNUSABLE}
   */
  Backend open(Path state);

  /**
   * Starts an embedded AWS in this process, and nothing else will do.
   *
   * @param state the directory; made if there is none
   * @param port the port it answers on; empty for any that is free
   * @throws VmferryException {@link ErrorCode#STATE_DIRECTORY_UNUSABLE} also if another process has
   *     the directory; {@link ErrorCode#PORT_UNUSABLE}
   */
  Backend start(Path state, OptionalInt port);
}
