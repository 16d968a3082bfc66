package io.vmferry.disk.ova;

import static io.vmferry.disk.ova.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.vmferry.disk.ova.OvfDisk.Controller;
import io.vmferry.error.ErrorCode;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OvfParserTest {
  private static final String ONE_FILE = "<File ovf:id='f' ovf:href='a.vmdk'/>";
  private static final String TWO_FILES = ONE_FILE + "<File ovf:id='g' ovf:href='b.vmdk'/>";
  private static final String TWO_DISKS =
      "<Disk ovf:diskId='a' ovf:fileRef='f'/><Disk ovf:diskId='b' ovf:fileRef='g'/>";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ovf:/disk/a",
        "/disk/a",
        "ovf://disk/a",
        "disk/a",
        "a",
        "\n  ovf:/disk/a\n ",
        "OVF:/disk/a",
        "ovf:/file/f"
      })
  void knowsADiskByEverySpellingOfItsHostResource(String hostResource) {
    String ovf =
        Ovfs.envelope(
            TWO_FILES,
            "<Disk ovf:diskId='b' ovf:fileRef='g'/><Disk ovf:diskId='a' ovf:fileRef='f'/>",
            controller(1, 6, "", 0) + Ovfs.disk(2, hostResource, 1, 4));
    List<OvfDisk> disks = Ovfs.parse(ovf).disks();
    assertThat(disks).extracting(OvfDisk::diskId).containsExactly("a", "b");
    assertThat(disks.getFirst().controller()).isEqualTo(Controller.SCSI);
    assertThat(disks.getFirst().addressOnParent()).isEqualTo(4);
    assertThat(disks.getLast().controller()).isEqualTo(Controller.NONE);
    assertThat(disks.getLast().controllerIndex()).isEqualTo(-1);
    assertThat(disks.getLast().addressOnParent()).isEqualTo(-1);
  }

  @Test
  void takesAFileOnADriveForADiskWhereTheDiskSectionHasNone() {
    String ovf =
        Ovfs.envelope(ONE_FILE, "", controller(1, 6, "", 0) + Ovfs.disk(2, "ovf:/file/f", 1, 0));
    assertThat(Ovfs.parse(ovf).disks())
        .singleElement()
        .satisfies(disk -> assertThat(disk.fileName()).contains("a.vmdk"));
  }

  @ParameterizedTest
  @CsvSource({
    "5, '', IDE",
    "6, lsilogic, SCSI",
    "7, '', SCSI",
    "8, '', SCSI",
    "9, '', SCSI",
    "20, AHCI, SATA",
    "20, vmware.sata.ahci, SATA",
    "20, '', SATA",
    "20, vmware.nvme.controller, NVME",
    "20, NVMe, NVME",
    "20, LsiLogicSAS, SCSI",
    "20, VirtioSCSI, SCSI",
    "1, '', NONE",
    "99999999999, '', NONE"
  })
  void tellsTheKindOfController(String type, String subType, Controller expected) {
    String ovf =
        Ovfs.envelope(
            ONE_FILE,
            "<Disk ovf:diskId='a' ovf:fileRef='f'/>",
            """
            <Item><rasd:InstanceID>1</rasd:InstanceID>
              <rasd:ResourceSubType>%s</rasd:ResourceSubType>
              <rasd:ResourceType>%s</rasd:ResourceType></Item>
            """
                    .formatted(subType, type)
                + Ovfs.disk(2, "ovf:/disk/a", 1, 0));
    assertThat(Ovfs.parse(ovf).disks().getFirst().controller()).isEqualTo(expected);
  }

  @Test
  void ordersByControllerThenByAddress() {
    String ovf =
        Ovfs.envelope(
            ONE_FILE,
            diskElements("a", "b", "c", "d", "e"),
            controller(10, 6, "", 1)
                + controller(11, 6, "", 0)
                + controller(9, 5, "", 1)
                + controller(8, 5, "", 0)
                + Ovfs.disk(20, "/disk/a", 10, 0)
                + Ovfs.disk(21, "/disk/b", 11, 10)
                + Ovfs.disk(22, "/disk/c", 11, 9)
                + Ovfs.disk(23, "/disk/d", 9, 1));
    assertThat(Ovfs.parse(ovf).disks())
        .extracting(OvfDisk::diskId, OvfDisk::controllerIndex)
        .containsExactly(
            tuple("d", 1), tuple("c", 0), tuple("b", 0), tuple("a", 1), tuple("e", -1));
  }

  @Test
  void ordersControllersByNumberNotByText() {
    String ovf =
        Ovfs.envelope(
            ONE_FILE,
            diskElements("a", "b"),
            controller(10, 6, "", -1)
                + controller(9, 6, "", -1)
                + Ovfs.disk(20, "/disk/a", 10, 0)
                + Ovfs.disk(21, "/disk/b", 9, 0));
    assertThat(Ovfs.parse(ovf).disks()).extracting(OvfDisk::diskId).containsExactly("b", "a");
  }

  @Test
  void countsADiskThatIsAttachedTwiceOnce() {
    String ovf =
        Ovfs.envelope(
            ONE_FILE,
            diskElements("a"),
            controller(1, 6, "", 0)
                + Ovfs.disk(2, "/disk/a", 1, 0)
                + Ovfs.disk(3, "/disk/a", 1, 1));
    assertThat(Ovfs.parse(ovf).disks()).hasSize(1);
  }

  @Test
  void endsWithDevicesThatAreTheirOwnParents() {
    String ovf =
        Ovfs.envelope(
            ONE_FILE,
            diskElements("a", "b"),
            Ovfs.disk(1, "/disk/a", 2, 1) + Ovfs.disk(2, "/disk/b", 1, 0));
    assertThat(Ovfs.parse(ovf).disks()).extracting(OvfDisk::diskId).containsExactly("b", "a");
  }

  @Test
  void ignoresTheEndsOfRanges() {
    String ovf =
        Ovfs.envelope(
            TWO_FILES,
            TWO_DISKS,
            controller(1, 6, "", 0)
                + Ovfs.disk(2, "/disk/a", 1, 3).replace("<Item>", "<Item ovf:bound='min'>")
                + Ovfs.disk(2, "/disk/a", 1, 2).replace("<Item>", "<Item ovf:bound='normal'>")
                + Ovfs.disk(3, "/disk/b", 1, 1));
    assertThat(Ovfs.parse(ovf).disks()).extracting(OvfDisk::addressOnParent).containsExactly(1, 2);
  }

  @Test
  void takesTheFirstHardwareSectionThatAttachesAnything() {
    String systems =
        """
        <VirtualSystem ovf:id="vm">
          <VirtualHardwareSection><Item><rasd:ResourceType>3</rasd:ResourceType></Item>
          </VirtualHardwareSection>
          <VirtualHardwareSection>%s</VirtualHardwareSection>
        </VirtualSystem>
        """
            .formatted(controller(1, 5, "", 0) + Ovfs.disk(2, "/disk/b", 1, 0));
    VirtualSystem system = Ovfs.parse(Ovfs.envelopeOf(TWO_FILES, TWO_DISKS, systems));
    assertThat(system.disks()).extracting(OvfDisk::diskId).containsExactly("b", "a");
    assertThat(system.name()).isEqualTo("vm");
  }

  @Test
  void acceptsACollectionOfOneSystemAndRefusesSeveral() {
    String one = "<VirtualSystem ovf:id='one'/>";
    String two = "<VirtualSystem ovf:id='two'><Name>2</Name></VirtualSystem>";
    String nested =
        "<VirtualSystemCollection ovf:id='c'><VirtualSystemCollection>%s</VirtualSystemCollection>%s"
            + "</VirtualSystemCollection>";
    assertThat(Ovfs.parse(Ovfs.envelopeOf("", "", nested.formatted(one, ""))).name())
        .isEqualTo("one");
    for (String systems :
        List.of(nested.formatted(one, two), nested.formatted("", one + two), one + two)) {
      assertFails(
          () -> Ovfs.parse(Ovfs.envelopeOf("", "", systems)), ErrorCode.OVF_SEVERAL_SYSTEMS, "'2'");
    }
    assertFails(
        () -> Ovfs.parse(Ovfs.envelopeOf("", "", "")), ErrorCode.OVF_INVALID, "no VirtualSystem");
  }

  @Test
  void namesTheMachineByItsFileWhereTheOvfDoesNot() {
    String xml = Ovfs.envelopeOf("", "", "<VirtualSystem><Name> </Name></VirtualSystem>");
    assertThat(OvfParser.parse("s3://b/my vm.ovf", xml.getBytes(StandardCharsets.UTF_8)).name())
        .isEqualTo("my vm");
    String hostile = Ovfs.envelopeOf("", "", "<VirtualSystem ovf:id='a&#10;b'/>");
    assertThat(Ovfs.parse(hostile).name()).isEqualTo("a?b");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<Item><rasd:HostResource>/disk/x</rasd:HostResource></Item>",
        "<Item><rasd:HostResource>ovf:/file/x</rasd:HostResource></Item>"
      })
  void refusesDevicesThatNameWhatIsNotThere(String item) {
    assertFails(
        () -> Ovfs.parse(Ovfs.envelope(ONE_FILE, diskElements("a"), item)),
        ErrorCode.OVF_INVALID,
        "'x'");
  }

  @Test
  void refusesReferencesThatLeadNowhere() {
    assertFails(
        () -> Ovfs.parse(Ovfs.envelope("", diskElements("a"), "")), ErrorCode.OVF_INVALID, "'f'");
    assertFails(
        () -> Ovfs.parse(Ovfs.envelope("<File ovf:id='f'/>", diskElements("a"), "")),
        ErrorCode.OVF_INVALID,
        "href");
    assertFails(
        () -> Ovfs.parse(Ovfs.envelope(ONE_FILE, diskElements("a", "a"), "")),
        ErrorCode.OVF_INVALID,
        "'a'");
    assertFails(
        () -> Ovfs.parse(Ovfs.envelope(ONE_FILE + ONE_FILE, diskElements("a"), "")),
        ErrorCode.OVF_INVALID,
        "'f'");
    assertFails(
        () -> Ovfs.parse(Ovfs.envelope("<File ovf:href='a.vmdk'/>", "", "")),
        ErrorCode.OVF_INVALID,
        "id");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"ovf:compression='gzip'", "ovf:compression='bzip2'", "ovf:chunkSize='7516192768'"})
  void refusesCompressedAndCutFilesOfDisks(String attribute) {
    String file = "<File ovf:id='f' ovf:href='a.vmdk.gz' %s/>".formatted(attribute);
    for (String items : List.of("", Ovfs.disk(2, "/disk/a", 1, 0))) {
      assertFails(
          () -> Ovfs.parse(Ovfs.envelope(file, diskElements("a"), items)),
          ErrorCode.OVF_COMPRESSION_UNSUPPORTED,
          "a.vmdk.gz");
    }
    assertFails(
        () -> Ovfs.parse(Ovfs.envelope(file, "", Ovfs.disk(2, "/file/f", 1, 0))),
        ErrorCode.OVF_COMPRESSION_UNSUPPORTED,
        "a.vmdk.gz");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ovf:compression='identity'", "ovf:compression=''", "ovf:chunkSize='0'"})
  void acceptsFilesThatSayTheyAreWhole(String attribute) {
    String file = "<File ovf:id='f' ovf:href='a.vmdk' %s/>".formatted(attribute);
    assertThat(Ovfs.parse(Ovfs.envelope(file, diskElements("a"), "")).disks()).hasSize(1);
  }

  @Test
  void doesNotMindHowFilesAreCompressedThatNoDiskIsIn() {
    String files = ONE_FILE + "<File ovf:id='g' ovf:href='x.iso.gz' ovf:compression='gzip'/>";
    assertThat(Ovfs.parse(Ovfs.envelope(files, diskElements("a"), "")).disks()).hasSize(1);
  }

  @Test
  void refusesDisksThatAreChangesToOthers() {
    String disks = diskElements("a") + "<Disk ovf:diskId='b' ovf:parentRef='a'/>";
    assertFails(
        () -> Ovfs.parse(Ovfs.envelope(ONE_FILE, disks, Ovfs.disk(2, "/disk/b", 1, 0))),
        ErrorCode.OVF_DELTA_UNSUPPORTED,
        "'b'");
  }

  @Test
  void ignoresMediaOfRemovableDrives() {
    String ovf =
        Ovfs.envelope(
            TWO_FILES,
            TWO_DISKS,
            Ovfs.disk(1, "/disk/a", 9, 0).replace(">17<", ">14<") + Ovfs.disk(2, "/disk/b", 9, 0));
    assertThat(Ovfs.parse(ovf).disks()).extracting(OvfDisk::diskId).containsExactly("b");
  }

  @ParameterizedTest
  @CsvSource({
    "UTF-8, UTF-8", "UTF-16LE, UTF-16", "UTF-16BE, UTF-16", "UTF-16, UTF-16", "UTF-8, utf-16",
    "UTF-8, UTF-32", "UTF-8, no-such-thing", "UTF-8, '??'", "GBK, GBK", "ISO-8859-1, ISO-8859-1",
    "UTF-8, IBM037"
  })
  void readsTextInTheEncodingItHas(Charset actual, String declared) {
    // GBK has these, and so has Latin-1.
    String name = actual.name().equals("GBK") ? "虚拟机" : "Büro";
    String xml =
        Ovfs.envelopeOf("", "", "<VirtualSystem ovf:id='%s'/>".formatted(name))
            .replace("encoding=\"UTF-8\"", "encoding=\"" + declared + "\"");
    assertThat(OvfParser.parse("x.ovf", xml.getBytes(actual)).name()).isEqualTo(name);
  }

  @Test
  void readsTextWithAByteOrderMarkBlanksInFrontAndZerosBehind() {
    String xml = "\ufeff \r\n" + Ovfs.oneDisk("a") + "\n\0\0\0";
    assertThat(Ovfs.parse(xml).disks()).hasSize(1);
  }

  @Test
  void refusesBytesThatAreNotInTheirEncoding() {
    byte[] xml =
        Ovfs.envelopeOf("", "", "<VirtualSystem ovf:id='Büro'/>")
            .getBytes(StandardCharsets.ISO_8859_1);
    assertFails(() -> OvfParser.parse("x.ovf", xml), ErrorCode.OVF_INVALID, "UTF-8");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "   ",
        "no xml",
        "<Envelope>",
        "<Envelope></Other>",
        "<Envelope a='1' a='2'/>",
        "<Envelope/><Envelope/>",
        "<Other/>",
        "<Envelope>&#0;</Envelope>",
        "<?xml version=\"9.9\"?><Envelope/>",
        "<"
      })
  void refusesWhatIsNoOvf(String text) {
    assertFails(() -> Ovfs.parse(text), ErrorCode.OVF_INVALID, "test.ovf");
  }

  @Test
  void refusesEntityBombs() {
    StringBuilder bomb = new StringBuilder("<!DOCTYPE Envelope [<!ENTITY a0 'ha'>\n");
    for (int i = 1; i <= 40; i++) {
      bomb.append("<!ENTITY a%d '&a%d;&a%d;'>\n".formatted(i, i - 1, i - 1));
    }
    bomb.append("]><Envelope>&a40;</Envelope>");
    assertFails(() -> Ovfs.parse(bomb.toString()), ErrorCode.OVF_XML_UNSAFE, "test.ovf");
  }

  @Test
  void refusesEntitiesOfOtherFilesWithoutOpeningThem(@TempDir Path folder) throws IOException {
    Path secret = Files.writeString(folder.resolve("secret"), "secret-content");
    for (String type :
        List.of(
            "<!DOCTYPE Envelope SYSTEM '%s'>",
            "<!DOCTYPE Envelope [<!ENTITY x SYSTEM '%s'>]>",
            "<!DOCTYPE Envelope [<!ENTITY %% x SYSTEM '%s'> %%x;]>")) {
      String xml = type.formatted(secret.toUri()) + "<Envelope>&x;</Envelope>";
      assertFails(() -> Ovfs.parse(xml), ErrorCode.OVF_XML_UNSAFE, "test.ovf");
    }
  }

  @Test
  void refusesEntitiesThatNobodyDeclared() {
    assertFails(() -> Ovfs.parse("<Envelope>&x;</Envelope>"), ErrorCode.OVF_XML_UNSAFE, "line 1");
    assertFails(() -> Ovfs.parse("<Envelope a='&x;'/>"), ErrorCode.OVF_INVALID, "line 1, column ");
  }

  @Test
  void readsLongTexts() {
    String license = "Terms &amp; conditions apply. ".repeat(100_000);
    String xml =
        Ovfs.envelopeOf(
            "",
            "",
            "<VirtualSystem ovf:id='vm'><EulaSection>%s</EulaSection><EulaSection><![CDATA[%s]]>"
                    .formatted(license, license)
                + "</EulaSection></VirtualSystem>");
    assertThat(Ovfs.parse(xml).name()).isEqualTo("vm");
  }

  @Test
  void keepsTheEntitiesThatXmlItselfHas() {
    String xml = Ovfs.envelopeOf("", "", "<VirtualSystem ovf:id='a&amp;b&#x20;&lt;c&gt;'/>");
    assertThat(Ovfs.parse(xml).name()).isEqualTo("a&b <c>");
    String text =
        Ovfs.envelopeOf(
            "", "", "<VirtualSystem><Name>R&amp;D <![CDATA[<1>]]></Name></VirtualSystem>");
    assertThat(Ovfs.parse(text).name()).isEqualTo("R&D <1>");
  }

  @Test
  void refusesMoreElementsOrDeeperOnesThanTheLimits() {
    String deep = "<a>".repeat(XmlReader.MAX_DEPTH + 1) + "</a>".repeat(XmlReader.MAX_DEPTH + 1);
    assertFails(() -> Ovfs.parse(deep), ErrorCode.OVF_INVALID, "elements");
    String many = "<Envelope>" + "<a/>".repeat(XmlReader.MAX_ELEMENTS) + "</Envelope>";
    assertFails(() -> Ovfs.parse(many), ErrorCode.OVF_INVALID, "elements");
    StringBuilder attributes = new StringBuilder("<Envelope");
    for (int i = 0; i < 500_000; i++) {
      attributes.append(" a").append(i).append("=''");
    }
    assertFails(
        () -> Ovfs.parse(attributes.append("/>").toString()), ErrorCode.OVF_INVALID, "attributes");
  }

  @Test
  void refusesFilesThatAreTooLong() {
    byte[] xml = new byte[OvfParser.MAX_LENGTH + 1];
    assertFails(() -> OvfParser.parse("x.ovf", xml), ErrorCode.OVF_INVALID, "8388609");
  }

  private static String diskElements(String... ids) {
    StringBuilder disks = new StringBuilder();
    for (String id : ids) {
      disks.append("<Disk ovf:diskId='%s' ovf:fileRef='f'/>".formatted(id));
    }
    return disks.toString();
  }

  private static String controller(int instance, int type, String subType, int address) {
    return """
        <Item>
          %s<rasd:InstanceID>%d</rasd:InstanceID>
          <rasd:ResourceSubType>%s</rasd:ResourceSubType>
          <rasd:ResourceType>%d</rasd:ResourceType>
        </Item>
        """
        .formatted(
            address < 0 ? "" : "<rasd:Address>%d</rasd:Address>".formatted(address),
            instance,
            subType,
            type);
  }
}
