package io.vmferry.disk.overlay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.DiskImageContract;
import io.vmferry.disk.Extent;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.Tools;
import io.vmferry.disk.convert.BlockRange;
import io.vmferry.disk.convert.ChunkConverter;
import io.vmferry.disk.convert.ChunkConverter.ZeroBlocks;
import io.vmferry.disk.io.ByteArraySource;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.io.FileByteSource;
import io.vmferry.disk.vmdk.SparseVmdkWriter;
import io.vmferry.disk.vmdk.VmdkFormat;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OverlayImageTest extends DiskImageContract {
  private static final int BLOCK = OverlayImage.BLOCK_SIZE;
  private static final int SIZE = 11 * BLOCK + 3 * 4096 + 512;
  private static final int OPERATIONS = 60;

  @TempDir Path directory;

  /** What the disk below holds: data in blocks 0, 1, 4, 5 and the last, which is a partial one. */
  private static byte[] below() {
    byte[] content = new byte[SIZE];
    Random random = new Random(3);
    for (int block : new int[] {0, 1, 4, 5, 11}) {
      byte[] bytes = new byte[Math.min(BLOCK, SIZE - block * BLOCK)];
      random.nextBytes(bytes);
      System.arraycopy(bytes, 0, content, block * BLOCK, bytes.length);
    }
    return content;
  }

  private static DiskImage source() throws IOException {
    byte[] content = below();
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    SparseVmdkWriter.write(
        file,
        SIZE,
        new int[] {0, 1, 4, 5, 11},
        (grain, out) ->
            out.put(content, grain * BLOCK, Math.min(BLOCK, content.length - grain * BLOCK)));
    return open(file.toByteArray());
  }

  private static DiskImage open(byte[] vmdk) throws IOException {
    return new VmdkFormat().open(new ByteArraySource("disk.vmdk", vmdk), ReferenceResolver.REFUSE);
  }

  private OverlayImage overlay() throws IOException {
    return OverlayImage.over(source(), directory, 1L << 30);
  }

  /** Changes the overlay and {@code content} alike. */
  private static void change(OverlayImage overlay, byte[] content, Random random)
      throws IOException {
    for (int i = 0; i < OPERATIONS; i++) {
      int offset = random.nextInt(SIZE);
      int longest = random.nextInt(4) == 0 ? 3 * BLOCK : 20_000;
      int length = Math.min(SIZE - offset, random.nextInt(longest));
      if (random.nextBoolean()) {
        offset = offset / 4096 * 4096;
        length = length / 4096 * 4096;
      }
      if (random.nextInt(3) == 0) {
        overlay.writeZeroes(offset, length);
        Arrays.fill(content, offset, offset + length, (byte) 0);
      } else {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        overlay.write(offset, ByteBuffer.wrap(bytes));
        System.arraycopy(bytes, 0, content, offset, length);
      }
    }
  }

  @Override
  protected DiskImage openImage() throws IOException {
    OverlayImage overlay = overlay();
    change(overlay, below(), new Random(11));
    return overlay;
  }

  @Override
  protected ByteSource openExpected() throws IOException {
    byte[] content = below();
    try (OverlayImage overlay = overlay()) {
      change(overlay, content, new Random(11));
    }
    return new ByteArraySource("expected", content);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void readsWhatWasWrittenAndSavesExactlyTheChangedBlocks(long seed) throws IOException {
    byte[] content = below();
    Path saved = directory.resolve("saved.vmdk");
    try (OverlayImage overlay = overlay()) {
      change(overlay, content, new Random(seed));
      assertThat(all(overlay)).isEqualTo(content);
      save(overlay, saved);
      int[] changed = overlay.changedBlocks().toArray();
      assertThat(Files.size(saved)).isEqualTo(SparseVmdkWriter.length(SIZE, changed));
      assertChangesAreThere(below(), content, changed);
      try (DiskImage image =
          new VmdkFormat().open(FileByteSource.open(saved), ReferenceResolver.REFUSE)) {
        assertThat(image.virtualSize()).isEqualTo(SIZE);
        assertThat(dataBlocks(image)).isEqualTo(Arrays.stream(changed).boxed().toList());
        for (int block : changed) {
          int from = block * BLOCK;
          int length = Math.min(BLOCK, SIZE - from);
          ByteBuffer actual = ByteBuffer.allocate(length);
          image.readFully(from, actual);
          assertThat(actual.array()).isEqualTo(Arrays.copyOfRange(content, from, from + length));
        }
      }
    }
  }

  /** Every difference lies in a changed block. */
  private static void assertChangesAreThere(byte[] before, byte[] after, int[] changed) {
    for (int block = 0; block * BLOCK < SIZE; block++) {
      int from = block * BLOCK;
      int to = Math.min(SIZE, from + BLOCK);
      if (Arrays.binarySearch(changed, block) < 0) {
        assertThat(Arrays.mismatch(before, from, to, after, from, to)).isEqualTo(-1);
      }
    }
  }

  @Test
  void savesAnImageThatQemuReadsAlike() throws IOException {
    Tools.require("qemu-img");
    Path saved = directory.resolve("saved.vmdk");
    Path raw = directory.resolve("saved.raw");
    byte[] expected = new byte[SIZE];
    try (OverlayImage overlay = overlay()) {
      byte[] content = below();
      change(overlay, content, new Random(8));
      save(overlay, saved);
      overlay
          .changedBlocks()
          .forEach(
              block ->
                  System.arraycopy(
                      content,
                      block * BLOCK,
                      expected,
                      block * BLOCK,
                      Math.min(BLOCK, SIZE - block * BLOCK)));
    }
    Tools.run("qemu-img", "check", "-f", "vmdk", saved.toString());
    Tools.run("qemu-img", "convert", "-f", "vmdk", "-O", "raw", saved.toString(), raw.toString());
    assertThat(Files.readAllBytes(raw)).isEqualTo(expected);
  }

  @Test
  void savesABlockThatBecameZerosAsStored() throws IOException {
    try (OverlayImage overlay = overlay()) {
      overlay.writeZeroes(4L * BLOCK, BLOCK);
      assertThat(overlay.changedBlocks()).containsExactly(4);
      assertThat(overlay.storedBytes()).isZero();
      assertThat(overlay.extentAt(4L * BLOCK, BLOCK).kind()).isEqualTo(Extent.Kind.ZERO);
      ByteArrayOutputStream saved = new ByteArrayOutputStream();
      assertThat(overlay.save(saved)).isOne();
      try (DiskImage image = open(saved.toByteArray())) {
        assertThat(written(image, ZeroBlocks.WRITE)).containsExactly(4);
        assertThat(written(image, ZeroBlocks.SKIP)).isEmpty();
      }
    }
  }

  @Test
  void takesZerosOverNothingForNoChange() throws IOException {
    try (OverlayImage overlay = overlay()) {
      overlay.writeZeroes(2L * BLOCK, 2L * BLOCK);
      assertThat(overlay.changedBlocks()).isEmpty();
      overlay.writeZeroes(1, SIZE - 1);
      assertThat(overlay.changedBlocks()).containsExactly(0, 1, 4, 5, 11);
    }
  }

  @Test
  void zeroesADiskOf16TiBWithoutStoringAnything() throws IOException {
    long size = 16L << 40;
    int last = (int) (size / BLOCK) - 1;
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    SparseVmdkWriter.write(
        file, size, new int[] {7, last}, (_, out) -> out.put(new byte[] {1, 2, 3}));
    try (OverlayImage overlay = OverlayImage.over(open(file.toByteArray()), directory, 64L << 10)) {
      overlay.write(size - 5, ByteBuffer.wrap(new byte[5]));
      overlay.writeZeroes(0, size);
      assertThat(overlay.changedBlocks()).containsExactly(7, last);
      assertThat(overlay.storedBytes()).isZero();
    }
  }

  @Test
  void keepsWhatManyThreadsWriteIntoTheSamePages() throws Exception {
    int threads = 16;
    byte[] content = below();
    try (OverlayImage overlay = overlay();
        ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> writers = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        int mine = thread;
        writers.add(
            executor.submit(
                () -> {
                  for (int at = mine * 512; at < 2 * BLOCK; at += threads * 512) {
                    overlay.write(at, ByteBuffer.wrap(sector(mine)));
                  }
                  return null;
                }));
      }
      for (Future<?> writer : writers) {
        writer.get();
      }
      for (int at = 0; at < 2 * BLOCK; at += 512) {
        System.arraycopy(sector(at / 512 % threads), 0, content, at, 512);
      }
      assertThat(all(overlay)).isEqualTo(content);
    }
  }

  private static byte[] sector(int value) {
    byte[] sector = new byte[512];
    Arrays.fill(sector, (byte) (value + 1));
    return sector;
  }

  @Test
  void refusesMoreChangesThanItMayKeep() throws IOException {
    try (OverlayImage overlay = OverlayImage.over(source(), directory, 64 << 10)) {
      overlay.write(0, ByteBuffer.wrap(new byte[64 << 10]));
      assertThatThrownBy(() -> overlay.write(BLOCK, ByteBuffer.wrap(new byte[1])))
          .isInstanceOfSatisfying(
              VmferryException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OVERLAY_FULL));
      assertThat(overlay.changedBlocks()).containsExactly(0);
      // What is given up makes room.
      overlay.trim(0, 8 << 10);
      overlay.write(BLOCK, ByteBuffer.wrap(new byte[] {9}));
      ByteBuffer page = ByteBuffer.allocate(4096);
      overlay.readFully(BLOCK, page);
      byte[] expected = Arrays.copyOfRange(below(), BLOCK, BLOCK + 4096);
      expected[0] = 9;
      assertThat(page.array()).isEqualTo(expected);
    }
  }

  @Test
  void keepsBlocksApartAfterAWriteThatWasRefused() throws IOException {
    byte[] content = below();
    try (OverlayImage overlay = OverlayImage.over(source(), directory, 8 << 10)) {
      overlay.writeZeroes(0, 4096);
      Arrays.fill(content, 0, 4096, (byte) 0);
      overlay.write(4L * BLOCK, ByteBuffer.wrap(new byte[8 << 10]));
      assertThatThrownBy(() -> overlay.write(0, ByteBuffer.wrap(new byte[] {7})))
          .isInstanceOf(VmferryException.class);
      overlay.trim(4L * BLOCK, 8 << 10);
      Arrays.fill(content, 4 * BLOCK, 4 * BLOCK + (8 << 10), (byte) 0);
      byte[] page = new byte[4096];
      Arrays.fill(page, (byte) 1);
      overlay.write(BLOCK, ByteBuffer.wrap(page.clone()));
      System.arraycopy(page, 0, content, BLOCK, page.length);
      Arrays.fill(page, (byte) 2);
      overlay.write(0, ByteBuffer.wrap(page.clone()));
      System.arraycopy(page, 0, content, 0, page.length);
      assertThat(all(overlay)).isEqualTo(content);
    }
  }

  @Test
  void forgetsTrimmedPagesAndLeavesTheSourceAsItIs() throws IOException {
    byte[] content = below();
    try (OverlayImage overlay = overlay()) {
      overlay.write(4096, ByteBuffer.wrap(new byte[] {5}));
      overlay.trim(0, SIZE);
      Arrays.fill(content, 4096, 8192, (byte) 0);
      assertThat(overlay.storedBytes()).isZero();
      assertThat(all(overlay)).isEqualTo(content);
    }
  }

  @Test
  void leavesNoFileBehind() throws IOException {
    try (OverlayImage overlay = overlay()) {
      overlay.write(0, ByteBuffer.wrap(new byte[BLOCK]));
      overlay.flush();
      try (var files = Files.list(directory)) {
        assertThat(files).isEmpty();
      }
    }
  }

  @Test
  void refusesWritesOutsideOfTheDisk() throws IOException {
    try (OverlayImage overlay = overlay()) {
      assertThatThrownBy(() -> overlay.write(SIZE, ByteBuffer.allocate(1)))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> overlay.writeZeroes(-1, 1))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> overlay.trim(0, SIZE + 1L))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static byte[] all(DiskImage image) throws IOException {
    ByteBuffer content = ByteBuffer.wrap(new byte[SIZE]);
    image.readFully(0, content);
    return content.array();
  }

  private static void save(OverlayImage overlay, Path path) throws IOException {
    try (OutputStream out = Files.newOutputStream(path)) {
      overlay.save(out);
    }
  }

  private static List<Integer> dataBlocks(DiskImage image) throws IOException {
    List<Integer> blocks = new ArrayList<>();
    for (int block = 0; (long) block * BLOCK < image.virtualSize(); block++) {
      if (image.extentAt((long) block * BLOCK, 1).isData()) {
        blocks.add(block);
      }
    }
    return blocks;
  }

  private static Set<Integer> written(DiskImage image, ZeroBlocks zeroBlocks) throws IOException {
    Set<Integer> indexes = new ConcurrentSkipListSet<>();
    ChunkConverter.convert(
        image,
        new BlockRange(0, 12),
        (index, _, _) -> indexes.add(index),
        2,
        (_, _) -> {},
        zeroBlocks);
    return indexes;
  }
}
