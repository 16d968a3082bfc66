package io.vmferry.functions.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.TaskChanges;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UploadTriggerTest {
  private final EventsFixture fixture = new EventsFixture();

  @ParameterizedTest
  @ValueSource(strings = {"web.ova", "web.VHDX", "web.vhd", "a b+c%20é.qcow2", "x/web.vdi"})
  void anImageStartsAnImportOfItself(String name) throws IOException {
    fixture.upload("imports/" + name, "bytes");

    JsonNode answer = fixture.created("imports/" + name);

    assertThat(answer.path("outcome").asText()).isEqualTo("started");
    Task task = fixture.tasks().getFirst();
    assertThat(answer.path("taskId").asText()).isEqualTo(task.id());
    assertThat(task.request().containers().getFirst().url())
        .isEqualTo("s3://images/imports/" + name);
    assertThat(task.request().guest()).isEqualTo(GuestOptions.MODIFIED);
    assertThat(fixture.pipeline.workflow.started()).containsExactly(task.id());
    assertThat(fixture.result("imports/" + name)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"web.raw", "web.img"})
  void aRawDiskIsDeclaredByItsName(String name) throws IOException {
    fixture.upload("imports/" + name, "bytes");

    fixture.created("imports/" + name);

    assertThat(fixture.tasks().getFirst().request().containers().getFirst().format())
        .contains("raw");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "imports/web.ova.import.json",
        "imports/web.ova.result.json",
        "imports/WEB.OVA.RESULT.JSON",
        "imports/notes.txt",
        "imports/web.mf",
        "imports/web.iso",
        "imports/ova",
        "imports/folder/",
        "other/web.ova",
        "uploads/1/web.ova"
      })
  void whatIsNoImageBelowThePrefixStartsNothing(String key) throws IOException {
    fixture.upload(key, "bytes");

    assertThat(fixture.created(key).path("outcome").asText()).isEqualTo("ignored");

    assertThat(fixture.tasks()).isEmpty();
    assertThat(fixture.pipeline.objects.keys(EventsFixture.IMAGES)).containsExactly(key);
  }

  @Test
  void anotherBucketStartsNothing() throws IOException {
    fixture.upload("imports/web.ova", "bytes");

    assertThat(fixture.created("others", "imports/web.ova").path("outcome").asText())
        .isEqualTo("ignored");
  }

  @Test
  void anObjectThatIsGoneStartsNothing() throws IOException {
    JsonNode answer = fixture.created("imports/web.ova");

    assertThat(answer.path("outcome").asText()).isEqualTo("ignored");
    assertThat(answer.path("reason").asText()).contains("not there any more");
  }

  @Test
  void eventsThatComeAgainFindTheTaskOfTheVersion() throws IOException {
    fixture.upload("imports/web.ova", "bytes");
    String first = fixture.created("imports/web.ova").path("taskId").asText();

    assertThat(fixture.created("imports/web.ova").path("taskId").asText()).isEqualTo(first);

    // The event of an older version, late: the newest is what is imported, once.
    fixture.upload("imports/web.ova", "newer bytes");
    String second = fixture.created("imports/web.ova").path("taskId").asText();
    assertThat(fixture.created("imports/web.ova").path("taskId").asText()).isEqualTo(second);
    assertThat(second).isNotEqualTo(first);
    assertThat(fixture.tasks()).hasSize(2);
  }

  @Test
  void theSameBytesUploadedAgainAreAnotherVersion() throws IOException {
    fixture.upload("imports/web.ova", "bytes");
    fixture.created("imports/web.ova");
    fixture.upload("imports/web.ova", "bytes");
    fixture.created("imports/web.ova");

    assertThat(fixture.tasks()).hasSize(2);
  }

  @Test
  void anEventThatComesAgainAfterTheOptionsChangedChangesNothing() throws IOException {
    fixture.upload("imports/web.ova", "bytes");
    fixture.created("imports/web.ova");
    fixture.upload("imports/web.ova.import.json", "{\"name\": \"other\"}");

    assertThat(fixture.created("imports/web.ova").path("outcome").asText()).isEqualTo("ignored");

    assertThat(fixture.tasks()).hasSize(1);
    assertThat(fixture.result("imports/web.ova")).isEmpty();
  }

  @Test
  void everyOptionOfAFileIsFollowed() throws IOException {
    fixture.upload(
        "imports/web.ova.import.json",
        """
        {"kind": "image", "format": "ova", "name": "web", "description": "the web",
         "architecture": "arm64", "bootMode": "uefi", "encrypted": true, "kmsKeyId": "alias/k",
         "tags": {"env": "test", "Name": "web"}, "modifyOs": true, "dryRun": true,
         "rebuildInitramfs": true, "resetIdentity": true, "agent": "s3://b/agent.deb",
         "agentUrl": "https://example.org/agent.deb"}""");
    fixture.upload("imports/web.ova", "bytes");

    fixture.created("imports/web.ova");

    assertEveryOption(fixture.tasks().getFirst().request());
  }

  @Test
  void everyOptionOfMetadataIsFollowed() throws IOException {
    fixture.upload(
        "imports/web.ova",
        "bytes".getBytes(StandardCharsets.UTF_8),
        Map.ofEntries(
            Map.entry("vmferry-kind", "image"),
            Map.entry("vmferry-format", "ova"),
            Map.entry("vmferry-name", "web"),
            Map.entry("vmferry-description", "the web"),
            Map.entry("vmferry-architecture", "arm64"),
            Map.entry("vmferry-boot-mode", "uefi"),
            Map.entry("vmferry-encrypted", "true"),
            Map.entry("vmferry-kms-key-id", "alias/k"),
            Map.entry("vmferry-tags", "env=test&Name=web"),
            Map.entry("vmferry-modify-os", "true"),
            Map.entry("vmferry-dry-run", "true"),
            Map.entry("vmferry-rebuild-initramfs", "true"),
            Map.entry("vmferry-reset-identity", "true"),
            Map.entry("vmferry-agent", "s3://b/agent.deb"),
            Map.entry("vmferry-agent-url", "https://example.org/agent.deb"),
            Map.entry("vmferry", "upload"),
            Map.entry("others", "matter not")));

    fixture.created("imports/web.ova");

    assertEveryOption(fixture.tasks().getFirst().request());
  }

  private static void assertEveryOption(ImportRequest request) {
    assertThat(request.kind()).isEqualTo(TaskKind.IMPORT_IMAGE);
    assertThat(request.containers().getFirst().format()).contains("ova");
    assertThat(request.name()).contains("web");
    assertThat(request.description()).contains("the web");
    assertThat(request.architecture()).contains("arm64");
    assertThat(request.bootMode()).contains("uefi");
    assertThat(request.encrypted()).contains(true);
    assertThat(request.kmsKeyId()).contains("alias/k");
    assertThat(request.tags()).isEqualTo(Map.of("env", "test", "Name", "web"));
    assertThat(request.guest().modify()).isTrue();
    assertThat(request.guest().dryRun()).isTrue();
    assertThat(request.guest().rebuildInitramfs()).isTrue();
    assertThat(request.guest().resetIdentity()).isTrue();
    assertThat(request.guest().agentPackage()).contains("s3://b/agent.deb");
    assertThat(request.guest().agentUrl()).contains("https://example.org/agent.deb");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"colour\": \"red\"}|unknown option 'colour'; known are kind, format",
        "{\"name\": 5}|a number as 'name', expected a text",
        "{\"encrypted\": \"yes\"}|a text as 'encrypted', expected true or false",
        "{\"tags\": [\"a\"]}|a list as 'tags', expected an object of texts",
        "{\"tags\": {\"a\": 1}}|a number as the tag 'a', expected a text",
        "{\"kind\": \"machine\"}|no kind 'machine'; known are image, snapshot",
        "[]|is no JSON object, but a list",
        "{\"name\": \"a\", \"name\": \"b\"}|is no JSON",
        "{\"name\": |is no JSON",
        "{} {}|is no JSON",
      })
  void optionsThatAreNotUnderstoodAreRefusedBesideTheImage(String options, String why)
      throws IOException {
    fixture.upload("imports/web.ova.import.json", options);
    fixture.upload("imports/web.ova", "bytes");

    assertThat(fixture.created("imports/web.ova").path("outcome").asText()).isEqualTo("refused");

    JsonNode result = fixture.result("imports/web.ova").orElseThrow();
    assertThat(result.path("status").asText()).isEqualTo("refused");
    assertThat(result.path("error").path("code").asText()).isEqualTo("UPLOAD_OPTIONS_INVALID");
    assertThat(result.path("error").path("message").asText()).contains(why);
    assertThat(fixture.tasks()).isEmpty();
    assertThat(fixture.publisher.events()).hasSize(1);
    assertThat(fixture.publisher.messages()).hasSize(1);
    assertThat(fixture.metrics.sum("ImportsRefused")).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "vmferry-colour|red|unknown option 'vmferry-colour'",
        "vmferry-encrypted|yes|'yes' as 'vmferry-encrypted'",
        "vmferry-tags|novalue|'novalue' in 'vmferry-tags'",
        "vmferry-tags|a=%zz|not percent-encoded",
      })
  void metadataThatIsNotUnderstoodIsRefused(String name, String value, String why)
      throws IOException {
    fixture.upload(
        "imports/web.ova", "bytes".getBytes(StandardCharsets.UTF_8), Map.of(name, value));

    fixture.created("imports/web.ova");

    assertThat(message("imports/web.ova")).contains(why);
  }

  private String message(String key) throws IOException {
    return fixture.result(key).orElseThrow().path("error").path("message").asText();
  }

  @Test
  void optionsGivenBothWaysAreRefused() throws IOException {
    fixture.upload("imports/web.ova.import.json", "{}");
    fixture.upload(
        "imports/web.ova", "bytes".getBytes(StandardCharsets.UTF_8), Map.of("vmferry-name", "web"));

    fixture.created("imports/web.ova");

    assertThat(message("imports/web.ova")).contains("give them one way");
  }

  @Test
  void anOptionsFileThatIsTooLargeIsNotRead() throws IOException {
    fixture.upload("imports/web.ova.import.json", " ".repeat((64 << 10) + 1));
    fixture.upload("imports/web.ova", "bytes");

    fixture.created("imports/web.ova");

    assertThat(message("imports/web.ova")).contains("65537 bytes; at most 65536");
  }

  @Test
  void aRequestThatStartImportRefusesTellsItBesideTheImage() throws IOException {
    fixture.upload("imports/web.ova.import.json", "{\"architecture\": \"sparc\"}");
    fixture.upload("imports/web.ova", "bytes");

    fixture.created("imports/web.ova");

    assertThat(message("imports/web.ova")).contains("no architecture 'sparc'");
  }

  @Test
  void whatCanGetBetterFailsSoThatTheEventComesAgain() throws IOException {
    fixture.upload("imports/web.ova", "bytes");
    fixture
        .pipeline
        .workflow
        .faults()
        .failNext("start", new VmferryException(ErrorCode.SERVICE_THROTTLED, "too fast"));

    assertThatThrownBy(() -> fixture.created("imports/web.ova"))
        .isInstanceOf(CapacityException.class);
    assertThat(fixture.publisher.events()).isEmpty();

    assertThat(fixture.created("imports/web.ova").path("outcome").asText()).isEqualTo("started");
    assertThat(fixture.tasks()).hasSize(1);
  }

  @Test
  void theTasksResultReplacesWhatWasToldBeforeItStarted() throws IOException {
    fixture.upload("imports/web.ova", "bytes");
    // The clock of who looks at an upload is later than that of the task.
    fixture.clock.advance(Duration.ofHours(1));
    failNextStart();
    assertThatThrownBy(() -> fixture.created("imports/web.ova"))
        .isInstanceOf(CapacityException.class);
    JsonNode refused = fixture.result("imports/web.ova").orElseThrow();
    assertThat(refused.path("status").asText()).isEqualTo("refused");
    assertThat(Instant.parse(refused.path("startedAt").asText()))
        .isEqualTo(
            fixture
                .uploaded
                .find(EventsFixture.IMAGES, "imports/web.ova")
                .orElseThrow()
                .lastModified());
    assertThat(Instant.parse(refused.path("endedAt").asText())).isEqualTo(fixture.clock.instant());
    fixture.created("imports/web.ova");
    Task task = fixture.tasks().getFirst();
    Task deleted = end(task);
    fixture.announce();

    assertThat(fixture.result("imports/web.ova").orElseThrow().path("taskId").asText())
        .isEqualTo(deleted.id());
  }

  @Test
  void anEventThatComesAgainLateDoesNotReplaceTheTasksResult() throws IOException {
    fixture.upload("imports/web.ova", "bytes");
    fixture.created("imports/web.ova");
    Task task = end(fixture.tasks().getFirst());
    fixture.announce();
    fixture.clock.advance(Duration.ofHours(1));
    fixture.upload("imports/web.ova.import.json", "{\"colour\": \"red\"}");

    fixture.created("imports/web.ova");

    assertThat(fixture.result("imports/web.ova").orElseThrow().path("taskId").asText())
        .isEqualTo(task.id());
  }

  @Test
  void aSetThatWasWaitedForHasItsTasksResult() throws IOException {
    fixture.upload("imports/web/web.ovf", ovf("web-disk1.vmdk"));
    fixture.clock.advance(Duration.ofHours(1));
    fixture.created("imports/web/web.ovf");
    fixture.upload("imports/web/web-disk1.vmdk", sparse(true), Map.of());
    fixture.created("imports/web/web-disk1.vmdk");
    Task task = end(fixture.tasks().getFirst());

    fixture.announce();

    assertThat(fixture.result("imports/web/web.ovf").orElseThrow().path("taskId").asText())
        .isEqualTo(task.id());
  }

  @Test
  void aRefusalIsToldBesideWhatStandsForTheSetAlone() throws IOException {
    fixture.upload("imports/web/web.ovf", ovf("web-disk1.vmdk"));
    fixture.upload("imports/web/web-disk1.vmdk", sparse(true), Map.of());
    failNextStart();

    assertThatThrownBy(() -> fixture.created("imports/web/web-disk1.vmdk"))
        .isInstanceOf(CapacityException.class);

    assertThat(fixture.result("imports/web/web.ovf")).isPresent();
    assertThat(fixture.result("imports/web/web-disk1.vmdk")).isEmpty();
  }

  private void failNextStart() {
    fixture
        .pipeline
        .workflow
        .faults()
        .failNext("start", new VmferryException(ErrorCode.SERVICE_THROTTLED, "too fast"));
  }

  /** Ends a task, and has that announced next. */
  private Task end(Task task) {
    fixture.pipeline.tasks.update(task.id(), t -> t.advanced(TaskStatus.DELETED, "ended"));
    Task ended = fixture.pipeline.tasks.find(task.id()).orElseThrow();
    fixture.changes.add(
        new TaskChanges.TaskChange("1", task.createdAt(), Optional.of(task), ended));
    return ended;
  }

  @Test
  void anOvfStandsForItsFolderOnceAllItsFilesAreThere() throws IOException {
    fixture.upload("imports/web/web.ovf", ovf("web-disk1.vmdk", "web%20disk2.vmdk"));
    JsonNode waiting = fixture.created("imports/web/web.ovf");
    assertThat(waiting.path("outcome").asText()).isEqualTo("waiting");
    assertThat(fixture.result("imports/web/web.ovf").orElseThrow().path("missing"))
        .extracting(JsonNode::asText)
        .containsExactly("web-disk1.vmdk", "web%20disk2.vmdk");

    fixture.upload("imports/web/web-disk1.vmdk", sparse(true), Map.of());
    assertThat(fixture.created("imports/web/web-disk1.vmdk").path("outcome").asText())
        .isEqualTo("waiting");
    fixture.upload("imports/web/web disk2.vmdk", sparse(true), Map.of());
    JsonNode started = fixture.created("imports/web/web disk2.vmdk");

    assertThat(started.path("outcome").asText()).isEqualTo("started");
    assertThat(started.path("key").asText()).isEqualTo("imports/web/web.ovf");
    assertThat(fixture.created("imports/web/web.ovf").path("taskId"))
        .isEqualTo(started.path("taskId"));
    assertThat(fixture.tasks()).hasSize(1);
    assertThat(fixture.tasks().getFirst().request().containers().getFirst().url())
        .isEqualTo("s3://images/imports/web/web.ovf");
  }

  @Test
  void aDiskOfAnOvfThatIsToComeWaitsForIt() throws IOException {
    fixture.upload("imports/web/web-disk1.vmdk", sparse(true), Map.of());

    assertThat(fixture.created("imports/web/web-disk1.vmdk").path("outcome").asText())
        .isEqualTo("waiting");
    assertThat(fixture.result("imports/web/web-disk1.vmdk")).isPresent();

    fixture.upload("imports/web/web.ovf", ovf("web-disk1.vmdk"));
    assertThat(fixture.created("imports/web/web.ovf").path("outcome").asText())
        .isEqualTo("started");
  }

  @Test
  void aDiskDirectlyBelowThePrefixIsAMachineOfItsOwn() throws IOException {
    fixture.upload("imports/web-disk1.vmdk", sparse(true), Map.of());

    assertThat(fixture.created("imports/web-disk1.vmdk").path("outcome").asText())
        .isEqualTo("started");
  }

  @Test
  void aDescriptorStandsForItsExtentsInAnyOrderOfUpload() throws IOException {
    fixture.upload("imports/web-s001.vmdk", sparse(false), Map.of());
    assertThat(fixture.created("imports/web-s001.vmdk").path("outcome").asText())
        .isEqualTo("ignored");
    fixture.upload("imports/web.vmdk", descriptor("web-s001.vmdk", "web-s002.vmdk"));
    assertThat(fixture.created("imports/web.vmdk").path("outcome").asText()).isEqualTo("waiting");
    fixture.upload("imports/web-s002.vmdk", sparse(false), Map.of());

    JsonNode started = fixture.created("imports/web-s002.vmdk");

    assertThat(started.path("outcome").asText()).isEqualTo("started");
    assertThat(started.path("key").asText()).isEqualTo("imports/web.vmdk");
    assertThat(fixture.created("imports/web-s001.vmdk").path("taskId"))
        .isEqualTo(started.path("taskId"));
    assertThat(fixture.tasks()).hasSize(1);
  }

  @Test
  void aPartIsKnownByItsBytesWhateverItIsCalled() throws IOException {
    fixture.upload("imports/second half.vmdk", sparse(false), Map.of());

    assertThat(fixture.created("imports/second half.vmdk").path("outcome").asText())
        .isEqualTo("ignored");
    assertThat(fixture.tasks()).isEmpty();
  }

  @Test
  void aDescriptorThatIsDamagedIsRefusedBesideIt() throws IOException {
    fixture.upload("imports/web.ovf", "<Envelope");

    fixture.created("imports/web.ovf");

    assertThat(fixture.result("imports/web.ovf").orElseThrow().path("error").path("code").asText())
        .isEqualTo("OVF_INVALID");
  }

  @Test
  void anEmptyImageIsLeftToValidation() throws IOException {
    fixture.upload("imports/web.vmdk", "");

    assertThat(fixture.created("imports/web.vmdk").path("outcome").asText()).isEqualTo("started");
  }

  private static String descriptor(String... extents) {
    StringBuilder text = new StringBuilder("# Disk DescriptorFile\nversion=1\n");
    for (String extent : List.of(extents)) {
      text.append("RW 2048 SPARSE \"").append(extent).append("\"\n");
    }
    return text.toString();
  }

  /** The header of a sparse extent. */
  private static byte[] sparse(boolean described) {
    ByteBuffer header = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(0x564d444b).putInt(1).putInt(3).putLong(2048).putLong(128);
    header.putLong(described ? 1 : 0).putLong(described ? 20 : 0).putInt(512);
    return header.array();
  }

  private static String ovf(String... files) {
    StringBuilder references = new StringBuilder();
    StringBuilder disks = new StringBuilder();
    StringBuilder items = new StringBuilder();
    int number = 0;
    for (String file : files) {
      number++;
      references.append("<File ovf:href=\"%s\" ovf:id=\"file%d\"/>".formatted(file, number));
      disks.append(
          "<Disk ovf:capacity=\"1048576\" ovf:diskId=\"disk%1$d\" ovf:fileRef=\"file%1$d\"/>"
              .formatted(number));
      items.append(
          ("<Item><rasd:AddressOnParent>%1$d</rasd:AddressOnParent>"
                  + "<rasd:HostResource>ovf:/disk/disk%1$d</rasd:HostResource>"
                  + "<rasd:InstanceID>%2$d</rasd:InstanceID><rasd:Parent>1</rasd:Parent>"
                  + "<rasd:ResourceType>17</rasd:ResourceType></Item>")
              .formatted(number, number + 10));
    }
    return """
        <?xml version="1.0"?>
        <Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1"
         xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
         xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData">
        <References>%s</References><DiskSection><Info/>%s</DiskSection>
        <VirtualSystem ovf:id="web"><Info/><VirtualHardwareSection><Info/>
        <Item><rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>6</rasd:ResourceType></Item>
        %s</VirtualHardwareSection></VirtualSystem></Envelope>
        """
        .formatted(references, disks, items);
  }
}
