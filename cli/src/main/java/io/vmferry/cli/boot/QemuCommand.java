package io.vmferry.cli.boot;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** qemu's command line for a machine. */
final class QemuCommand {
  private final List<String> arguments = new ArrayList<>();

  private QemuCommand() {}

  /**
   * How the machine runs.
   *
   * @param qemu the program
   * @param kvm with KVM, or by emulation
   * @param uefi the firmware's files, the variables a copy of the machine's own; empty for a BIOS
   * @param interactive whether a user types into the console, who gets qemu's monitor with it
   * @param consoleLog what the console prints is also written there
   */
  record Setting(
      Path qemu,
      boolean kvm,
      Optional<HostPrograms.UefiImage> uefi,
      boolean interactive,
      Optional<Path> consoleLog) {}

  /** The program and its arguments. */
  static List<String> of(Machine machine, Setting setting) {
    QemuCommand command = new QemuCommand();
    command.arguments.add(setting.qemu().toString());
    command.addPlatform(machine, setting.kvm());
    setting.uefi().ifPresent(command::addUefi);
    for (int index = 0; index < machine.disks().size(); index++) {
      command.addDisk(index, machine.disks().get(index));
    }
    command.addNetworkCard(machine.networkCard());
    command.addConsole(setting);
    return List.copyOf(command.arguments);
  }

  private void addPlatform(Machine machine, boolean kvm) {
    add("-name", "vmferry");
    add("-nodefaults");
    add("-no-user-config");
    add("-machine", "q35");
    add("-accel", kvm ? "kvm" : "tcg");
    add("-cpu", processor(kvm));
    add("-smp", Integer.toString(machine.cpus()));
    add("-m", machine.memoryMib() + "M");
    add("-rtc", "base=utc");
    // There is a screen, for what a screenshot of an instance shows; nobody looks at it.
    add("-vga", "std");
    add("-display", "none");
  }

  private void addUefi(HostPrograms.UefiImage image) {
    add("-drive", "if=pflash,format=raw,readonly=on,file=" + escaped(image.code()));
    add("-drive", "if=pflash,format=raw,file=" + escaped(image.variables()));
  }

  private void addDisk(int index, Machine.Disk disk) {
    // Nothing of it outlives the machine: there is no need to wait for the computer's own disk.
    add(
        "-drive",
        "if=none,id=disk%d,format=raw,cache=unsafe,discard=unmap,file=%s"
            .formatted(index, escaped(disk.file())));
    String boot = index == 0 ? ",bootindex=0" : "";
    add("-device", "nvme,drive=disk%d,serial=%s%s".formatted(index, disk.serial(), boot));
  }

  private void addNetworkCard(NetworkCard card) {
    add("-netdev", "user,id=network");
    // Without its own boot code, which would ask the network for a system first.
    add("-device", card.device() + ",netdev=network,romfile=");
  }

  private void addConsole(Setting setting) {
    String log = setting.consoleLog().map(file -> ",logfile=" + escaped(file)).orElse("");
    if (setting.interactive()) {
      // Ctrl-C is the guest's; Ctrl-A X ends the machine.
      add("-chardev", "stdio,id=console,mux=on,signal=off" + log);
      add("-mon", "chardev=console,mode=readline");
    } else {
      add("-chardev", "stdio,id=console,signal=off" + log);
    }
    add("-serial", "chardev:console");
  }

  /**
   * The processor: all that there is, since recent distributions refuse qemu's default one.
   * Five-level page tables slow emulation.
   */
  static String processor(boolean kvm) {
    return kvm ? "host" : "max,la57=off";
  }

  /** A file as a value among several: qemu takes two commas for one. */
  static String escaped(Path file) {
    return file.toString().replace(",", ",,");
  }

  private void add(String... parts) {
    arguments.addAll(List.of(parts));
  }
}
