package io.vmferry.functions.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.service.ComputePolicy;
import io.vmferry.functions.service.UploadArea;
import io.vmferry.functions.task.Compute;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigTest {

  private static Map<String, String> environment(String... more) {
    Map<String, String> environment =
        new HashMap<>(Map.of("VMFERRY_WORK_BUCKET", "work", "VMFERRY_TABLE", "tasks"));
    for (int i = 0; i < more.length; i += 2) {
      environment.put(more[i], more[i + 1]);
    }
    return environment;
  }

  @Test
  void whatIsNotSetHasADefault() {
    Config config = Config.from(environment());

    assertThat(config.workers()).isEqualTo(32);
    assertThat(config.limits().activeTasks()).isEqualTo(20);
    assertThat(config.retention()).isEqualTo(Duration.ofDays(90));
    assertThat(config.uploads()).isEmpty();
    assertThat(config.compute()).isEqualTo(new ComputePolicy(false, Optional.empty(), 256));
    assertThat(config.chunksAtOnce()).isEqualTo(4);
  }

  @Test
  void whatIsSetIsTaken() {
    Config config =
        Config.from(
            environment(
                "VMFERRY_ACTIVE_TASKS",
                "5",
                "VMFERRY_RETENTION_DAYS",
                "7",
                "VMFERRY_UPLOADS",
                "images/up/loads/",
                "VMFERRY_FARGATE",
                "true",
                "VMFERRY_COMPUTE",
                "fargate",
                "VMFERRY_FARGATE_CHUNKS",
                "10",
                "VMFERRY_CHUNKS_AT_ONCE",
                "8"));

    assertThat(config.limits().activeTasks()).isEqualTo(5);
    assertThat(config.retention()).isEqualTo(Duration.ofDays(7));
    assertThat(config.uploads()).contains(new UploadArea("images", "up/loads/"));
    assertThat(config.compute())
        .isEqualTo(new ComputePolicy(true, Optional.of(Compute.FARGATE), 10));
    assertThat(config.chunksAtOnce()).isEqualTo(8);
  }

  @ParameterizedTest
  @CsvSource({
    "VMFERRY_WORKERS, 0",
    "VMFERRY_WORKERS, many",
    "VMFERRY_FARGATE, yes",
    "VMFERRY_COMPUTE, mainframe",
    "VMFERRY_COMPUTE, fargate",
    "VMFERRY_FARGATE_CHUNKS, 0",
    "VMFERRY_CHUNKS_AT_ONCE, 65",
    "VMFERRY_ACTIVE_TASKS, 0",
    "VMFERRY_RETENTION_DAYS, 0",
    "VMFERRY_RETENTION_DAYS, 3651",
    "VMFERRY_UPLOADS, images",
    "VMFERRY_UPLOADS, images/",
    "VMFERRY_UPLOADS, images//",
    "VMFERRY_UPLOADS, images/uploads",
    "VMFERRY_UPLOADS, /uploads/"
  })
  void whatIsWrongIsNamed(String name, String value) {
    assertThatThrownBy(() -> Config.from(environment(name, value)))
        .isInstanceOfSatisfying(
            VmferryException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.PARAMETER_INVALID))
        .hasMessageContaining(name)
        .hasMessageContaining(value);
  }

  @Test
  void whatIsMissingIsNamed() {
    assertThatThrownBy(() -> Config.from(Map.of("VMFERRY_WORK_BUCKET", "work")))
        .hasMessageContaining("VMFERRY_TABLE is not set");
  }
}
