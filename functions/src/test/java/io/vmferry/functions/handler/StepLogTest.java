package io.vmferry.functions.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class StepLogTest {
  private static final String SECRET = "https://user:pa55@host/disk.raw?X-Amz-Signature=5ecret";

  /** Fails as a library does that repeats the address it was given. */
  private static final class Failing extends StepHandler<TaskReference, TaskReference> {
    private final Exception failure;

    Failing(Exception failure) {
      super(TaskReference.class);
      this.failure = failure;
    }

    @Override
    TaskReference step(TaskReference request) throws IOException {
      switch (failure) {
        case IOException e -> throw e;
        case RuntimeException e -> throw e;
        default -> throw new IllegalStateException(failure);
      }
    }
  }

  @Test
  void whatIsThrownOnHasNoCredentialsAndNoCause() {
    IOException library = new IOException("GET " + SECRET, new IOException("moved to " + SECRET));
    for (Exception failure :
        new Exception[] {
          library,
          new IllegalStateException(SECRET, library),
          new VmferryException(ErrorCode.SOURCE_UNREACHABLE, "no answer from " + SECRET, library)
        }) {
      assertThatThrownBy(() -> Pipeline.call(new Failing(failure), "{\"taskId\": \"t\"}"))
          .isInstanceOf(StepException.class)
          .hasNoCause()
          .satisfies(
              thrown ->
                  assertThat(thrown.getMessage())
                      .contains("https://host/disk.raw")
                      .doesNotContain("pa55", "user:", "5ecret"));
    }
  }
}
