package io.vmferry.disk.ova;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** OVF descriptors for tests. */
final class Ovfs {
  private static final String OVF = "http://schemas.dmtf.org/ovf/envelope/1";
  private static final String RASD =
      "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData";

  private Ovfs() {}

  /** A machine with one disk in that file. */
  static String oneDisk(String href) {
    return envelope(
        "<File ovf:id='file1' ovf:href='%s'/>".formatted(href),
        "<Disk ovf:diskId='disk1' ovf:fileRef='file1' ovf:capacity='4096'/>",
        "<Item><rasd:InstanceID>1</rasd:InstanceID>"
            + "<rasd:ResourceType>6</rasd:ResourceType></Item>"
            + disk(2, "ovf:/disk/disk1", 1, 0));
  }

  /** A disk drive. */
  static String disk(int instance, String hostResource, int parent, int address) {
    return """
        <Item>
          <rasd:AddressOnParent>%d</rasd:AddressOnParent>
          <rasd:HostResource>%s</rasd:HostResource>
          <rasd:InstanceID>%d</rasd:InstanceID>
          <rasd:Parent>%d</rasd:Parent>
          <rasd:ResourceType>17</rasd:ResourceType>
        </Item>
        """
        .formatted(address, hostResource, instance, parent);
  }

  /** A machine named "machine". */
  static String envelope(String files, String disks, String items) {
    return envelopeOf(
        files,
        disks,
        """
        <VirtualSystem ovf:id="vm"><Name>machine</Name>
          <VirtualHardwareSection>%s</VirtualHardwareSection>
        </VirtualSystem>
        """
            .formatted(items));
  }

  static String envelopeOf(String files, String disks, String systems) {
    return """
        <?xml version="1.0" encoding="UTF-8"?>
        <Envelope xmlns="%s" xmlns:ovf="%s" xmlns:rasd="%s">
          <References>%s</References>
          <DiskSection>%s</DiskSection>
          %s
        </Envelope>
        """
        .formatted(OVF, OVF, RASD, files, disks, systems);
  }

  static VirtualSystem parse(String xml) {
    return OvfParser.parse("test.ovf", xml.getBytes(StandardCharsets.UTF_8));
  }

  /** A descriptor from the test resources. */
  static byte[] resource(String name) {
    try (InputStream in =
        Objects.requireNonNull(Ovfs.class.getResourceAsStream(name), () -> "no resource " + name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
