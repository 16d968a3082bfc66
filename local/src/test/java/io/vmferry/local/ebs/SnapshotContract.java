package io.vmferry.local.ebs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.ebs.model.ValidationException;
import software.amazon.awssdk.services.ebs.model.ValidationExceptionReason;

/** An EBS without snapshots for each test, and what it answers to requests that are wrong. */
abstract class SnapshotContract {
  @TempDir Path state;

  // Opened before each test.
  @SuppressWarnings("NullAway.Init")
  EbsFixture fixture;

  @BeforeEach
  final void open() {
    fixture = new EbsFixture(state);
  }

  @AfterEach
  final void close() {
    fixture.close();
  }

  static void assertInvalid(ThrowingCallable call, ValidationExceptionReason reason) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ValidationException.class,
            e -> {
              assertThat(e.reason()).isEqualTo(reason);
              assertThat(e.statusCode()).isEqualTo(400);
              assertThat(e.requestId()).isNotBlank();
            });
  }
}
