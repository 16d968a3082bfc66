package io.vmferry.guest.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.guest.SyntheticGuest;
import io.vmferry.guest.linux.DeviceReference.Kind;
import io.vmferry.guest.linux.Fstab.Entry;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FstabTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "# only a comment",
        "/dev/sda1 / ext4 defaults 0 1",
        "/dev/sda1\t/\text4\r\n\n  # x\nUUID=a none swap sw",
        "garbage\n/dev/sda1 / ext4 rw,,ro 0 x\n\f\n",
      })
  void keepsTheTextOfEveryLine(String text) {
    assertThat(Fstab.parse(text).text()).isEqualTo(text);
  }

  @Test
  void readsTheFieldsOfAnEntry() {
    Fstab table =
        Fstab.parse("LABEL=my\\040data\t/mnt/my\\040data  btrfs subvol=@data,nofail 0 2 # why\n");
    Entry entry = table.entries().getFirst();
    assertThat(entry.device()).isEqualTo("LABEL=my data");
    assertThat(entry.reference()).isEqualTo(new DeviceReference(Kind.LABEL, "my data"));
    assertThat(entry.mountPoint()).isEqualTo("/mnt/my data");
    assertThat(entry.type()).isEqualTo("btrfs");
    assertThat(entry.options()).containsExactly("subvol=@data", "nofail");
    assertThat(entry.option("subvol")).contains("@data");
    assertThat(entry.isOptional()).isTrue();
    assertThat(entry.pass()).isEqualTo(2);
  }

  @Test
  void takesAbsentOptionsForDefaults() {
    Entry entry = Fstab.parse("/dev/sda2 /home ext3").entries().getFirst();
    assertThat(entry.options()).containsExactly("defaults");
    assertThat(entry.pass()).isZero();
    assertThat(entry.withOptions(List.of("defaults", "nofail")).text())
        .isEqualTo("/dev/sda2 /home ext3 defaults,nofail");
  }

  @Test
  void changesOneFieldAndNothingElse() {
    Entry entry =
        Fstab.parse("  /dev/sda1\t \t/  ext4   errors=remount-ro 0       1 # root\r\n")
            .entries()
            .getFirst();
    assertThat(entry.withDevice("UUID=1-2").text())
        .isEqualTo("  UUID=1-2\t \t/  ext4   errors=remount-ro 0       1 # root\r\n");
    assertThat(entry.withOptions(List.of("ro", "nofail")).text())
        .isEqualTo("  /dev/sda1\t \t/  ext4   ro,nofail 0       1 # root\r\n");
    assertThat(entry.withDevice("LABEL=a b").text()).startsWith("  LABEL=a\\040b\t");
  }

  @Test
  void tellsLinesThatMountRefuses() {
    Fstab table =
        Fstab.parse(
            """
            /dev/sda1
            /dev/sda1 /
            /dev/sda1 / ext4 defaults zero
            /dev/sda1 / ext4 defaults 0 last
            /dev/sda1 home ext4
            proc /proc proc
            """);
    assertThat(table.invalid())
        .extracting(Fstab.Invalid::reason)
        .containsExactly(
            "it has 1 fields of at least 3",
            "it has 2 fields of at least 3",
            "field 5 must be a number",
            "field 6 must be a number",
            "its mount point is no absolute path");
    assertThat(table.entries()).hasSize(1);
  }

  @Test
  void takesTheLastOfSeveralEntriesForAMountPoint() {
    Fstab table = Fstab.parse("/dev/sda1 /srv ext4\n/dev/sdb1 /srv ext4\n");
    assertThat(table.at("/srv").orElseThrow().device()).isEqualTo("/dev/sdb1");
    assertThat(table.at("/none")).isEmpty();
  }

  @Test
  void understandsHowDevicesAreReferredTo() {
    assertThat(DeviceReference.parse("UUID=\"ab-cd\""))
        .isEqualTo(new DeviceReference(Kind.UUID, "ab-cd"));
    assertThat(DeviceReference.parse("/dev/disk/by-label/my\\x20disk"))
        .isEqualTo(new DeviceReference(Kind.LABEL, "my disk"));
    assertThat(DeviceReference.parse("/dev/disk/by-partuuid/1"))
        .isEqualTo(new DeviceReference(Kind.PARTUUID, "1"));
    assertThat(DeviceReference.parse("/dev/disk/by-id/ata-X-part2").kind())
        .isEqualTo(Kind.HARDWARE);
    assertThat(DeviceReference.parse("/dev/sda1").isUnstable()).isTrue();
    assertThat(DeviceReference.parse("/dev/mapper/rhel-root").isUnstable()).isFalse();
    assertThat(DeviceReference.parse("/dev/disk/by-id/dm-name-vg-lv"))
        .isEqualTo(new DeviceReference(Kind.PATH, "/dev/mapper/vg-lv"));
    assertThat(DeviceReference.parse("/dev/disk/by-id/dm-uuid-LVM-ab").isUnstable()).isFalse();
    assertThat(DeviceReference.parse("//server/share").kind()).isEqualTo(Kind.OTHER);
    assertThat(DeviceReference.parse("tmpfs").kind()).isEqualTo(Kind.OTHER);
  }

  @Test
  void findsTheDeviceOfEveryReference() {
    DeviceResolver rhel = new DeviceResolver(SyntheticGuest.load("rhel7").fileSystems());
    for (String same :
        List.of(
            "/dev/rhel/root",
            "/dev/mapper/rhel-root",
            "UUID=1b9a6c2e-74c8-4f9b-b33e-7a3a1d0c2f02")) {
      assertThat(rhel.find(same).orElseThrow().device()).isEqualTo("/dev/rhel/root");
    }
    for (String same :
        List.of(
            "/dev/sda1",
            "/dev/hda1",
            "/dev/xvda1",
            "/dev/nvme0n1p1",
            "PARTUUID=000A1B2C-01",
            "/dev/disk/by-id/scsi-36000c29-part1",
            "/dev/disk/by-path/pci-0000:03:00.0-scsi-0:0:0:0-part1")) {
      assertThat(rhel.find(same)).as(same).isPresent();
      assertThat(rhel.find(same).orElseThrow().device()).isEqualTo("/dev/sda1");
    }
    for (String none :
        List.of("/dev/sda", "/dev/sda9", "/dev/sdb1", "UUID=x", "LABEL=", "tmpfs", "/dev/sdaa1")) {
      assertThat(rhel.find(none)).as(none).isEmpty();
    }
    assertThat(DeviceResolver.sameVolume("/dev/mapper/my--vg-my--lv", "/dev/my-vg/my-lv")).isTrue();
  }

  @Test
  void doesNotGuessAmongSeveralDisks() {
    DeviceResolver two =
        new DeviceResolver(
            SyntheticGuest.parse(
                    "two",
                    """
                    filesystem /dev/sda1 ext4 disk=0 partition=1 uuid=same
                    filesystem /dev/sda2 ext4 disk=0 partition=2
                    filesystem /dev/sdb1 ext4 disk=1 partition=1 uuid=same
                    """)
                .fileSystems());
    assertThat(two.find("UUID=same")).isEmpty();
    assertThat(two.find("/dev/disk/by-id/scsi-1-part1")).isEmpty();
    assertThat(two.find("/dev/disk/by-id/scsi-1-part2").orElseThrow().device())
        .isEqualTo("/dev/sda2");
    assertThat(
            two.find("/dev/disk/by-path/pci-0000:03:00.0-scsi-0:0:1:0-part1")
                .orElseThrow()
                .device())
        .isEqualTo("/dev/sdb1");
    assertThat(two.find("/dev/sdb1").orElseThrow().device()).isEqualTo("/dev/sdb1");
  }
}
