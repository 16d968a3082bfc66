package io.vmferry.guest.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.guest.BootLoader;
import io.vmferry.guest.BootLoader.Kind;
import io.vmferry.guest.Firmware;
import io.vmferry.guest.InMemoryGuest;
import io.vmferry.guest.SyntheticBinaries;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BootLoadersTest {
  private static final String MENU =
      """
      menuentry 'First' --id one {
        if [ x$a = xb ]; then
          linux /boot/wrong
        fi
        linux /boot/vmlinuz-1.1 root=UUID=1 ro
        initrd /boot/initrd.img-1.1
      }
      submenu "More \\"of\\" them" $menuentry_id_option 'more' {
        menuentry 'A'
        {
          linux16 /vmlinuz-2.1 ro
        }
        menuentry 'B' --class x $menuentry_id_option 'b-id' {
          linuxefi ($root)/boot/vmlinuz-2.2
        }
        submenu 'Deep' {
          menuentry 'C' {
            linux /@/boot/vmlinuz-2.3
          }
        }
      }
      menuentry 'Last' {
        linux /boot/vmlinuz-3.1
      }
      """;

  private final InMemoryGuest guest = new InMemoryGuest();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0 | 1.1",
        "one | 1.1",
        "First | 1.1",
        "1>1 | 2.2",
        "more>b-id | 2.2",
        "1>Deep>0 | 2.3",
        "2 | 3.1",
        "9 | 1.1",
        "nowhere | 1.1",
        "nowhere>1 | 1.1",
        "${saved_entry} | 3.1",
      })
  void followsEveryKindOfDefaultOfGrub2(String wanted, String version) throws IOException {
    guest.file(
        "/boot/grub/grubenv",
        new String(
            SyntheticBinaries.grubEnvironment(List.of("saved_entry=Last")),
            StandardCharsets.US_ASCII));
    guest.file("/boot/grub/grub.cfg", "set default=\"" + wanted + "\"\n" + MENU);
    kernels("1.1", "2.1", "2.2", "2.3", "3.1");
    BootLoader loader = loader(Firmware.BIOS);
    assertThat(loader.kind()).isEqualTo(Kind.GRUB2);
    assertThat(loader.configuration()).contains("/boot/grub/grub.cfg");
    assertThat(loader.defaultKernel()).contains(version);
  }

  @Test
  void readsTheSubmenusOfGrub2() throws IOException {
    guest.file("/boot/grub/grub.cfg", MENU);
    kernels("1.1", "2.1", "2.2", "2.3", "3.1");
    BootMenu menu = new BootLoaders(new GuestReader(guest)).find(Firmware.BIOS);
    assertThat(menu.entries())
        .extracting(BootEntry::title)
        .containsExactly("First", "More \"of\" them", "Last");
    assertThat(menu.bootable())
        .extracting(entry -> entry.image().orElse("-"))
        .containsExactly(
            "/boot/vmlinuz-1.1",
            "/boot/vmlinuz-2.1",
            "/boot/vmlinuz-2.2",
            "/boot/vmlinuz-2.3",
            "/boot/vmlinuz-3.1");
    assertThat(menu.entries().getFirst().arguments()).isEqualTo("root=UUID=1 ro");
  }

  @Test
  void takesTheMenuOnTheEspWithUefiUnlessItOnlyLeadsElsewhere() throws IOException {
    kernels("1.1", "9.9");
    guest.file("/boot/grub2/grub.cfg", "menuentry 'b' {\nlinux /vmlinuz-1.1\n}\n");
    guest.file("/boot/efi/EFI/x/grub.cfg", "menuentry 'e' {\nlinux /vmlinuz-9.9\n}\n");
    assertThat(loader(Firmware.UEFI).defaultKernel()).contains("9.9");
    assertThat(loader(Firmware.BIOS).defaultKernel()).contains("1.1");
    guest.file("/boot/efi/EFI/x/grub.cfg", "search --set=dev 1\nconfigfile $prefix/grub.cfg\n");
    assertThat(loader(Firmware.UEFI).configuration()).contains("/boot/grub2/grub.cfg");
  }

  @ParameterizedTest
  @CsvSource({
    "saved-5.2, 5.2",
    "saved-5.2.conf, 5.2",
    "../../../etc/shadow, 5.10",
    "'', 5.10",
  })
  void followsTheSavedEntryOfBlsElseTheNewestThatIsNoRescue(String saved, String version)
      throws IOException {
    kernels("5.2", "5.10", "0-rescue-ab");
    guest.file("/boot/grub2/grub.cfg", "set default=\"${saved_entry}\"\nblscfg\n");
    guest.file(
        "/boot/grub2/grubenv",
        new String(
            SyntheticBinaries.grubEnvironment(List.of("saved_entry=" + saved, "kernelopts=root=x")),
            StandardCharsets.US_ASCII));
    for (String one : List.of("5.2", "5.10", "0-rescue-ab")) {
      guest.file(
          "/boot/loader/entries/saved-" + one + ".conf",
          "title %s\nversion %s\nlinux /vmlinuz-%s\noptions $kernelopts quiet\n"
              .formatted(one, one, one));
    }
    BootMenu menu = new BootLoaders(new GuestReader(guest)).find(Firmware.BIOS);
    assertThat(menu.loader().kind()).isEqualTo(Kind.GRUB2_BLS);
    assertThat(menu.loader().defaultKernel()).contains(version);
    assertThat(menu.defaultEntry().orElseThrow().arguments()).isEqualTo("root=x quiet");
  }

  @ParameterizedTest
  @CsvSource({"default 1, 2.2", "default=0, 1.1", "default saved, 3.3", "timeout 5, 1.1"})
  void followsEveryKindOfDefaultOfGrubLegacy(String line, String version) throws IOException {
    kernels("1.1", "2.2", "3.3");
    guest.file("/boot/grub/default", "2\n#\n");
    guest.file(
        "/boot/grub/menu.lst",
        """
        # default 7
        %s
        title One
        kernel (hd0,0)/boot/vmlinuz-1.1 root=/dev/sda1
        title Two
        \tkernel /xen.gz dom0_mem=1G
        \tmodule /vmlinuz-2.2 ro
        \tmodule /initrd-2.2.img
        title Three
        kernel --no-mem-option /vmlinuz-3.3
        """
            .formatted(line));
    BootLoader loader = loader(Firmware.BIOS);
    assertThat(loader.kind()).isEqualTo(Kind.GRUB_LEGACY);
    assertThat(loader.defaultKernel()).contains(version);
  }

  @Test
  void followsThePatternOfSystemdBoot() throws IOException {
    guest.file("/efi/m/6.1/linux", "").file("/efi/m/6.2/linux", "");
    guest.file("/efi/loader/loader.conf", "timeout 3\ndefault m-6.1*\n");
    guest.file("/efi/loader/entries/m-6.1.conf", "version 6.1\nlinux /m/6.1/linux\n");
    guest.file("/efi/loader/entries/m-6.2.conf", "version 6.2\nlinux /m/6.2/linux\n");
    assertThat(loader(Firmware.UEFI))
        .isEqualTo(
            new BootLoader(
                Kind.SYSTEMD_BOOT, Optional.of("/efi/loader/loader.conf"), Optional.of("6.1")));
    guest.file("/efi/loader/loader.conf", "timeout 3\n");
    assertThat(loader(Firmware.UEFI).defaultKernel()).contains("6.2");
  }

  @Test
  void knowsNothingOfOtherLoaders() throws IOException {
    assertThat(loader(Firmware.BIOS))
        .isEqualTo(new BootLoader(Kind.UNKNOWN, Optional.empty(), Optional.empty()));
  }

  @ParameterizedTest
  @CsvSource({
    "5.10, 5.9",
    "5.14.0-362.24.1.el9_3, 5.14.0-362.8.1.el9_3",
    "1.0, 1.0~rc1",
    "6.1.0-18, 6.1.0",
    "1.2.a, 1.2",
  })
  void ordersVersionsAsRpmDoes(String newer, String older) {
    assertThat(Versions.ORDER.compare(newer, older)).isPositive();
    assertThat(Versions.ORDER.compare(older, newer)).isNegative();
    assertThat(Versions.ORDER.compare(newer, newer)).isZero();
  }

  private BootLoader loader(Firmware firmware) throws IOException {
    return new BootLoaders(new GuestReader(guest)).find(firmware).loader();
  }

  private void kernels(String... versions) {
    for (String version : versions) {
      guest.file("/boot/vmlinuz-" + version, "");
    }
  }
}
