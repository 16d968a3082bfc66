package io.vmferry.guest.conversion;

import io.vmferry.disk.overlay.OverlayImage;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A machine that was changed.
 *
 * @param report what was found and changed
 * @param disks the machine's disks in their order, each with what was changed on it
 */
public record Conversion(ConversionReport report, List<OverlayImage> disks) implements Closeable {
  /** Copies the list. */
  public Conversion {
    disks = List.copyOf(disks);
  }

  /** Closes the overlays, which forget the changes, and the disks below. */
  @Override
  public void close() throws IOException {
    closeAll(disks);
  }

  /** Closes all of them, then throws the first failure. */
  static void closeAll(Iterable<? extends Closeable> resources) throws IOException {
    @Nullable IOException first = null;
    for (Closeable resource : resources) {
      try {
        resource.close();
      } catch (IOException e) {
        first = first == null ? e : first;
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
