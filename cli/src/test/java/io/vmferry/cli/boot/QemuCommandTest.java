package io.vmferry.cli.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class QemuCommandTest {
  private static final Path QEMU = Path.of("/usr/bin/qemu-system-x86_64");
  private static final List<Machine.Disk> DISKS =
      List.of(
          new Machine.Disk(Path.of("/tmp/a,b/disk0.raw"), "vol00000000000000001"),
          new Machine.Disk(Path.of("/tmp/disk1.raw"), "vol00000000000000002"));

  @Test
  void aBiosMachineHasNvmeDisksOneNetworkCardAndASerialConsole() {
    List<String> command =
        QemuCommand.of(
            new Machine(Firmware.BIOS, DISKS, NetworkCard.E1000E, 2048, 3),
            new QemuCommand.Setting(QEMU, false, Optional.empty(), false, Optional.empty()));

    assertThat(command)
        .startsWith(QEMU.toString())
        .containsSequence("-accel", "tcg")
        .containsSequence("-m", "2048M")
        .containsSequence("-smp", "3")
        .containsSequence(
            "-drive",
            "if=none,id=disk0,format=raw,cache=unsafe,discard=unmap,file=/tmp/a,,b/disk0.raw",
            "-device",
            "nvme,drive=disk0,serial=vol00000000000000001,bootindex=0",
            "-drive",
            "if=none,id=disk1,format=raw,cache=unsafe,discard=unmap,file=/tmp/disk1.raw",
            "-device",
            "nvme,drive=disk1,serial=vol00000000000000002")
        .containsSequence("-netdev", "user,id=network", "-device", "e1000e,netdev=network,romfile=")
        .containsSequence("-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console")
        .doesNotContain("-mon")
        .noneMatch(argument -> argument.contains("pflash"));
  }

  @Test
  void aUefiMachineHasVariablesOfItsOwn() {
    List<String> command =
        QemuCommand.of(
            new Machine(Firmware.UEFI, DISKS, NetworkCard.VIRTIO, 1024, 1),
            new QemuCommand.Setting(
                QEMU,
                true,
                Optional.of(
                    new HostPrograms.UefiImage(
                        Path.of("/usr/share/OVMF/OVMF_CODE_4M.fd"), Path.of("/tmp/vars.fd"))),
                true,
                Optional.of(Path.of("/tmp/console,1.log"))));

    assertThat(command)
        .containsSequence("-accel", "kvm", "-cpu", "host")
        .containsSequence(
            "-drive",
            "if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd",
            "-drive",
            "if=pflash,format=raw,file=/tmp/vars.fd")
        .contains("virtio-net-pci,netdev=network,romfile=")
        .containsSequence(
            "-chardev",
            "stdio,id=console,mux=on,signal=off,logfile=/tmp/console,,1.log",
            "-mon",
            "chardev=console,mode=readline");
  }
}
