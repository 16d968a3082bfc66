package io.vmferry.guest.linux.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.guest.BootLoader;
import io.vmferry.guest.Distribution.Family;
import io.vmferry.guest.Firmware;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.InMemoryGuest;
import io.vmferry.guest.Kernel;
import io.vmferry.guest.Kernel.Presence;
import io.vmferry.guest.linux.boot.CommandLineRules.Part;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineRulesTest {
  private static final String ROOT = "root=UUID=" + BootGuests.ROOT_UUID;
  private static final String ADDED =
      " console=tty0 console=ttyS0,115200n8 nvme_core.io_timeout=4294967295";

  private final Set<String> effects = new LinkedHashSet<>();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/dev/sda1",
        "/dev/vda1",
        "/dev/xvda1",
        "/dev/hda1",
        "/dev/nvme0n1p1",
        "/dev/cciss/c0d0p1",
        "/dev/disk/by-id/scsi-36000c29-part1",
        "/dev/disk/by-path/pci-0000:03:00.0-scsi-0:0:0:0-part1",
        "/dev/sdz9",
        "\"/dev/sda1\""
      })
  void namesTheRootByItsUuidWhereItsNameIsTheControllers(String name) throws IOException {
    assertThat(edit("root=" + name + " ro quiet")).isEqualTo(ROOT + " ro quiet" + ADDED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/dev/mapper/rhel-root",
        "/dev/rhel/root",
        "UUID=0000",
        "PARTUUID=0000",
        "LABEL=/",
        "/dev/disk/by-uuid/0000",
        "/dev/md0"
      })
  void leavesANameThatIsTheSameOnEc2(String name) throws IOException {
    String line = "root=" + name + " rd.lvm.lv=rhel/root rhgb quiet net.ifnames=0" + ADDED;
    assertThat(edit(line)).isSameAs(line);
    assertThat(effects).isEmpty();
  }

  @Test
  void changesNothingTheSecondTime() throws IOException {
    String once = edit("root=/dev/sda1 ro resume=/dev/sda5");
    effects.clear();
    assertThat(edit(once)).isSameAs(once);
    assertThat(effects).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "resume=/dev/sda5,resume=UUID=" + BootGuests.SWAP_UUID,
    "resume=UUID=" + BootGuests.SWAP_UUID + ",resume=UUID=" + BootGuests.SWAP_UUID,
    "resume=/dev/sdb1,''",
    "resume=/dev/sdb1 resume_offset=34816,''",
    "resume=UUID=gone,''",
    "resume=/dev/mapper/gone,''",
    "resume=LABEL=swap,resume=LABEL=swap",
    "noresume,noresume"
  })
  void resumesFromADeviceThatIsThereOnly(String before, String after) throws IOException {
    assertThat(edit("ro " + before + ADDED)).isEqualTo(("ro " + after).strip() + ADDED);
  }

  @ParameterizedTest
  @CsvSource({
    "quiet,quiet console=tty0 console=ttyS0",
    "console=tty0,console=tty0 console=ttyS0",
    "console=ttyS0,console=tty0 console=ttyS0",
    "console=ttyS0 console=tty0,console=tty0 console=ttyS0",
    "console=tty1 console=ttyS0,console=tty1 console=ttyS0",
    "console=ttyS1 quiet,console=ttyS1 quiet console=tty0 console=ttyS0",
    "a -- single,a console=tty0 console=ttyS0 -- single"
  })
  void endsInTheSerialConsoleOnce(String before, String after) throws IOException {
    String edited = edit("nvme_core.io_timeout=30 " + before);
    assertThat(edited.replace("nvme_core.io_timeout=30 ", "").replace(",115200n8", ""))
        .isEqualTo(after);
  }

  @Test
  void keepsASerialConsolesOptionsAndQuotedBlanks() throws IOException {
    assertThat(edit("console=ttyS0,9600 dyndbg=\"file a +p\" nvme_core.io_timeout=30"))
        .isEqualTo("dyndbg=\"file a +p\" nvme_core.io_timeout=30 console=tty0 console=ttyS0,9600");
  }

  @Test
  void leavesConsolesOfAnAdditionThatHasNone() throws IOException {
    assertThat(rules(facts("6.1.0")).edit("quiet", Part.ADDITION, Optional.empty(), effects))
        .isEqualTo("quiet");
    assertThat(rules(facts("6.1.0")).edit("console=tty1", Part.ADDITION, Optional.empty(), effects))
        .isEqualTo("console=tty1 console=tty0 console=ttyS0,115200n8");
  }

  @ParameterizedTest
  @CsvSource({
    "6.1.0,nvme_core.io_timeout=4294967295",
    "4.15.0-20-generic,nvme_core.io_timeout=4294967295",
    "4.14.1,nvme_core.io_timeout=254",
    "4.4.0-210-generic,nvme.io_timeout=254",
    "3.10.0-1160.el7,''"
  })
  void givesTheNvmeTimeoutThatAKernelTakes(String version, String parameter) throws IOException {
    String line = rules(facts(version)).edit("ro", Part.WHOLE, Optional.of(version), effects);
    assertThat(line).isEqualTo(("ro console=tty0 console=ttyS0,115200n8 " + parameter).strip());
  }

  @Test
  void givesAByteToAnOldKernelWithNvmeCore() throws IOException {
    String version = "3.10.0-1160.el7";
    InMemoryGuest files =
        new InMemoryGuest()
            .file("/usr/lib/modules/" + version + "/modules.dep", "kernel/nvme-core.ko.xz:\n");
    CommandLineRules rules = new CommandLineRules(BootGuests.guest(facts(version), files));
    assertThat(rules.edit("ro", Part.WHOLE, Optional.of(version), effects))
        .endsWith("nvme_core.io_timeout=254");
  }

  @Test
  void givesKernelsThatShareALineWhatAllTake() throws IOException {
    CommandLineRules rules = rules(facts("6.1.0", "4.9.0"));
    assertThat(rules.edit("ro", Part.WHOLE, Optional.empty(), effects))
        .endsWith("nvme_core.io_timeout=254");
    assertThat(rules.edit("ro", Part.WHOLE, Optional.of("6.1.0"), effects))
        .endsWith("nvme_core.io_timeout=4294967295");
  }

  @Test
  void namesTheRootsPartitionWhereNoInitramfsFindsAUuid() throws IOException {
    Kernel with = BootGuests.kernel("6.1.0", Presence.BUILT_IN);
    Kernel without =
        new Kernel(with.version(), with.image(), Optional.empty(), with.modules(), with.drivers());
    assertThat(
            rules(facts(List.of(without)))
                .edit("root=/dev/sda1", Part.ADDITION, Optional.empty(), effects))
        .isEqualTo("root=PARTUUID=0badcafe-01");
  }

  @ParameterizedTest
  @CsvSource({
    "ro,ro net.ifnames=0 biosdevname=0",
    "net.ifnames=0 biosdevname=0 ro,net.ifnames=0 biosdevname=0 ro",
    "net.ifnames=1 biosdevname=1 ro,ro net.ifnames=0 biosdevname=0",
    "net.ifnames=1 net.ifnames=0 ro,net.ifnames=0 ro biosdevname=0"
  })
  void asksForTheNameOfTheInterfaceThatTheNetworkScriptsAreFor(String before, String after)
      throws IOException {
    String edited = withScripts().edit(before + ADDED, Part.WHOLE, Optional.empty(), effects);
    assertThat(edited.replace(ADDED, "")).isEqualTo(after);
    effects.clear();
    assertThat(withScripts().edit(edited, Part.WHOLE, Optional.empty(), effects)).isSameAs(edited);
    assertThat(effects).isEmpty();
  }

  @Test
  void leavesTheNamesOfInterfacesInAnAdditionThatSaysNothingOfThem() throws IOException {
    assertThat(withScripts().edit("quiet", Part.ADDITION, Optional.empty(), effects))
        .isEqualTo("quiet");
    assertThat(withScripts().edit("net.ifnames=1", Part.ADDITION, Optional.empty(), effects))
        .isEqualTo("net.ifnames=0");
  }

  /** CentOS 7 without NetworkManager. */
  private static CommandLineRules withScripts() throws IOException {
    GuestFacts facts =
        BootGuests.facts(
            BootGuests.linux(
                Family.RED_HAT,
                new BootLoader(BootLoader.Kind.GRUB2, Optional.empty(), Optional.empty()),
                List.of(BootGuests.kernel("6.1.0", Presence.MODULE))),
            Firmware.BIOS);
    InMemoryGuest files =
        new InMemoryGuest()
            .file("/etc/sysconfig/network-scripts/ifup", "#!/bin/bash\n")
            .file("/etc/init.d/network", "#!/bin/bash\n");
    return new CommandLineRules(BootGuests.guest(facts, files));
  }

  private String edit(String line) throws IOException {
    return rules(facts("6.1.0")).edit(line, Part.WHOLE, Optional.empty(), effects);
  }

  private static CommandLineRules rules(GuestFacts facts) throws IOException {
    return new CommandLineRules(BootGuests.guest(facts, new InMemoryGuest()));
  }

  private static GuestFacts facts(String... versions) {
    return facts(
        List.of(versions).stream()
            .map(version -> BootGuests.kernel(version, Presence.MODULE))
            .toList());
  }

  private static GuestFacts facts(List<Kernel> kernels) {
    return BootGuests.facts(
        BootGuests.linux(
            Family.DEBIAN,
            new BootLoader(BootLoader.Kind.GRUB2, Optional.empty(), Optional.empty()),
            kernels),
        Firmware.BIOS);
  }
}
