package io.vmferry.disk.ova;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Assertions about failures. */
final class Failures {
  private Failures() {}

  /** The call fails with the code, and says the detail. */
  static void assertFails(ThrowingCallable call, ErrorCode code, String detail) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            VmferryException.class,
            failure -> {
              assertThat(failure.code()).as(failure.getMessage()).isEqualTo(code);
              assertThat(failure.detail()).contains(detail);
            });
  }
}
