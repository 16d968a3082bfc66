package io.vmferry.cli.backend;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class StackFunctionsTest {
  @ParameterizedTest
  @EnumSource(ErrorCode.class)
  void readsAFailureBackAsItWasThrown(ErrorCode code) {
    VmferryException thrown = new VmferryException(code, "disk.vmdk: 5 bytes. Really: 5");

    VmferryException read = StackFunctions.failure(code.name() + ": " + thrown.getMessage());

    assertThat(read.code()).isEqualTo(code);
    assertThat(read.detail()).isEqualTo("disk.vmdk: 5 bytes. Really: 5");
    assertThat(read).hasMessage(thrown.getMessage());
  }

  @Test
  void anythingElseIsAFaultOfOurs() {
    assertThat(StackFunctions.failure("Task timed out after 900.00 seconds").code())
        .isEqualTo(ErrorCode.INTERNAL);
    assertThat(StackFunctions.failure("NO_SUCH_CODE: what").detail())
        .isEqualTo("NO_SUCH_CODE: what");
  }
}
