package io.vmferry.functions.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.task.Compute;
import io.vmferry.functions.task.ComputeChoice;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.TaskKind;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ComputePolicyTest {
  private static final ImportRequest REQUEST =
      new ImportRequest(
          TaskKind.IMPORT_SNAPSHOT,
          List.of(DiskContainer.of("s3://b/k")),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Map.of(),
          GuestOptions.AS_IT_IS);
  private static final ComputePolicy BOTH = new ComputePolicy(true, Optional.empty(), 256);

  private static ImportRequest forcing(Compute where) {
    return REQUEST.withCompute(Optional.of(where));
  }

  @Test
  void aDiskOfFewChunksIsConvertedByFunctionsAndOneOfManyByAContainer() {
    assertThat(BOTH.forConversion(REQUEST, Optional.empty(), 255))
        .isEqualTo(
            new ComputeChoice(
                Compute.LAMBDA, "there are 255 chunks, fewer than the 256 of a large disk"));
    ComputeChoice large = BOTH.forConversion(REQUEST, Optional.empty(), 16_384);
    assertThat(large.where()).isEqualTo(Compute.FARGATE);
    assertThat(large.reason()).startsWith("there are 16,384 chunks, and from 256 on");
  }

  @Test
  void aLargeFileThatCannotBeReadInPiecesIsTheContainersFromTheDownloadOn() {
    assertThat(BOTH.forDownloads(REQUEST, 4L << 30).where()).isEqualTo(Compute.LAMBDA);
    ComputeChoice choice = BOTH.forDownloads(REQUEST, (4L << 30) + 1);
    assertThat(choice)
        .isEqualTo(
            new ComputeChoice(
                Compute.FARGATE, "a source of 4.0 GiB can only be read from its start to its end"));
    assertThat(BOTH.forConversion(REQUEST, Optional.of(choice), 1)).isEqualTo(choice);
  }

  @Test
  void theRequestComesBeforeTheConfigurationAndThatBeforeTheWork() {
    ComputePolicy lambda = new ComputePolicy(true, Optional.of(Compute.LAMBDA), 256);
    assertThat(lambda.forConversion(REQUEST, Optional.empty(), 10_000))
        .isEqualTo(new ComputeChoice(Compute.LAMBDA, "the configuration says so"));
    assertThat(lambda.forConversion(forcing(Compute.FARGATE), Optional.empty(), 1))
        .isEqualTo(new ComputeChoice(Compute.FARGATE, "the request says so"));
    assertThat(lambda.forDownloads(REQUEST, 1L << 40).where()).isEqualTo(Compute.LAMBDA);
    assertThat(BOTH.forDownloads(forcing(Compute.FARGATE), 0).where()).isEqualTo(Compute.FARGATE);
  }

  @Test
  void withoutFargateFunctionsDoItAllAndARequestForItIsRefused() {
    ComputePolicy none = ComputePolicy.FUNCTIONS_ONLY;
    assertThat(none.forConversion(REQUEST, Optional.empty(), 100_000).where())
        .isEqualTo(Compute.LAMBDA);
    assertThat(none.forDownloads(REQUEST, 1L << 40).where()).isEqualTo(Compute.LAMBDA);
    assertThatCode(() -> none.check(forcing(Compute.LAMBDA))).doesNotThrowAnyException();
    assertThatThrownBy(() -> none.check(forcing(Compute.FARGATE)))
        .isInstanceOfSatisfying(
            VmferryException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.COMPUTE_UNAVAILABLE));
    assertThatCode(() -> BOTH.check(forcing(Compute.FARGATE))).doesNotThrowAnyException();
  }
}
