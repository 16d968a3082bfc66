package io.vmferry.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SyntheticGuestTest {

  @Test
  void readsFilesLinksDirectoriesAndDevices() {
    SyntheticGuest guest =
        SyntheticGuest.parse(
            "small",
            """
            # A comment.
            disk 0 1G gpt
            partition 0 1 2048 1M 21686148-6449-6E6F-744E-656564454649 uuid=ab
            filesystem /dev/sda2 btrfs disk=0 partition=2 subvolumes=@,@/home label=x mount=/
            === /etc/fstab

            one
            \\=== two

            === /etc/run 0755
            === /etc/d/
            === /etc/link -> run
            === /dev/initctl special
            === /bin/sh 0755 elf aarch64
            """);
    assertThat(guest.files().textOf("/etc/fstab")).isEqualTo("\none\n=== two\n");
    assertThat(guest.files().status("/etc/run").orElseThrow().mode()).isEqualTo(0755);
    assertThat(guest.files().status("/etc/d").orElseThrow().isDirectory()).isTrue();
    assertThat(guest.files().status("/etc/link").orElseThrow().linkTarget()).contains("run");
    assertThat(guest.files().status("/dev/initctl").orElseThrow().type())
        .isEqualTo(FileType.SPECIAL);
    assertThat(guest.files().contentOf("/bin/sh")[18]).isEqualTo((byte) 183);
    assertThat(guest.disks().getFirst().partitions().getFirst().bytes()).isEqualTo(1 << 20);
    assertThat(guest.fileSystems().getFirst().subvolumes()).containsExactly("@", "@/home");
  }

  @Test
  void tellsTheDifferenceOfTwoGuests() {
    String text = "=== /a\n1\n=== /b\n2\n=== /c\n3\n";
    InMemoryGuest before = SyntheticGuest.parse("before", text).files();
    InMemoryGuest after = SyntheticGuest.parse("after", text).files();
    after.rename("/a", "/d");
    after.file("/b", "two\n=== x\n");
    after.link("/e", "c");
    assertThat(SyntheticGuest.difference(before, after))
        .isEqualTo("--- /a\n=== /b 0644\ntwo\n\\=== x\n=== /d 0644\n1\n=== /e -> c\n");
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    assertThatThrownBy(() -> SyntheticGuest.parse("bad", "floppy 0\n"))
        .hasMessageContaining("floppy 0");
    assertThatThrownBy(() -> SyntheticGuest.load("no-such-guest"))
        .hasMessageContaining("no-such-guest");
  }
}
