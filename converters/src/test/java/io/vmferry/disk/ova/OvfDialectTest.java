package io.vmferry.disk.ova;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.ova.OvfDisk.Controller;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What the programs that write OVF make of it. */
class OvfDialectTest {
  private static final long GIB = 1L << 30;
  private static final String STREAM =
      "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized";

  @Test
  void readsVmware() {
    VirtualSystem system = parse("vmware.ovf");
    assertThat(system.name()).isEqualTo("web");
    assertThat(system.firmware()).contains(VirtualSystem.Firmware.EFI);
    assertThat(system.secureBoot()).isTrue();
    assertThat(system.tpm()).isTrue();
    assertThat(system.disks())
        .containsExactly(
            disk("vmdisk1", "web-1.vmdk", 8 * GIB, Controller.SCSI, 0, 0, STREAM),
            disk("vmdisk2", "web-2.vmdk", 40 * GIB, Controller.SCSI, 0, 1, STREAM),
            new OvfDisk(
                "vmdisk3",
                Optional.empty(),
                OptionalLong.of(512 << 20),
                Controller.SCSI,
                0,
                2,
                Optional.of(STREAM)),
            disk("vmdisk5", "web-5.vmdk", GIB, Controller.IDE, 0, 0, STREAM),
            disk("vmdisk6", "web-6.vmdk", 2 * GIB, Controller.NVME, 0, 0, STREAM));
  }

  @Test
  void readsVirtualBox() {
    VirtualSystem system = parse("virtualbox.ovf");
    assertThat(system.name()).isEqualTo("desk");
    assertThat(system.firmware()).contains(VirtualSystem.Firmware.EFI);
    assertThat(system.secureBoot()).isFalse();
    assertThat(system.tpm()).isTrue();
    assertThat(system.disks())
        .containsExactly(
            disk("vmdisk2", "desk-disk002.vmdk", GIB, Controller.SATA, 0, 1, STREAM),
            disk("vmdisk1", "desk-disk001.vmdk", 10 * GIB, Controller.SATA, 0, 3, STREAM));
  }

  @Test
  void readsMicrosoft() {
    VirtualSystem system = parse("microsoft.ovf");
    assertThat(system.name()).isEqualTo("Server 2022");
    assertThat(system.firmware()).contains(VirtualSystem.Firmware.EFI);
    assertThat(system.secureBoot()).isTrue();
    assertThat(system.tpm()).isFalse();
    String vhdx = "https://learn.microsoft.com/openspecs/windows_protocols/ms-vhdx";
    assertThat(system.disks())
        .containsExactly(
            disk(
                "{D0000000-0000-0000-0000-000000000001}",
                "Server 2022.vhdx",
                127 * GIB,
                Controller.SCSI,
                0,
                0,
                vhdx),
            disk(
                "{D0000000-0000-0000-0000-000000000002}",
                "Data.vhdx",
                20 * GIB,
                Controller.SCSI,
                0,
                1,
                vhdx));
  }

  @Test
  void readsXenServerWhoseUtf8IsDeclaredAsUtf16() {
    VirtualSystem system = parse("xenserver.ovf");
    assertThat(system.name()).isEqualTo("Büro");
    assertThat(system.firmware()).contains(VirtualSystem.Firmware.EFI);
    assertThat(system.secureBoot()).isTrue();
    String vhd = "http://www.microsoft.com/technet/virtualserver/downloads/vhdspec.mspx";
    assertThat(system.disks())
        .containsExactly(
            disk(
                "5d000000-0000-0000-0000-000000000002",
                "Büro-1.vhd",
                8 * GIB,
                Controller.NONE,
                -1,
                0,
                vhd),
            disk(
                "5d000000-0000-0000-0000-000000000001",
                "Büro-2.vhd",
                GIB,
                Controller.NONE,
                -1,
                1,
                vhd));
  }

  @Test
  void readsVersion09() {
    VirtualSystem system = parse("version-0.9.ovf");
    assertThat(system.name()).isEqualTo("Old machine");
    assertThat(system.firmware()).isEmpty();
    assertThat(system.disks())
        .extracting(disk -> disk.fileName().orElse(""))
        .containsExactly("old.vmdk", "older.vmdk");
    assertThat(system.disks()).extracting(OvfDisk::controller).containsOnly(Controller.SCSI);
  }

  @Test
  void readsEveryDialectWithoutItsNamespaces() {
    for (String name :
        List.of(
            "vmware.ovf", "virtualbox.ovf", "microsoft.ovf", "xenserver.ovf", "version-0.9.ovf")) {
      String xml = new String(Ovfs.resource(name), StandardCharsets.UTF_8);
      String undeclared = xml.replaceAll(" xmlns(:\\w+)?=\"[^\"]*\"", "");
      assertThat(Ovfs.parse(undeclared)).as(name).isEqualTo(parse(name));
      String bare =
          undeclared.replaceAll("(?<=[</ ])(ovf|rasd|sasd|vssd|vbox|citrix|vmw|xsi):", "");
      assertThat(Ovfs.parse(bare)).as(name).isEqualTo(parse(name));
      String renamed = undeclared.replaceAll("(?<=[</ ])(ovf|rasd|sasd|vssd):", "ns0:");
      assertThat(Ovfs.parse(renamed)).as(name).isEqualTo(parse(name));
    }
  }

  private static VirtualSystem parse(String name) {
    return OvfParser.parse("test.ovf", Ovfs.resource(name));
  }

  private static OvfDisk disk(
      String id,
      String file,
      long capacity,
      Controller controller,
      int index,
      int address,
      String format) {
    return new OvfDisk(
        id,
        Optional.of(file),
        OptionalLong.of(capacity),
        controller,
        index,
        address,
        Optional.of(format));
  }
}
