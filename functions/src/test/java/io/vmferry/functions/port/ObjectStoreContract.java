package io.vmferry.functions.port;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.task.ObjectVersion;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every {@link ObjectStore} does. */
public abstract class ObjectStoreContract {
  private static final String KEY = "folder/with space/ä+b%20c.vmdk";

  // Opened before each test.
  @SuppressWarnings("NullAway.Init")
  private ObjectStore store;

  // Made before each test.
  @SuppressWarnings("NullAway.Init")
  private String bucket;

  /** A store. */
  protected abstract ObjectStore newStore();

  /** A fresh bucket of that store. */
  protected abstract String newBucket();

  @BeforeEach
  final void openStore() {
    store = newStore();
    bucket = newBucket();
  }

  private static byte[] content(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  private static void assertFails(ErrorCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .asInstanceOf(type(VmferryException.class))
        .extracting(VmferryException::code)
        .isEqualTo(code);
  }

  private byte[] read(String key) throws IOException {
    try (InputStream in = store.read(bucket, key)) {
      return in.readAllBytes();
    }
  }

  @Test
  final void readsWhatWasPut() throws IOException {
    byte[] content = content(100_000);

    store.put(bucket, KEY, content);

    assertThat(read(KEY)).isEqualTo(content);
    ObjectVersion head = store.head(bucket, KEY);
    assertThat(head.size()).isEqualTo(100_000);
    assertThat(head.eTag()).startsWith("\"").endsWith("\"").hasSizeGreaterThan(10);
    assertThat(head.bucket()).isEqualTo(bucket);
    assertThat(head.key()).isEqualTo(KEY);
  }

  @Test
  final void storesFiles(@TempDir Path directory) throws IOException {
    byte[] content = content(9_000_001);
    Path file = Files.write(directory.resolve("overlay"), content);

    store.put(bucket, KEY, file);

    assertThat(read(KEY)).isEqualTo(content);
    assertThat(store.head(bucket, KEY).size()).isEqualTo(content.length);
  }

  @Test
  final void keepsEmptyObjects() throws IOException {
    store.put(bucket, KEY, new byte[0]);

    assertThat(read(KEY)).isEmpty();
    assertThat(store.head(bucket, KEY).size()).isZero();
  }

  @Test
  final void puttingAgainReplacesTheObjectAndItsVersion() throws IOException {
    store.put(bucket, KEY, content(10));
    ObjectVersion first = store.head(bucket, KEY);
    store.put(bucket, KEY, content(11));

    assertThat(read(KEY)).isEqualTo(content(11));
    assertThat(store.head(bucket, KEY).eTag()).isNotEqualTo(first.eTag());
  }

  @Test
  final void whatIsNotThereIsNotFound() {
    assertFails(ErrorCode.SOURCE_NOT_FOUND, () -> store.head(bucket, "nothing"));
    assertFails(ErrorCode.SOURCE_NOT_FOUND, () -> store.read(bucket, "nothing"));
    assertFails(ErrorCode.SOURCE_NOT_FOUND, () -> store.head(bucket + "-none", KEY));
  }

  @Test
  final void readsAtRandomIntoAnyBuffer() throws IOException {
    byte[] content = content(300_000);
    store.put(bucket, KEY, content);
    Random random = new Random(1);
    try (ByteSource source = store.open(store.head(bucket, KEY))) {
      assertThat(source.size()).isEqualTo(content.length);
      for (int i = 0; i < 20; i++) {
        int length = random.nextInt(70_000);
        int position = random.nextInt(content.length - length);
        ByteBuffer destination =
            i % 2 == 0
                ? ByteBuffer.allocate(length + 9).position(9).slice()
                : ByteBuffer.allocateDirect(length);
        source.readFully(position, destination);
        assertThat(destination.remaining()).isZero();
        assertThat(destination.flip()).isEqualTo(ByteBuffer.wrap(content, position, length));
      }
    }
  }

  @Test
  final void readsUpToTheEndAndNotBeyond() throws IOException {
    store.put(bucket, KEY, content(1000));
    try (ByteSource source = store.open(store.head(bucket, KEY))) {
      ByteBuffer last = ByteBuffer.allocate(1);
      source.readFully(999, last);
      assertThat(last.get(0)).isEqualTo(content(1000)[999]);
      source.readFully(1000, ByteBuffer.allocate(0));
      assertThatThrownBy(() -> source.readFully(999, ByteBuffer.allocate(2)))
          .isInstanceOf(EOFException.class);
    }
  }

  @Test
  final void aChangedObjectFailsTheReadsOfItsFormerVersion() throws IOException {
    store.put(bucket, KEY, content(1000));
    try (ByteSource source = store.open(store.head(bucket, KEY))) {
      source.readFully(0, ByteBuffer.allocate(10));
      byte[] other = content(1000);
      other[500]++;
      store.put(bucket, KEY, other);

      assertFails(ErrorCode.SOURCE_CHANGED, () -> source.readFully(0, ByteBuffer.allocate(10)));
    }
  }

  @Test
  final void anObjectThatDisappearedFailsTheReadsOfItsVersion() throws IOException {
    store.put(bucket, KEY, content(1000));
    try (ByteSource source = store.open(store.head(bucket, KEY))) {
      store.delete(bucket, KEY);

      assertFails(ErrorCode.SOURCE_CHANGED, () -> source.readFully(0, ByteBuffer.allocate(10)));
    }
  }

  @Test
  final void deletesOneObjectAndIgnoresAMissingOne() throws IOException {
    store.put(bucket, "a", content(1));
    store.put(bucket, "ab", content(2));

    store.delete(bucket, "a");
    store.delete(bucket, "a");

    assertFails(ErrorCode.SOURCE_NOT_FOUND, () -> store.head(bucket, "a"));
    assertThat(read("ab")).isEqualTo(content(2));
  }

  @Test
  final void deletesAllBelowAPrefixAndNothingBeside() throws Exception {
    Threads.together(
        30,
        i -> {
          for (int n = 0; n < 34; n++) {
            store.put(bucket, "tasks/1/%d/%d".formatted(i, n), "x".getBytes(UTF_8));
          }
          return i;
        });
    store.put(bucket, "tasks/10/a", content(3));

    store.delete(bucket, "tasks/1/");
    store.delete(bucket, "tasks/1/");

    assertFails(ErrorCode.SOURCE_NOT_FOUND, () -> store.head(bucket, "tasks/1/0/0"));
    assertFails(ErrorCode.SOURCE_NOT_FOUND, () -> store.head(bucket, "tasks/1/29/33"));
    assertThat(read("tasks/10/a")).isEqualTo(content(3));
  }
}
