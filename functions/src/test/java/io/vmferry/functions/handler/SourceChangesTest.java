package io.vmferry.functions.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.disk.vmdk.HandWrittenVmdk;
import io.vmferry.error.ErrorCode;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A source that is overwritten or deleted while it is imported, at each step that reads it. */
class SourceChangesTest {
  private static final int MIB = 1 << 20;

  /** More than what is kept of an open source, and than what is read ahead. */
  private static final int SIZE = 32 * MIB;

  private static final String KEY = "disk.raw";
  private static final URI WEB = URI.create("https://example.com/disk.raw?signature=secret");

  /** A machine with a disk of 1 MiB. */
  private static final String OVF =
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1"
        xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
        xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData">
        <References><File ovf:href="disk.raw" ovf:id="file0"/></References>
        <DiskSection>
          <Info>Disks</Info>
          <Disk ovf:capacity="1048576" ovf:diskId="disk0" ovf:fileRef="file0"/>
        </DiskSection>
        <VirtualSystem ovf:id="vm">
          <Info>A machine</Info>
          <VirtualHardwareSection>
            <Info>Hardware</Info>
            <Item>
              <rasd:Address>0</rasd:Address>
              <rasd:ElementName>controller</rasd:ElementName>
              <rasd:InstanceID>1</rasd:InstanceID>
              <rasd:ResourceSubType>AHCI</rasd:ResourceSubType>
              <rasd:ResourceType>20</rasd:ResourceType>
            </Item>
            <Item>
              <rasd:AddressOnParent>0</rasd:AddressOnParent>
              <rasd:ElementName>disk</rasd:ElementName>
              <rasd:HostResource>ovf:/disk/disk0</rasd:HostResource>
              <rasd:InstanceID>2</rasd:InstanceID>
              <rasd:Parent>1</rasd:Parent>
              <rasd:ResourceType>17</rasd:ResourceType>
            </Item>
          </VirtualHardwareSection>
        </VirtualSystem>
      </Envelope>
      """;

  @TempDir private Path directory;

  private final Pipeline pipeline = new Pipeline(1);
  private final AtomicBoolean changed = new AtomicBoolean();

  /** What happens to the source. */
  enum Change {
    OVERWRITTEN,
    DELETED
  }

  private static byte[] disk(long seed, int size) {
    byte[] disk = new byte[size];
    new Random(seed).nextBytes(disk);
    return disk;
  }

  private String inS3(GuestOptions guest) throws IOException {
    pipeline.objects.put("b", KEY, disk(1, SIZE));
    ImportRequest request = Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", "s3://b/" + KEY);
    return pipeline.start(Pipeline.withGuest(request, guest));
  }

  private void happens(Change change) {
    if (changed.getAndSet(true)) {
      return;
    }
    switch (change) {
      case OVERWRITTEN -> pipeline.objects.put("b", KEY, disk(2, SIZE));
      case DELETED -> pipeline.objects.delete("b", KEY);
    }
  }

  @ParameterizedTest
  @EnumSource
  void beforeItIsLookedAtADeletedSourceIsNotFound(Change change) throws IOException {
    String id = inS3(GuestOptions.AS_IT_IS);
    happens(change);

    switch (change) {
      // Nobody has seen the one before.
      case OVERWRITTEN -> assertThat(pipeline.run(id).status()).isEqualTo(TaskStatus.COMPLETED);
      case DELETED -> assertFails(id, ErrorCode.SOURCE_NOT_FOUND, () -> pipeline.run(id));
    }
  }

  @ParameterizedTest
  @EnumSource
  void betweenValidateAndPlan(Change change) throws IOException {
    String id = inS3(GuestOptions.AS_IT_IS);
    pipeline.validate(id);
    happens(change);

    assertFails(
        id,
        ErrorCode.SOURCE_CHANGED,
        () -> {
          pipeline.plan(id);
          pipeline.convert(id);
        });
  }

  @ParameterizedTest
  @EnumSource
  void afterPlan(Change change) throws IOException {
    String id = inS3(GuestOptions.AS_IT_IS);
    pipeline.validateAndPlan(id);
    happens(change);

    assertFails(id, ErrorCode.SOURCE_CHANGED, () -> pipeline.convert(id));
  }

  @ParameterizedTest
  @EnumSource
  void inTheMiddleOfConvertChunk(Change change) throws IOException {
    String id = inS3(GuestOptions.AS_IT_IS);
    pipeline.validateAndPlan(id);
    pipeline.snapshots.faults().beforeEach(() -> happens(change));

    assertFails(id, ErrorCode.SOURCE_CHANGED, () -> pipeline.convert(id));

    assertThat(changed).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void inModifyOs(Change change) throws IOException {
    String id = inS3(GuestOptions.MODIFIED);
    pipeline.validateAndPlan(id);
    pipeline.convert(id);
    pipeline.guests.edits(
        disks -> {
          disks.getFirst().readFully(0, ByteBuffer.allocate(512));
          happens(change);
          // Beginning and end were read when it was opened.
          disks.getFirst().readFully(SIZE / 2, ByteBuffer.allocate(512));
        });

    assertFails(id, ErrorCode.SOURCE_CHANGED, () -> pipeline.modifyOs(id));

    assertThat(changed).isTrue();
    assertThat(pipeline.guests.openDisks()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void beforeVerifyManifest(Change change) throws IOException {
    Path raw = Files.write(directory.resolve("disk"), disk(1, MIB));
    HandWrittenVmdk.stream(raw, directory.resolve("vmdk"));
    byte[] disk = Files.readAllBytes(directory.resolve("vmdk"));
    byte[] ovf = OVF.getBytes(StandardCharsets.UTF_8);
    String manifest = line("vm.ovf", ovf) + line(KEY, disk);
    pipeline.objects.put("b", "vm.ovf", ovf);
    pipeline.objects.put("b", KEY, disk);
    pipeline.objects.put("b", "vm.mf", manifest.getBytes(StandardCharsets.UTF_8));
    String id = pipeline.start(Pipeline.request(TaskKind.IMPORT_IMAGE, null, "s3://b/vm.ovf"));
    pipeline.validateAndPlan(id);
    // The conversion has read what it needs: only the digest is left to be computed.
    pipeline.convertChunks(id);
    happens(change);

    assertFails(id, ErrorCode.SOURCE_CHANGED, () -> pipeline.verifyManifest(id));
  }

  @ParameterizedTest
  @EnumSource
  void beforeTheFileOfAWebServerIsCopied(Change change) throws IOException {
    pipeline.remote.serve(WEB, disk(1, SIZE));
    String id = pipeline.start(Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", WEB.toString()));
    pipeline.validate(id);
    webHappens(change);

    assertFails(id, ErrorCode.SOURCE_CHANGED, () -> pipeline.download(id));
  }

  /** While the first range is stored, that of the second one is still to be read. */
  @ParameterizedTest
  @EnumSource
  void whileTheFileOfAWebServerIsCopied(Change change) throws IOException {
    pipeline.remote.serve(WEB, disk(1, 100 * MIB));
    String id = pipeline.start(Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", WEB.toString()));
    pipeline.validate(id);
    pipeline.uploads.faults().beforeEach(() -> webHappens(change));

    assertFails(id, ErrorCode.SOURCE_CHANGED, () -> pipeline.download(id));

    assertThat(changed).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void afterItsCopyTheFileOfAWebServerMayDoAsItLikes(Change change) throws IOException {
    byte[] disk = disk(1, SIZE);
    pipeline.remote.serve(WEB, disk);
    String id = pipeline.start(Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", WEB.toString()));
    pipeline.validateAndPlan(id);
    webHappens(change);

    pipeline.convert(id);
    Task task = pipeline.finish(id);

    assertThat(task.status()).isEqualTo(TaskStatus.COMPLETED);
    byte[] written = new byte[SIZE];
    pipeline
        .snapshots
        .blocks(task.disk(0).snapshotId().orElseThrow())
        .forEach(
            (index, block) ->
                System.arraycopy(block, 0, written, index * block.length, block.length));
    assertThat(Arrays.equals(written, disk)).isTrue();
  }

  private void webHappens(Change change) {
    if (changed.getAndSet(true)) {
      return;
    }
    switch (change) {
      case OVERWRITTEN -> pipeline.remote.serve(WEB, disk(2, SIZE));
      case DELETED -> pipeline.remote.remove(WEB);
    }
  }

  private static String line(String name, byte[] content) {
    try {
      return "SHA256(%s)= %s\n"
          .formatted(
              name, HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private void assertFails(String id, ErrorCode code, ThrowingCallable steps) throws IOException {
    StepException[] failure = new StepException[1];
    assertThatThrownBy(steps)
        .isInstanceOfSatisfying(UserException.class, e -> failure[0] = e)
        .hasMessageStartingWith(code.name() + ": ")
        .hasMessageNotContaining("secret");
    Task task = pipeline.fail(id, failure[0]);
    assertThat(task.status()).isEqualTo(TaskStatus.DELETED);
    assertThat(task.error().orElseThrow().code()).isEqualTo(code);
    assertThat(pipeline.leftOver()).isEmpty();
    assertThat(pipeline.effects.list(id)).isEmpty();
    assertThat(pipeline.admission.holders(TaskKind.IMPORT_IMAGE)).isEmpty();
  }
}
