package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The heap does not grow with the disk. */
@Tag("slow")
class HeapIT {
  /** GiB; a machine with a small disk can set less with {@code -Dheap.test.gib}. */
  private static final int GIB = Integer.getInteger("heap.test.gib", 20);

  private static final long ROOM_GIB = 4;

  @TempDir private Path directory;

  @Test
  void aLargeAndFullDiskIsImportedWithAHeapOf256MiB() throws Exception {
    requireSpace();
    LargeStreamVmdk disk = new LargeStreamVmdk((long) GIB << 30);
    Path image = directory.resolve("large.vmdk");
    disk.write(image);
    Vmferry vmferry = new Vmferry(directory.resolve("state"), "-Xmx256m");

    JsonNode task = vmferry.imported(image.toString());

    assertThat(task.get("status").asText()).isEqualTo("completed");
    try (LocalAws aws = LocalAws.start(vmferry.state())) {
      String snapshotId = task.get("disks").get(0).get("snapshotId").asText();
      aws.account().assertHolds(snapshotId, disk, 1000);
      aws.account().assertNothingIsPending();
    }
  }

  private void requireSpace() throws IOException {
    long free = Files.getFileStore(directory).getUsableSpace() >> 30;
    if (free < GIB + ROOM_GIB) {
      fail(
          "%s has %d GiB free, and the snapshot takes %d GiB: free some, or choose a smaller disk"
              + " with -Dheap.test.gib",
          directory, free, GIB);
    }
  }
}
