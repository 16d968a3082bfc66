package io.vmferry.disk.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.DiskImageFormat;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;

/** What an import does first with an image, and how it refuses one that is damaged. */
public final class Refusals {
  private Refusals() {}

  /** Opens the image and looks at its whole directory, as an import does before all else. */
  public static void scan(DiskImageFormat format, SparseSource file) throws IOException {
    try (DiskImage image = format.open(file, ReferenceResolver.REFUSE)) {
      image.checkDirectory();
    }
  }

  /** Asserts that the image is refused, with the file's name and this in the detail. */
  public static void assertRefused(
      DiskImageFormat format, SparseSource file, ErrorCode code, String... found) {
    assertThatThrownBy(() -> scan(format, file))
        .isInstanceOfSatisfying(
            VmferryException.class,
            failure -> {
              assertThat(failure.code()).isEqualTo(code);
              assertThat(failure.detail()).startsWith(file.name());
              for (String part : found) {
                assertThat(failure.detail()).contains(part);
              }
            });
    assertThat(file.closed()).isTrue();
  }
}
