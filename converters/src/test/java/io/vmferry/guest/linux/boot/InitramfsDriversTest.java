package io.vmferry.guest.linux.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.vmferry.disk.Tools;
import io.vmferry.guest.Change;
import io.vmferry.guest.Change.Action;
import io.vmferry.guest.FileSystemFacts;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.InMemoryGuest;
import io.vmferry.guest.Kernel.Presence;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InitramfsDriversTest {
  private static final String VERSION = BootGuests.VERSION;
  private static final String INITRAMFS = "/boot/initrd.img-" + VERSION;
  private static final String MODULES = "/usr/lib/modules/" + VERSION;
  private static final String DEPENDENCIES =
      """
      kernel/drivers/nvme/host/nvme.ko: kernel/drivers/nvme/host/nvme-core.ko kernel/lib/crc64.ko
      kernel/drivers/nvme/host/nvme-core.ko: kernel/lib/crc64.ko
      kernel/lib/crc64.ko:
      kernel/crypto/crct10dif.ko:
      kernel/drivers/net/ena/ena.ko:
      kernel/drivers/block/xen-blkfront.ko:
      kernel/drivers/net/xen-netfront.ko:
      kernel/fs/ext4/ext4.ko: kernel/lib/crc64.ko
      """;

  @TempDir Path directory;

  @Test
  void appendsEachDriverWithAllItNeedsForOtherProgramsToRead() throws IOException {
    InMemoryGuest guest = guest();
    List<Change> changes = apply(guest);
    assertThat(changes)
        .extracting(Change::action, change -> change.summary())
        .containsExactly(
            tuple(
                Action.CHANGED,
                "Appended nvme, ena, xen-blkfront, xen-netfront for kernel " + VERSION));
    Path tree = unpackAppended(guest, gzip(base()).length);
    String module = "kernel/drivers/nvme/host/nvme.ko";
    Path modules = tree.resolve("vmferry/lib/modules/" + VERSION);
    assertThat(modules.resolve(module)).hasContent("module " + module);
    assertThat(modules.resolve("kernel/crypto/crct10dif.ko")).exists();
    assertThat(modules.resolve("kernel/fs")).doesNotExist();
    assertThat(tree.resolve("vmferry/usr/lib/modules/" + VERSION + "/" + module)).exists();
    assertThat(tree.resolve("etc/udev/rules.d/59-vmferry.rules"))
        .content()
        .contains("modprobe -d /vmferry nvme");
    assertThat(tree.resolve("conf/conf.d/vmferry-drivers"))
        .content()
        .contains("nvme ena xen-blkfront xen-netfront");
  }

  @Test
  void makesAnIndexThatModprobeReads() throws IOException {
    Tools.require("modprobe");
    InMemoryGuest guest = guest();
    apply(guest);
    Path tree = unpackAppended(guest, gzip(base()).length);
    String loads =
        Tools.run(
            "modprobe", "-d", tree.resolve("vmferry").toString(), "-S", VERSION, "-D", "nvme");
    assertThat(loads.lines().map(line -> line.replaceAll(".*/|\\s*$", "")))
        .containsExactly("crct10dif.ko", "crc64.ko", "nvme-core.ko", "nvme.ko");
    String xen =
        Tools.run(
            "modprobe",
            "-d",
            tree.resolve("vmferry").toString(),
            "-S",
            VERSION,
            "-D",
            "xen_blkfront");
    assertThat(xen).contains("/xen-blkfront.ko");
  }

  @Test
  void putsNothingWhereALinkOfTheInitramfsMayBe() throws IOException {
    InMemoryGuest guest = guest();
    apply(guest);
    Path file = Files.write(directory.resolve("added"), appended(guest, gzip(base()).length));
    assertThat(Tools.run("sh", "-c", "cpio -t --quiet < '%s'".formatted(file)).lines())
        .doesNotContain("lib", "usr", "etc", "conf", "usr/lib");
  }

  @Test
  void changesNothingTheSecondTime() throws IOException {
    InMemoryGuest guest = guest();
    apply(guest);
    byte[] once = guest.contentOf(INITRAMFS);
    assertThat(apply(guest)).isEmpty();
    assertThat(guest.contentOf(INITRAMFS)).isEqualTo(once);
  }

  @Test
  void findsItselfBehindLz4() throws IOException {
    InMemoryGuest guest = guest();
    byte[] lz4 = {0x02, 0x21, 0x4c, 0x18, 1, 0, 0, 0, 0};
    guest.file(INITRAMFS, lz4, 0644);
    apply(guest);
    Tools.require("lz4");
    byte[] all = guest.contentOf(INITRAMFS);
    Path packed = directory.resolve("packed");
    Files.write(packed, Arrays.copyOfRange(all, lz4.length, all.length));
    Path unpacked = directory.resolve("unpacked");
    Tools.run("lz4", "-d", "-q", packed.toString(), unpacked.toString());
    assertThat(Tools.run("sh", "-c", "cpio -t --quiet < '%s'".formatted(unpacked)).lines())
        .contains("vmferry/digest");
    assertThat(apply(guest)).isEmpty();
  }

  @Test
  void givesTheSameBytesForTheSameGuest() throws IOException {
    InMemoryGuest one = guest();
    InMemoryGuest other = guest();
    apply(one);
    apply(other);
    assertThat(one.contentOf(INITRAMFS)).isEqualTo(other.contentOf(INITRAMFS));
  }

  @Test
  void keepsTheOriginalBeside() throws IOException {
    InMemoryGuest guest = guest();
    apply(guest);
    assertThat(guest.contentOf("/boot/.initrd.img-" + VERSION + ".vmferry.orig"))
        .isEqualTo(gzip(base()));
  }

  @Test
  void leavesAnInitramfsThatHasTheDriversAlone() throws IOException {
    InMemoryGuest guest = guest();
    assertThat(apply(guest, Presence.MODULE_IN_INITRAMFS)).isEmpty();
    assertThat(apply(guest, Presence.BUILT_IN)).isEmpty();
  }

  @Test
  void appendsNothingToAnInitrdOfOldDays() throws IOException {
    InMemoryGuest guest = guest().file(INITRAMFS, gzip(new byte[4096]), 0644);
    assertThat(apply(guest))
        .singleElement()
        .satisfies(
            change -> {
              assertThat(change.action()).isEqualTo(Action.NOTE);
              assertThat(change.summary()).contains("no initramfs that drivers can be appended to");
            });
  }

  @Test
  void endsWhereModulesNeedEachOther() throws IOException {
    InMemoryGuest guest =
        guest()
            .file(
                MODULES + "/modules.dep",
                DEPENDENCIES.replace(
                    "crc64.ko:\n", "crc64.ko: kernel/drivers/nvme/host/nvme.ko\n"));
    assertThat(apply(guest)).extracting(Change::action).containsExactly(Action.CHANGED);
  }

  @Test
  void takesNothingFromOutsideTheModules() throws IOException {
    InMemoryGuest guest =
        guest()
            .file("/etc/shadow", "secret")
            .file(
                MODULES + "/modules.dep",
                """
                kernel/nvme.ko: ../../../../etc/shadow
                kernel/ena.ko:
                kernel/xen-blkfront.ko:
                kernel/xen-netfront.ko: /etc/shadow
                """)
            .file(MODULES + "/kernel/nvme.ko", "nvme")
            .file(MODULES + "/kernel/xen-netfront.ko", "netfront")
            .link(MODULES + "/kernel/ena.ko", "../../../../../etc/shadow")
            .special(MODULES + "/kernel/xen-blkfront.ko");
    List<Change> changes = apply(guest);
    assertThat(changes).extracting(Change::action).containsOnly(Action.NOTE);
    assertThat(changes)
        .extracting(Change::summary)
        .satisfiesExactly(
            nvme -> assertThat(nvme).contains("no module's: ../../../../etc/shadow"),
            ena -> assertThat(ena).contains("REGULAR of 6 bytes at /etc/shadow"),
            blkfront -> assertThat(blkfront).contains("SPECIAL"),
            netfront -> assertThat(netfront).contains("no module's: /etc/shadow"));
    assertThat(guest.contentOf(INITRAMFS)).isEqualTo(gzip(base()));
  }

  @Test
  void saysSoWhereADriverIsNotThere() throws IOException {
    InMemoryGuest guest = guest().file(MODULES + "/modules.dep", "kernel/lib/crc64.ko:\n");
    assertThat(apply(guest))
        .hasSize(4)
        .allSatisfy(change -> assertThat(change.summary()).contains("has no module"));
  }

  @Test
  void usesTheGuestsOwnToolOnceWhereThatIsAskedFor() throws IOException {
    InMemoryGuest files = guest().file("/usr/sbin/update-initramfs", "#!/bin/sh\n");
    List<List<String>> commands = new ArrayList<>();
    Guest guest =
        BootGuests.rebuilding(
            BootGuests.facts(Presence.MODULE),
            files,
            (arguments, limit) -> {
              commands.add(arguments);
              return "";
            });
    BootGuests.apply(new InitramfsDrivers(), guest);
    BootGuests.apply(new InitramfsDrivers(), guest);
    assertThat(commands).containsExactly(List.of("update-initramfs", "-u", "-k", VERSION));
    assertThat(guest.edits().changes())
        .extracting(Change::summary)
        .containsExactly("Made anew by 'update-initramfs -u -k %s'".formatted(VERSION));
  }

  @Test
  void saysThatNashLoadsOnlyWhatItWasMadeWith() throws IOException {
    assertThat(apply(guest().file("/sbin/nash", "")))
        .singleElement()
        .satisfies(change -> assertThat(change.summary()).contains("made with"));
  }

  @Test
  void carriesWhatChangedOfLvmSinceTheInitramfsWasMade() throws IOException {
    InMemoryGuest guest = withChangedLvm();
    assertThat(applyWithLvm(guest, Presence.MODULE))
        .extracting(Change::summary)
        .containsExactly(
            "Appended nvme, ena, xen-blkfront, xen-netfront for kernel "
                + VERSION
                + " and the changes of /etc/lvm/devices/system.devices, /etc/lvm/lvm.conf");
    Path tree = unpackAppended(guest, gzip(base()).length, "etc/lvm/devices");
    assertThat(tree.resolve("etc/lvm/lvm.conf")).hasContent("filter = new");
    assertThat(Files.isSymbolicLink(tree.resolve("etc/lvm/devices/system.devices"))).isTrue();
    assertThat(Files.exists(tree.resolve("etc/lvm/devices/system.devices"))).isFalse();
    assertThat(tree.resolve("vmferry/lib/modules/" + VERSION)).exists();
    byte[] once = guest.contentOf(INITRAMFS);
    assertThat(applyWithLvm(guest, Presence.MODULE)).isEmpty();
    // As the next import of the machine finds it.
    assertThat(applyWithLvm(guest, Presence.MODULE_IN_INITRAMFS)).isEmpty();
    assertThat(guest.contentOf(INITRAMFS)).isEqualTo(once);
  }

  @Test
  void carriesThatAloneWhereNoDriverIsMissing() throws IOException {
    InMemoryGuest guest = withChangedLvm();
    assertThat(applyWithLvm(guest, Presence.BUILT_IN))
        .extracting(Change::summary)
        .containsExactly(
            "Appended the changes of /etc/lvm/devices/system.devices, /etc/lvm/lvm.conf");
    Path tree = unpackAppended(guest, gzip(base()).length, "etc/lvm/devices");
    assertThat(tree.resolve("etc/lvm/lvm.conf")).hasContent("filter = new");
    assertThat(tree.resolve("conf")).isEmptyDirectory();
    assertThat(applyWithLvm(guest, Presence.BUILT_IN)).isEmpty();
  }

  @Test
  void carriesNothingOfLvmThatIsAsItWasOrThatNoVolumeNeeds() throws IOException {
    InMemoryGuest unchanged = guest().file("/etc/lvm/lvm.conf", "filter = old");
    assertThat(applyWithLvm(unchanged, Presence.BUILT_IN)).isEmpty();
    assertThat(apply(withChangedLvm(), Presence.BUILT_IN)).isEmpty();
  }

  private static InMemoryGuest withChangedLvm() throws IOException {
    return guest()
        .file("/etc/lvm/lvm.conf", "filter = new")
        .file("/etc/lvm/.lvm.conf.vmferry.orig", "filter = old")
        .file("/etc/lvm/devices/.system.devices.vmferry.orig", "VERSION=1.1.1")
        .file("/etc/lvm/devices/.other.devices.vmferry.orig", "VERSION=1.1.1")
        .file("/etc/lvm/devices/other.devices", "VERSION=1.1.2");
  }

  private static List<Change> applyWithLvm(InMemoryGuest files, Presence presence)
      throws IOException {
    GuestFacts without = BootGuests.facts(presence);
    List<FileSystemFacts> fileSystems = new ArrayList<>(without.fileSystems());
    fileSystems.add(BootGuests.fileSystem("/dev/sda2", "LVM2_member", 2, "Tq2pXk", ""));
    GuestFacts facts =
        new GuestFacts(without.disks(), fileSystems, without.firmware(), without.system());
    Guest guest = BootGuests.guest(facts, files);
    return BootGuests.apply(new InitramfsDrivers(), guest).changes();
  }

  private static InMemoryGuest guest() throws IOException {
    InMemoryGuest guest =
        new InMemoryGuest()
            .link("/lib", "usr/lib")
            .file(MODULES + "/modules.dep", DEPENDENCIES)
            .file(MODULES + "/modules.softdep", "# Soft.\nsoftdep crc64 pre: crct10dif absent\n")
            .file(INITRAMFS, gzip(base()), 0644);
    DEPENDENCIES
        .lines()
        .map(line -> line.substring(0, line.indexOf(':')))
        .forEach(path -> guest.file(MODULES + "/" + path, "module " + path));
    return guest;
  }

  private static byte[] base() {
    return new NewcArchive().directory("conf").directory("etc").finish();
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  private static List<Change> apply(InMemoryGuest files) throws IOException {
    return apply(files, Presence.MODULE);
  }

  private static List<Change> apply(InMemoryGuest files, Presence presence) throws IOException {
    Guest guest = BootGuests.guest(BootGuests.facts(presence), files);
    return BootGuests.apply(new InitramfsDrivers(), guest).changes();
  }

  private static byte[] appended(InMemoryGuest guest, int before) {
    byte[] all = guest.contentOf(INITRAMFS);
    int start = (before + 4 + 511) / 512 * 512;
    return Arrays.copyOfRange(all, start, all.length);
  }

  private Path unpackAppended(InMemoryGuest guest, int before, String... directories)
      throws IOException {
    Tools.require("cpio");
    Path file = Files.write(directory.resolve("added.cpio"), appended(guest, before));
    Path tree = Files.createDirectory(directory.resolve("tree"));
    // As the initramfs they are appended to has them.
    Files.createDirectory(tree.resolve("etc"));
    Files.createDirectory(tree.resolve("conf"));
    for (String more : directories) {
      Files.createDirectories(tree.resolve(more));
    }
    Tools.run("sh", "-c", "cd '%s' && cpio -i --quiet < '%s'".formatted(tree, file));
    assertThat(Files.readString(tree.resolve("vmferry/digest"), StandardCharsets.US_ASCII))
        .hasSize(65);
    return tree;
  }
}
