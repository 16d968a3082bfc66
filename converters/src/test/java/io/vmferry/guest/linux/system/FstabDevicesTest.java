package io.vmferry.guest.linux.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.linux.config.ConfigGuest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FstabDevicesTest {
  private static final String MACHINE =
      """
      # facts: DEBIAN debian 12 systemd deb root=/dev/sda1
      disk 0 20G mbr
      disk 1 20G mbr
      filesystem /dev/sda1 ext4 disk=0 partition=1 uuid=11111111-aaaa-4000-8000-000000000001 label=root partuuid=0002f5a1-01 mount=/
      filesystem /dev/sda5 swap disk=0 partition=5 uuid=11111111-aaaa-4000-8000-000000000005
      filesystem /dev/sdb1 xfs disk=1 partition=1 uuid=22222222-aaaa-4000-8000-000000000001
      filesystem /dev/sdb2 ext4 disk=1 partition=2
      filesystem /dev/vg/lv-1 ext4 uuid=33333333-aaaa-4000-8000-000000000001
      === /etc/crypttab
      secret UUID=44444444-aaaa-4000-8000-000000000001 none luks
      """;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/dev/sda1 / ext4 defaults 0 1 | UUID=11111111-aaaa-4000-8000-000000000001 / ext4 defaults 0 1",
        "/dev/hda5 none swap sw 0 0 | UUID=11111111-aaaa-4000-8000-000000000005 none swap sw 0 0",
        "/dev/xvdb1 /d xfs | UUID=22222222-aaaa-4000-8000-000000000001 /d xfs",
        "/dev/nvme1n1p1 /d xfs a | UUID=22222222-aaaa-4000-8000-000000000001 /d xfs a",
        "/dev/sdb2 /d ext4 ro 0 2 | /dev/sdb2 /d ext4 ro,nofail 0 2",
        "/dev/sdc1 /d ext4 | /dev/sdc1 /d ext4 defaults,nofail",
        "/dev/sdc1 /d ext4 nofail 0 0 | /dev/sdc1 /d ext4 nofail 0 0",
        "/dev/vg/lv-1 /d ext4 ro 0 0 | /dev/vg/lv-1 /d ext4 ro 0 0",
        "/dev/mapper/vg-lv--1 /d ext4 ro 0 0 | /dev/mapper/vg-lv--1 /d ext4 ro 0 0",
        "/dev/mapper/vg-gone /d ext4 ro 0 0 | /dev/mapper/vg-gone /d ext4 ro,nofail 0 0",
        "/dev/vg/gone /d ext4 ro 0 0 | /dev/vg/gone /d ext4 ro,nofail 0 0",
        "/dev/mapper/secret /d ext4 ro 0 0 | /dev/mapper/secret /d ext4 ro 0 0",
        "UUID=22222222-AAAA-4000-8000-000000000001 /d xfs a | UUID=22222222-AAAA-4000-8000-000000000001 /d xfs a",
        "UUID=55555555-aaaa-4000-8000-000000000001 /d xfs a | UUID=55555555-aaaa-4000-8000-000000000001 /d xfs a,nofail",
        "UUID=55555555-aaaa-4000-8000-000000000001 / xfs a | UUID=11111111-aaaa-4000-8000-000000000001 / xfs a",
        "LABEL=root / ext4 a | LABEL=root / ext4 a",
        "LABEL=gone none swap sw | LABEL=gone none swap sw,nofail",
        "PARTUUID=0002f5a1-01 / ext4 a | PARTUUID=0002f5a1-01 / ext4 a",
        "PARTUUID=0002f5a1-07 /d ext4 a | PARTUUID=0002f5a1-07 /d ext4 a,nofail",
        "PARTLABEL=x /d ext4 a | PARTLABEL=x /d ext4 a",
        "tmpfs /tmp tmpfs size=1G 0 0 | tmpfs /tmp tmpfs size=1G 0 0",
        "/srv/x /y none bind | /srv/x /y none bind",
        "/swapfile none swap sw 0 0 | /swapfile none swap sw 0 0",
        "nas:/x /y nfs4 ro | nas:/x /y nfs4 ro,nofail,_netdev",
        "nas:/x /y nfs _netdev,nofail | nas:/x /y nfs _netdev,nofail",
      })
  void editsAnEntry(String line, String expected) throws IOException {
    assertThat(fstab(line + "\n")).isEqualTo(expected + "\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "//srv/x /y cifs a 0 0 | cifs is not available on EC2",
        "//srv/x /y smbfs a 0 0 | smbfs is not available on EC2",
        "x /y vboxsf a 0 0 | vboxsf is not available on EC2",
        ".host:/ /y vmhgfs a 0 0 | vmhgfs is not available on EC2",
        ".host:/ /y fuse.vmhgfs-fuse a | fuse.vmhgfs-fuse is not available on EC2",
        "me@h:/x /y fuse.sshfs a | fuse.sshfs is not available on EC2",
        "me@h:/x /y sshfs a | sshfs is not available on EC2",
        "sshfs#me@h:/x /y fuse a | fuse is not available on EC2",
        "/dev/sda1 | it has 1 fields of at least 3",
        "/dev/sda1 / ext4 defaults x 1 | field 5 must be a number",
        "/dev/sda1 data ext4 | its mount point is no absolute path",
      })
  void disablesAnEntry(String line, String reason) throws IOException {
    assertThat(fstab(line + "\n"))
        .isEqualTo("# Disabled by vmferry, " + reason + ": " + line + "\n");
  }

  @Test
  void keepsCommentsAndLayout() throws IOException {
    assertThat(fstab("# a\n\n \t/dev/sdb1\t \t/d\txfs\tnoatime\t0\t2   # mine\r\n#b"))
        .isEqualTo(
            "# a\n\n \tUUID=22222222-aaaa-4000-8000-000000000001\t \t/d\txfs\tnoatime\t0\t2   # mine\r\n#b");
  }

  @Test
  void disablesALineWithNulAndKeepsOthers() throws IOException {
    assertThat(fstab("/dev/sd\0a1 /x ext4 a 0 0\n/dev/sda1 / ext4 a 0 0"))
        .isEqualTo(
            "# Disabled by vmferry, it has control characters: /dev/sd\0a1 /x ext4 a 0 0\n"
                + "UUID=11111111-aaaa-4000-8000-000000000001 / ext4 a 0 0");
  }

  @Test
  void copesWithLinesOfAMebibyte() throws IOException {
    String options = "a,".repeat(1 << 19);
    assertThat(fstab("/dev/sdc1 /d ext4 " + options + " 0 0\n")).contains(",nofail 0 0\n");
    assertThat(fstab("x".repeat(1 << 20))).startsWith("# Disabled by vmferry");
  }

  @Test
  void tellsMountallInItsOwnWords() throws IOException {
    assertThat(fstab("=== /sbin/mountall 0755\n", "/dev/sdc1 /d ext4 a 0 0\n"))
        .isEqualTo("/dev/sdc1 /d ext4 a,nofail,nobootwait 0 0\n");
  }

  @Test
  void refusesATableThatIsADevice() {
    ConfigGuest guest = ConfigGuest.parse(MACHINE + "=== /etc/fstab special\n");
    assertThatThrownBy(() -> guest.apply(new FstabDevices()))
        .isInstanceOfSatisfying(
            VmferryException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.GUEST_FILE_UNREADABLE));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "swap /dev/sda5 /dev/urandom swap | swap /dev/sda5 /dev/urandom swap,nofail",
        "data /dev/sdb1 none luks | data UUID=22222222-aaaa-4000-8000-000000000001 none luks",
        "data /dev/sdc9 | data /dev/sdc9 none nofail",
        "data /dev/sdc9 /key | data /dev/sdc9 /key nofail",
        "data /dev/sdc9 /key luks,nofail | data /dev/sdc9 /key luks,nofail",
        "data UUID=66666666-aaaa-4000-8000-000000000001 none luks | data UUID=66666666-aaaa-4000-8000-000000000001 none luks,nofail",
        "root /dev/sda1 /dev/urandom plain | root /dev/disk/by-partuuid/0002f5a1-01 /dev/urandom plain",
        "data /var/image none luks | data /var/image none luks",
        "# data /dev/sda1 | # data /dev/sda1",
        "broken | broken",
      })
  void editsCrypttab(String line, String expected) throws IOException {
    ConfigGuest guest = ConfigGuest.parse(MACHINE);
    guest.files().file("/etc/crypttab", line + "\n");
    guest.apply(new CryptTab());
    assertThat(guest.files().textOf("/etc/crypttab")).isEqualTo(expected + "\n");
    assertThat(guest.apply(new CryptTab())).isEmpty();
  }

  private static String fstab(String text) throws IOException {
    return fstab("", text);
  }

  private static String fstab(String more, String text) throws IOException {
    ConfigGuest guest = ConfigGuest.parse(MACHINE + more);
    guest.files().file("/etc/fstab", text.getBytes(StandardCharsets.UTF_8), 0644);
    guest.apply(new FstabDevices());
    String edited = guest.files().textOf("/etc/fstab");
    assertThat(guest.apply(new FstabDevices())).isEmpty();
    return edited;
  }
}
