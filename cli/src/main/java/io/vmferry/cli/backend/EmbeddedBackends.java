package io.vmferry.cli.backend;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.aws.HttpsRemoteFiles;
import io.vmferry.local.EmbeddedAws;
import io.vmferry.local.stack.EmbeddedStack;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Runs the embedded AWS in this process, or uses the one of the process that holds the state
 * directory.
 */
public final class EmbeddedBackends implements BackendFactory {
  private static final String ENDPOINT_FILE = "endpoint";
  private static final String STATE_MACHINES = "stepfunctions";
  private static final Duration INTERVAL = Duration.ofMillis(100);
  private static final int ATTEMPTS = 100;

  @Override
  public Backend open(Path state) {
    for (int attempt = 1; ; attempt++) {
      try {
        return start(state, OptionalInt.empty());
      } catch (VmferryException inUse) {
        if (inUse.code() != ErrorCode.STATE_DIRECTORY_UNUSABLE) {
          throw inUse;
        }
        Optional<URI> endpoint = endpoint(state);
        if (endpoint.isPresent()) {
          return new AwsBackend(endpoint.get(), Optional.empty());
        }
        // Whoever has the directory may be starting, or about to end.
        if (attempt == ATTEMPTS || !Files.exists(state.resolve("lock"))) {
          throw inUse;
        }
        pause();
      }
    }
  }

  @Override
  public Backend start(Path state, OptionalInt port) {
    EmbeddedAws aws = EmbeddedAws.start(EmbeddedAws.Options.of(state).withPort(port.orElse(0)));
    try {
      EmbeddedStack stack =
          EmbeddedStack.deploy(
              aws,
              state.resolve(STATE_MACHINES),
              EmbeddedStack.Options.defaults(new HttpsRemoteFiles()));
      return new AwsBackend(aws.endpoint(), Optional.of(new EmbeddedSystem(aws, stack)));
    } catch (RuntimeException failure) {
      aws.close();
      throw failure;
    }
  }

  private static Optional<URI> endpoint(Path state) {
    Path file = state.resolve(ENDPOINT_FILE);
    try {
      return Files.exists(file)
          ? Optional.of(URI.create(Files.readString(file).strip()))
          : Optional.empty();
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(INTERVAL);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new VmferryException(
          ErrorCode.STATE_DIRECTORY_UNUSABLE, "interrupted while waiting for it", e);
    }
  }
}
