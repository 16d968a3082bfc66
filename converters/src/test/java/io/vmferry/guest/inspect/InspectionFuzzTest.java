package io.vmferry.guest.inspect;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.vmferry.guest.Firmware;
import io.vmferry.guest.InMemoryGuest;
import io.vmferry.guest.SyntheticBinaries;
import io.vmferry.guest.linux.DeviceReference;
import io.vmferry.guest.linux.Fstab;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** Hostile files of a guest: they are understood, or told, and nothing else. */
class InspectionFuzzTest {

  /** An initramfs of any bytes. */
  @FuzzTest(maxDuration = "2m")
  void readsAnyInitramfs(byte[] bytes) {
    try {
      InMemoryGuest guest = new InMemoryGuest().file("/i", bytes, 0600);
      InitramfsReader.modules(guest, "/i", found -> false);
    } catch (IOException expected) {
      return;
    }
  }

  /** Any text as every file that inspection reads. */
  @FuzzTest(maxDuration = "2m")
  void inspectsAnyFiles(byte[] bytes) throws IOException {
    InMemoryGuest guest = new InMemoryGuest();
    for (String path :
        List.of(
            "/etc/os-release",
            "/etc/lsb-release",
            "/etc/redhat-release",
            "/etc/SuSE-release",
            "/etc/debian_version",
            "/etc/selinux/config",
            "/etc/network/interfaces",
            "/boot/grub2/grub.cfg",
            "/boot/grub2/grubenv",
            "/boot/grub/menu.lst",
            "/boot/grub/default",
            "/boot/loader/entries/a.conf",
            "/boot/efi/loader/loader.conf",
            "/lib/modules/1.0/modules.dep",
            "/bin/sh")) {
      guest.file(path, bytes, 0644);
    }
    guest.file("/boot/vmlinuz-1.0", SyntheticBinaries.kernel("1.0"), 0644);
    for (Firmware firmware : Firmware.values()) {
      LinuxInspection.inspect(guest, new Mount("/dev/sda1", Optional.empty(), "/"), firmware);
    }
    new GrubLegacyConfig(new GuestReader(guest), new LoaderPaths(new GuestReader(guest)))
        .read("/boot/grub/menu.lst", new String(bytes, StandardCharsets.ISO_8859_1));
  }

  /** Any fstab: its text survives, and its entries' devices are understood. */
  @FuzzTest(maxDuration = "1m")
  void readsAnyFstab(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    Fstab table = Fstab.parse(text);
    if (!table.text().equals(text)) {
      throw new IllegalStateException("the text changed");
    }
    for (Fstab.Entry entry : table.entries()) {
      DeviceReference.parse(entry.device());
      Fstab.Entry changed =
          (Fstab.Entry) Fstab.parse(entry.withDevice("UUID=1").text()).lines().getFirst();
      if (!changed.mountPoint().equals(entry.mountPoint())) {
        throw new IllegalStateException("another field changed");
      }
    }
  }
}
