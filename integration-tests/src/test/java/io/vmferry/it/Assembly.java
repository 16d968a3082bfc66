package io.vmferry.it;

import io.vmferry.local.cloudformation.CloudAssembly;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** What the CDK app has synthesized in this build. */
final class Assembly {
  private Assembly() {}

  /** Its folder; {@code -Dvmferry.cdk.out} names another. */
  static Path directory() {
    String named = System.getProperty("vmferry.cdk.out");
    return named == null ? Fixtures.ROOT.resolve("infra/target/cdk.out") : Path.of(named);
  }

  /** Reads it. Where it was not built, tests are skipped, and fail in CI. */
  static CloudAssembly read() throws IOException {
    if (!Files.exists(directory().resolve("manifest.json"))) {
      String missing = directory() + " is not there: the module infra was not packaged";
      if (System.getenv("CI") != null) {
        throw new AssertionError(missing);
      }
      Assumptions.abort(missing);
    }
    return CloudAssembly.read(directory());
  }
}
