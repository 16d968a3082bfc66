package io.vmferry.functions.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.TaskKind;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StartImportTest {
  @Test
  void aSourcesLocationHasABound() {
    assertThatCode(() -> StartImport.check(request(8192))).doesNotThrowAnyException();
    assertThatThrownBy(() -> StartImport.check(request(8193)))
        .isInstanceOfSatisfying(
            VmferryException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.PARAMETER_INVALID))
        .hasMessageContaining("a source's location has 8193 characters; 0 to 8192 are allowed");
  }

  private static ImportRequest request(int characters) {
    String start = "https://example.org/disk.raw?X-Amz-Signature=";
    String url = start + "a".repeat(characters - start.length());
    return new ImportRequest(
        TaskKind.IMPORT_IMAGE,
        List.of(new DiskContainer(url, Optional.of("raw"), Optional.empty(), Optional.empty())),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Map.of(),
        GuestOptions.AS_IT_IS);
  }
}
