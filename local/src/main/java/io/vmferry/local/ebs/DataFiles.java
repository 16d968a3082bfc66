package io.vmferry.local.ebs;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The files with a snapshot's data, 1 TiB each, opened as they are needed. */
final class DataFiles implements AutoCloseable {
  static final int BLOCKS_PER_FILE = 1 << 21;

  private final Path directory;
  private final @Nullable FileChannel[] files;

  DataFiles(Path directory, int blocks) {
    this.directory = directory;
    this.files = new FileChannel[(blocks + BLOCKS_PER_FILE - 1) / BLOCKS_PER_FILE];
  }

  /** The file a block is in. */
  synchronized FileChannel of(int block) throws IOException {
    return open(block / BLOCKS_PER_FILE);
  }

  /** Where in its file a block is. */
  static long position(int block) {
    return (long) (block % BLOCKS_PER_FILE) * BlockFiles.BLOCK_BYTES;
  }

  private FileChannel open(int number) throws IOException {
    FileChannel file = files[number];
    if (file == null) {
      file = BlockFiles.openFile(path(number));
      files[number] = file;
    }
    return file;
  }

  private Path path(int number) {
    return directory.resolve("data." + number);
  }

  /** Flushes all files, also those that only an earlier process wrote. */
  void force() throws IOException {
    force(all());
  }

  /** Flushes what this process has written so far. */
  void forceOpened() throws IOException {
    force(opened());
  }

  /** Without the lock: blocks are written while earlier ones are flushed. */
  private static void force(List<FileChannel> channels) throws IOException {
    for (FileChannel channel : channels) {
      channel.force(false);
    }
  }

  private synchronized List<FileChannel> all() throws IOException {
    for (int number = 0; number < files.length; number++) {
      if (files[number] == null && Files.exists(path(number))) {
        open(number);
      }
    }
    return opened();
  }

  private synchronized List<FileChannel> opened() {
    List<FileChannel> opened = new ArrayList<>();
    for (FileChannel file : files) {
      if (file != null) {
        opened.add(file);
      }
    }
    return opened;
  }

  @Override
  public synchronized void close() throws IOException {
    for (FileChannel file : files) {
      if (file != null) {
        file.close();
      }
    }
  }
}
