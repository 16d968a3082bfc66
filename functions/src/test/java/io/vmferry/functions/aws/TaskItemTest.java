package io.vmferry.functions.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.task.TaskKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TaskItemTest {
  private static final String TIME = "2026-11-24T10:00:00.000000000Z";

  @Test
  void aPageGoesOnBehindItsTask() {
    assertThat(
            TaskItem.indexKey(TaskKind.IMPORT_IMAGE, TIME + "#import-ami-0123456789abcdef0")
                .values())
        .extracting(value -> value.s())
        .contains("IMPORT_IMAGE", TIME + "#import-ami-0123456789abcdef0");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "#",
        TIME,
        TIME + "#",
        TIME + "#x",
        TIME + "#import-ami-",
        TIME + "#import-ami-0123456789abcdef",
        TIME + "#import-ami-0123456789abcdef01",
        TIME + "#import-snap-0123456789abcdef0",
        TIME + "#import-snap-0123456789abcdef",
        "yesterday#import-ami-0123456789abcdef0"
      })
  void aForgedPlaceOfAPageIsRefused(String place) {
    assertThatThrownBy(() -> TaskItem.indexKey(TaskKind.IMPORT_IMAGE, place))
        .isInstanceOfSatisfying(
            VmferryException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.PARAMETER_INVALID));
  }
}
