package io.vmferry.disk.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class TablePagesTest {
  private static final int LENGTH = (TablePages.MAX_PAGES + 3) * TablePages.PAGE_BYTES + 1000;
  private static final int OFFSET = 24;

  private final byte[] bytes = new byte[LENGTH];
  private final SparseSource source;
  private final TablePages pages;

  TablePagesTest() {
    new Random(5).nextBytes(bytes);
    source = new SparseSource().put(OFFSET, bytes);
    pages = new TablePages(source, OFFSET, LENGTH, ByteOrder.LITTLE_ENDIAN);
  }

  @Test
  void readsEntriesOfBothSizes() throws IOException {
    ByteBuffer expected = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at + 8 <= LENGTH; at += 8) {
      assertThat(pages.longAt(at)).isEqualTo(expected.getLong(at));
      assertThat(pages.intAt(at + 4)).isEqualTo(expected.getInt(at + 4));
    }
  }

  @Test
  void readsBytesAcrossPages() throws IOException {
    ByteBuffer read = ByteBuffer.allocate(2 * TablePages.PAGE_BYTES);
    pages.read(TablePages.PAGE_BYTES - 100, read);
    assertThat(read.flip())
        .isEqualTo(
            ByteBuffer.wrap(bytes, TablePages.PAGE_BYTES - 100, 2 * TablePages.PAGE_BYTES).slice());
  }

  @Test
  void refusesBytesOutsideOfTheTable() {
    assertThatThrownBy(() -> pages.read(LENGTH - 3, ByteBuffer.allocate(4)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> pages.read(-1, ByteBuffer.allocate(4)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void readsNothingBeforeItIsAsked() {
    assertThat(source.bytesRead()).isZero();
  }

  @Test
  void readsAPageThatManyThreadsWantOnce() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> all = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        int at = i * 4;
        all.add(threads.submit(() -> pages.intAt(at)));
      }
      for (Future<Integer> one : all) {
        one.get();
      }
    }
    assertThat(source.reads()).isEqualTo(1);
  }

  @Test
  void keepsOnlyThePagesUsedLast() throws IOException {
    for (int page = 0; page <= TablePages.MAX_PAGES; page++) {
      pages.intAt((long) page * TablePages.PAGE_BYTES);
    }
    assertThat(source.reads()).isEqualTo(TablePages.MAX_PAGES + 1);
    pages.intAt(TablePages.PAGE_BYTES);
    assertThat(source.reads()).isEqualTo(TablePages.MAX_PAGES + 1);
    pages.intAt(0);
    assertThat(source.reads()).isEqualTo(TablePages.MAX_PAGES + 2);
  }
}
