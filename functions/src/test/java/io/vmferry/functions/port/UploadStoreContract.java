package io.vmferry.functions.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link UploadStore} does. Where the answer to a call was lost, the call is made again,
 * and a second upload nobody knows of is left: none of these count on there being no such upload.
 */
public abstract class UploadStoreContract {
  private static final int PART = 5 << 20;
  private static final String KEY = "tasks/1/source.vmdk";

  // Opened before each test.
  @SuppressWarnings("NullAway.Init")
  private UploadStore uploads;

  // Opened before each test.
  @SuppressWarnings("NullAway.Init")
  private ObjectStore objects;

  // Made before each test.
  @SuppressWarnings("NullAway.Init")
  private String bucket;

  /** The store of the objects that uploads become. */
  protected abstract ObjectStore newObjects();

  /** A store of uploads into that store of objects. */
  protected abstract UploadStore newUploads(ObjectStore objects);

  /** A fresh bucket. */
  protected abstract String newBucket();

  @BeforeEach
  final void openStore() {
    objects = newObjects();
    uploads = newUploads(objects);
    bucket = newBucket();
  }

  private static byte[] content(int seed, int size) {
    byte[] bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private String upload(String id, int part, byte[] content) {
    return uploads.uploadPart(
        bucket, KEY, id, part, new ByteArrayInputStream(content), content.length);
  }

  private byte[] object() throws IOException {
    try (InputStream in = objects.read(bucket, KEY)) {
      return in.readAllBytes();
    }
  }

  private static void assertFails(ErrorCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .asInstanceOf(type(VmferryException.class))
        .extracting(VmferryException::code)
        .isEqualTo(code);
  }

  @Test
  final void partsInAnyOrderBecomeTheObject() throws IOException {
    byte[] first = content(1, PART);
    byte[] last = content(2, 1234);
    String id = uploads.begin(bucket, KEY);

    upload(id, 2, last);
    String eTag = upload(id, 1, first);
    uploads.complete(bucket, KEY, id);

    assertThat(eTag).isNotBlank();
    assertThat(object()).isEqualTo(ByteBuffer.allocate(PART + 1234).put(first).put(last).array());
    assertThat(uploads.unfinished(bucket, "tasks/")).doesNotContain(KEY + "#" + id);
  }

  @Test
  final void aPartUploadedAgainReplacesTheFormer() throws IOException {
    String id = uploads.begin(bucket, KEY);
    upload(id, 1, content(1, 100));
    upload(id, 1, content(2, 200));
    uploads.complete(bucket, KEY, id);

    assertThat(object()).isEqualTo(content(2, 200));
  }

  @Test
  final void takesNoMoreOfTheContentThanThePartsLength() throws IOException {
    String id = uploads.begin(bucket, KEY);
    InputStream content = new ByteArrayInputStream(content(1, 100));
    uploads.uploadPart(bucket, KEY, id, 1, content, 40);
    uploads.complete(bucket, KEY, id);

    assertThat(object()).hasSize(40);
    assertThat(content.readAllBytes()).hasSize(60);
  }

  @Test
  final void completingAgainDoesNothing() throws IOException {
    String id = uploads.begin(bucket, KEY);
    upload(id, 1, content(1, 100));
    uploads.complete(bucket, KEY, id);
    uploads.complete(bucket, KEY, id);

    assertThat(object()).isEqualTo(content(1, 100));
  }

  @Test
  final void anAbortedUploadIsGone() {
    String id = uploads.begin(bucket, KEY);
    upload(id, 1, content(1, 100));
    uploads.abort(bucket, KEY, id);
    uploads.abort(bucket, KEY, id);

    assertThat(uploads.unfinished(bucket, "")).doesNotContain(KEY + "#" + id);
    assertFails(ErrorCode.TASK_STATE_CONFLICT, () -> uploads.complete(bucket, KEY, id));
    assertFails(ErrorCode.SOURCE_NOT_FOUND, () -> objects.head(bucket, KEY));
  }

  @Test
  final void listsUnfinishedUploadsBelowAPrefix() {
    String one = uploads.begin(bucket, "tasks/1/a");
    String two = uploads.begin(bucket, "tasks/1/b");
    uploads.begin(bucket, "tasks/2/c");

    assertThat(uploads.unfinished(bucket, "tasks/1/"))
        .contains("tasks/1/a#" + one, "tasks/1/b#" + two)
        .allMatch(upload -> upload.startsWith("tasks/1/"));
  }

  @Test
  final void contentThatEndsEarlyIsRefused() {
    String id = uploads.begin(bucket, KEY);

    assertFails(
        ErrorCode.INTERNAL,
        () ->
            uploads.uploadPart(bucket, KEY, id, 1, new ByteArrayInputStream(content(1, 99)), 100));
  }

  @Test
  final void aFailureOfTheContentIsThrownAsItIs() {
    String id = uploads.begin(bucket, KEY);
    VmferryException failure = new VmferryException(ErrorCode.SOURCE_CHANGED, "it changed");
    InputStream failing =
        new InputStream() {
          @Override
          public int read() {
            throw failure;
          }

          @Override
          public int read(byte[] destination, int offset, int length) {
            throw failure;
          }
        };

    assertThatThrownBy(() -> uploads.uploadPart(bucket, KEY, id, 1, failing, 100))
        .isSameAs(failure);
  }
}
