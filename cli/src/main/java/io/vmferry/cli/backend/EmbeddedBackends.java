package io.vmferry.cli.backend;

import io.vmferry.disk.ErrorCode;
import io.vmferry.disk.VmferryException;
import java.nio.file.Path;
import java.util.OptionalInt;

/** Until the embedded AWS is part of the build, this says so. */
public final class EmbeddedBackends implements BackendFactory {
  @Override
  public Backend open(Path state) {
    throw missing();
  }

  @Override
  public Backend start(Path state, OptionalInt port) {
    throw missing();
  }

  private static VmferryException missing() {
    return new VmferryException(
        ErrorCode.INTERNAL, "the embedded AWS is not part of this build yet");
  }
}
