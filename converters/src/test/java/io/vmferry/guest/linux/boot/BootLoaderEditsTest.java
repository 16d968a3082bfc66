package io.vmferry.guest.linux.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.AmiTraits;
import io.vmferry.guest.BootLoader;
import io.vmferry.guest.BootLoader.Kind;
import io.vmferry.guest.Change;
import io.vmferry.guest.Change.Action;
import io.vmferry.guest.Distribution.Family;
import io.vmferry.guest.Firmware;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.InMemoryGuest;
import io.vmferry.guest.Kernel;
import io.vmferry.guest.Kernel.Driver;
import io.vmferry.guest.Kernel.Presence;
import io.vmferry.guest.Modification;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Menus, entries and defaults of boot loaders, and what a hostile guest puts in their place. */
class BootLoaderEditsTest {
  private static final String NEW = "6.1.0-20";
  private static final String OLD = "6.1.0-18";
  private static final Kernel GOOD = BootGuests.kernel(OLD, Presence.BUILT_IN);

  /** The newest kernel and the default one, with Xen's network only: it cannot boot on EC2. */
  private static final Kernel BAD =
      BootGuests.kernel(NEW, Map.of(Driver.XEN_NETFRONT, Presence.BUILT_IN));

  @Test
  void makesTheKernelThatCanBootTheDefaultOfGrub2() throws IOException {
    InMemoryGuest guest =
        new InMemoryGuest()
            .file(
                "/boot/grub/grub.cfg",
                """
                if [ "${next_entry}" ] ; then
                   set default="${next_entry}"
                else
                   set default="0"
                fi
                set timeout=-1
                function gfxmode {
                	set gfxpayload="${1}"
                }
                menuentry 'Linux' {
                	linux	/boot/vmlinuz-6.1.0-20 root=/dev/sda1 ro
                }
                submenu 'Advanced options' {
                	menuentry 'Linux 6.1.0-20' {
                		linux	/boot/vmlinuz-6.1.0-20 root=/dev/sda1 ro
                	}
                	menuentry 'Linux 6.1.0-18 (recovery mode)' {
                		linux	/boot/vmlinuz-6.1.0-18 root=/dev/sda1 ro single
                	}
                	menuentry 'Linux 6.1.0-18' {
                		linux	/boot/vmlinuz-6.1.0-18 root=/dev/sda1 ro
                	}
                }
                menuentry 'Memory test' {
                	linux16	/boot/memtest86+.bin console=ttyS1
                }
                """);
    List<Change> changes = apply(new GrubMenu(), Kind.GRUB2, guest);
    assertThat(guest.textOf("/boot/grub/grub.cfg"))
        .contains("   set default=\"${next_entry}\"\n")
        .contains("   set default=\"1>2\"\n")
        .contains("set timeout=5\n")
        .contains("linux16	/boot/memtest86+.bin console=ttyS1\n")
        .doesNotContain("/dev/sda1");
    assertThat(changes)
        .singleElement()
        .satisfies(
            change ->
                assertThat(change.summary())
                    .contains("default is entry 1>2")
                    .contains("timeout -1 is 5"));
    assertThat(apply(new GrubMenu(), Kind.GRUB2, guest)).isEmpty();
  }

  @Test
  void makesTheKernelThatCanBootTheDefaultOfGrubLegacy() throws IOException {
    InMemoryGuest guest =
        new InMemoryGuest()
            .file(
                "/boot/grub/menu.lst",
                """
                default		0
                # kopt=root=/dev/sda1 ro
                # defoptions=quiet
                title Debian, 6.1.0-20
                root (hd0,0)
                kernel	/boot/vmlinuz-6.1.0-20 root=/dev/sda1 ro
                savedefault
                title Debian, 6.1.0-18
                root (hd0,0)
                kernel	/boot/vmlinuz-6.1.0-18 root=/dev/sda1 ro
                """)
            .link("/boot/grub/grub.conf", "menu.lst");
    apply(new GrubLegacyMenu(), Kind.GRUB_LEGACY, guest);
    assertThat(guest.textOf("/boot/grub/menu.lst"))
        .startsWith(
            "timeout 5\ndefault		1\n# kopt=root=UUID=" + BootGuests.ROOT_UUID + " ro console")
        .contains("# defoptions=quiet\n")
        .contains("savedefault\n")
        .doesNotContain("/dev/sda1");
    assertThat(apply(new GrubLegacyMenu(), Kind.GRUB_LEGACY, guest)).isEmpty();
  }

  @Test
  void makesTheEntryThatCanBootTheDefaultAndEditsTheVariableOfEntries() throws IOException {
    InMemoryGuest guest = entries();
    apply(new BootEntries(), Kind.GRUB2_BLS, guest);
    assertThat(guest.textOf("/boot/loader/entries/id-6.1.0-18.conf"))
        .contains("options $kernelopts $tuned_params\n");
    assertThat(guest.contentOf("/boot/grub2/grubenv")).hasSize(1024);
    assertThat(guest.textOf("/boot/grub2/grubenv"))
        .contains("\nsaved_entry=id-6.1.0-18\n")
        .contains("\nkernelopts=root=UUID=" + BootGuests.ROOT_UUID + " ro console=tty0");
    assertThat(apply(new BootEntries(), Kind.GRUB2_BLS, guest)).isEmpty();
  }

  @Test
  void leavesAnEnvironmentBlockThatWouldNotHoldItsVariables() throws IOException {
    InMemoryGuest guest = entries();
    String full = environment("kernelopts=root=/dev/sda1 x=" + "y".repeat(960) + "\n");
    guest.file("/boot/grub2/grubenv", full);
    assertThat(apply(new BootEntries(), Kind.GRUB2_BLS, guest))
        .singleElement()
        .satisfies(change -> assertThat(change.summary()).contains("1024 bytes do not hold"));
    assertThat(guest.textOf("/boot/grub2/grubenv")).isEqualTo(full);
  }

  @Test
  void setsSystemdBootsDefaultAndTimeout() throws IOException {
    InMemoryGuest guest =
        entries()
            .file("/boot/loader/loader.conf", "timeout menu-force\ndefault id-6.1.0-20.conf\n");
    apply(new BootEntries(), Kind.SYSTEMD_BOOT, guest);
    assertThat(guest.textOf("/boot/loader/loader.conf"))
        .isEqualTo("timeout 5\ndefault id-6.1.0-18.conf\n");
  }

  @Test
  void leavesWhatPointsOutOfBootAlone() throws IOException {
    InMemoryGuest guest =
        entries()
            .file("/etc/shadow", "options root=/dev/sda1\n")
            .link("/boot/loader/entries/evil.conf", "../../../../../etc/shadow")
            .link("/boot/loader/entries/loop.conf", "loop.conf")
            .special("/boot/loader/entries/device.conf")
            .link("/boot/grub/grub.cfg", "/etc/shadow");
    assertThat(apply(new BootEntries(), Kind.GRUB2_BLS, guest))
        .filteredOn(change -> change.action() == Action.NOTE)
        .extracting(Change::summary)
        .satisfiesExactlyInAnyOrder(
            evil -> assertThat(evil).contains("evil.conf").contains("outside of /boot"),
            device -> assertThat(device).contains("device.conf").contains("SPECIAL"));
    assertThat(apply(new GrubMenu(), Kind.GRUB2, guest))
        .singleElement()
        .satisfies(change -> assertThat(change.summary()).contains("outside of /boot"));
    assertThat(guest.textOf("/etc/shadow")).isEqualTo("options root=/dev/sda1\n");
  }

  @Test
  void doesNotReadAMenuThatIsFarTooLargeOrADevice() throws IOException {
    InMemoryGuest guest =
        new InMemoryGuest()
            .file("/boot/grub/grub.cfg", new byte[(4 << 20) + 1], 0644)
            .special("/boot/grub2/grub.cfg");
    assertThat(apply(new GrubMenu(), Kind.GRUB2, guest))
        .hasSize(2)
        .allSatisfy(change -> assertThat(change.summary()).contains("was left alone"));
  }

  @Test
  void editsWhatTheNextMenuIsMadeFrom() throws IOException {
    InMemoryGuest guest =
        new InMemoryGuest()
            .file(
                "/etc/default/grub",
                """
                GRUB_DEFAULT=0
                GRUB_TIMEOUT=-1
                GRUB_CMDLINE_LINUX_DEFAULT='quiet splash'
                #GRUB_TERMINAL=console
                GRUB_DISABLE_LINUX_UUID=true
                GRUB_DISTRIBUTOR=`lsb_release -i -s`
                """)
            .file(
                "/etc/default/grub.d/50-cloudimg.cfg",
                """
                GRUB_CMDLINE_LINUX_DEFAULT="console=tty1 console=ttyS0"
                GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX apparmor=1"
                GRUB_RECORDFAIL_TIMEOUT=30
                """)
            .file("/etc/kernel/cmdline", "root=/dev/sda1 ro\n");
    apply(new GrubDefaults(), Kind.GRUB2, guest);
    assertThat(guest.textOf("/etc/default/grub"))
        .isEqualTo(
            """
            GRUB_DEFAULT=0
            GRUB_TIMEOUT="5"
            GRUB_CMDLINE_LINUX_DEFAULT='quiet splash'
            #GRUB_TERMINAL=console
            GRUB_DISABLE_LINUX_UUID="false"
            GRUB_DISTRIBUTOR=`lsb_release -i -s`
            GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200n8 nvme_core.io_timeout=4294967295"
            GRUB_TERMINAL="console serial"
            GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
            """);
    assertThat(guest.textOf("/etc/default/grub.d/50-cloudimg.cfg"))
        .contains("\"console=tty1 console=ttyS0\"\n")
        .contains("\"$GRUB_CMDLINE_LINUX apparmor=1\"\n")
        .contains("GRUB_RECORDFAIL_TIMEOUT=\"5\"\n");
    assertThat(guest.textOf("/etc/kernel/cmdline"))
        .startsWith("root=UUID=" + BootGuests.ROOT_UUID + " ro console=tty0");
    assertThat(apply(new GrubDefaults(), Kind.GRUB2, guest)).isEmpty();
  }

  @Test
  void copiesTheBootLoaderWhereUefiLooksInAnyCase() throws IOException {
    InMemoryGuest guest =
        new InMemoryGuest()
            .file("/boot/efi/efi/Microsoft/shimx64.efi", "not this")
            .file("/boot/efi/efi/TEST/SHIMX64.EFI", "shim")
            .file("/boot/efi/efi/TEST/grubx64.efi", "grub")
            .file("/boot/efi/efi/TEST/fbx64.efi", "fallback")
            .file("/boot/efi/efi/TEST/grub.cfg", "menu\n");
    apply(new UefiFallbackLoader(), Kind.GRUB2, guest);
    assertThat(guest.textOf("/boot/efi/efi/BOOT/BOOTX64.EFI")).isEqualTo("shim");
    assertThat(guest.textOf("/boot/efi/efi/BOOT/grubx64.efi")).isEqualTo("grub");
    assertThat(guest.paths()).doesNotContain("/boot/efi/efi/BOOT/fbx64.efi");
    assertThat(guest.textOf("/boot/efi/efi/BOOT/grub.cfg"))
        .contains("set prefix=($root)/efi/TEST\nconfigfile $prefix/grub.cfg\n");
    assertThat(apply(new UefiFallbackLoader(), Kind.GRUB2, guest)).isEmpty();
  }

  @Test
  void leavesAFallbackLoaderThatIsThere() throws IOException {
    InMemoryGuest guest =
        new InMemoryGuest()
            .file("/boot/efi/EFI/boot/bootx64.efi", "there")
            .file("/boot/efi/EFI/test/grubx64.efi", "grub");
    assertThat(apply(new UefiFallbackLoader(), Kind.GRUB2, guest)).isEmpty();
  }

  @Test
  void refusesAUefiGuestWithoutALoader() {
    assertThatThrownBy(
            () ->
                apply(
                    new UefiFallbackLoader(),
                    Kind.GRUB2,
                    new InMemoryGuest().directory("/boot/efi/EFI/test")))
        .isInstanceOfSatisfying(
            VmferryException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.GUEST_UEFI_LOADER_MISSING));
  }

  @Test
  void refusesAGuestNoneOfWhoseKernelsCanBoot() {
    GuestFacts facts = facts(Kind.GRUB2, Firmware.BIOS, List.of(BAD));
    assertThatThrownBy(
            () ->
                BootGuests.apply(
                    new InitramfsDrivers(), BootGuests.guest(facts, new InMemoryGuest())))
        .isInstanceOfSatisfying(
            VmferryException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.GUEST_KERNEL_DRIVERS_MISSING));
  }

  @Test
  void claimsEnaForTheKernelThatBootsOnly() {
    Kernel withoutEna = BootGuests.kernel(NEW, Map.of(Driver.NVME, Presence.MODULE));
    assertThat(AmiTraits.of(facts(Kind.GRUB2, Firmware.BIOS, List.of(withoutEna, GOOD))))
        .isEqualTo(
            new AmiTraits(Optional.of("x86_64"), Optional.of("legacy-bios"), false, "/dev/sda1"));
    // The default cannot boot, so the modifications make the other the default.
    assertThat(AmiTraits.of(facts(Kind.GRUB2, Firmware.BIOS_AND_UEFI, List.of(BAD, GOOD))))
        .isEqualTo(
            new AmiTraits(Optional.of("x86_64"), Optional.of("uefi-preferred"), true, "/dev/sda1"));
  }

  private static InMemoryGuest entries() {
    return new InMemoryGuest()
        .file("/boot/loader/entries/id-6.1.0-20.conf", entry(NEW))
        .file("/boot/loader/entries/id-6.1.0-18.conf", entry(OLD))
        .file(
            "/boot/grub2/grubenv",
            environment("saved_entry=id-6.1.0-20\nkernelopts=root=/dev/sda1 ro\n"));
  }

  private static String entry(String version) {
    return """
        title Test (%s)
        version %s
        linux /vmlinuz-%s
        initrd /initramfs-%s.img
        options $kernelopts $tuned_params
        """
        .formatted(version, version, version, version);
  }

  private static String environment(String variables) {
    String text = "# GRUB Environment Block\n" + variables;
    return text + "#".repeat(1024 - text.length());
  }

  private static List<Change> apply(Modification modification, Kind kind, InMemoryGuest files)
      throws IOException {
    GuestFacts facts = facts(kind, Firmware.UEFI, List.of(BAD, GOOD));
    return BootGuests.apply(modification, BootGuests.guest(facts, files)).changes();
  }

  private static GuestFacts facts(Kind kind, Firmware firmware, List<Kernel> kernels) {
    return BootGuests.facts(
        BootGuests.linux(
            Family.DEBIAN, new BootLoader(kind, Optional.empty(), Optional.of(NEW)), kernels),
        firmware);
  }
}
