package io.vmferry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.cli.progress.Ticker;
import io.vmferry.functions.fake.FakeConversion;
import io.vmferry.functions.fake.FakeRemoteFiles;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class InterruptionTest {
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final FakeBackend backend = new FakeBackend();
  private final AtomicInteger tidied = new AtomicInteger();
  private final CliEnvironment environment =
      new CliEnvironment(
          new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
          new PrintStream(err, true, StandardCharsets.UTF_8),
          OptionalInt.empty(),
          Map.of(),
          backend,
          Ticker.system(),
          new FakeMachineAccess(new FakeConversion(), new FakeRemoteFiles()));

  @Test
  void saysHowATaskGoesOnAndClosesTheBackEnd() {
    try (Interruption interruption =
        new Interruption(environment, backend, tidied::incrementAndGet)) {
      interruption.task("import-ami-1");
      interruption.leave();
    }

    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("'vmferry task --wait import-ami-1'", "'vmferry cancel import-ami-1'");
    assertThat(backend.closed).isEqualTo(1);
    assertThat(tidied).hasValue(0);
  }

  @Test
  void tidiesUpIfThereIsNoTaskYet() {
    try (Interruption interruption =
        new Interruption(environment, backend, tidied::incrementAndGet)) {
      interruption.leave();
    }

    assertThat(err.toString(StandardCharsets.UTF_8)).contains("before a task was started");
    assertThat(tidied).hasValue(1);
    assertThat(backend.closed).isEqualTo(1);
  }
}
