package io.vmferry.guest.linux.boot;

import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.GuestPaths;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.TextFile;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Tells the tool that makes the guest's initramfs to take the drivers of EC2's devices (E1), so
 * that the next kernel's has them too. Comes before {@link InitramfsDrivers}, whose rebuild reads
 * it.
 */
final class InitramfsConfiguration implements Modification {
  private static final String MODULES = "/etc/initramfs-tools/modules";
  private static final String RESUME = "/etc/initramfs-tools/conf.d/resume";
  private static final String MOST = "/etc/initramfs-tools/conf.d/vmferry-drivers";
  private static final String DRACUT = "/etc/dracut.conf.d/vmferry-drivers.conf";
  private static final String SUSE = "/etc/sysconfig/kernel";
  private static final String MODPROBE = "/etc/modprobe.conf";
  private static final String HEADING = "# Drivers of EC2 instances.\n";

  @Override
  public String name() {
    return "initramfs-configuration";
  }

  @Override
  public boolean appliesTo(GuestFacts facts, ModificationOptions options) {
    return facts.system() instanceof LinuxFacts;
  }

  @Override
  public void apply(Guest guest) throws IOException {
    List<String> drivers = Drivers.modulesOf(guest.edits().files(), guest.linux());
    InitramfsTool tool = InitramfsTool.of(guest.edits().files(), guest.linux().distribution());
    if (tool == InitramfsTool.INITRAMFS_TOOLS) {
      resume(guest);
    }
    if (drivers.isEmpty()) {
      return;
    }
    switch (tool) {
      case INITRAMFS_TOOLS -> initramfsTools(guest, drivers);
      case DRACUT ->
          guest
              .edits()
              .create(
                  DRACUT,
                  HEADING + "add_drivers+=\" %s \"\n".formatted(String.join(" ", drivers)),
                  "Every initramfs gets " + String.join(", ", drivers));
      case MKINITRD_SUSE -> suse(guest, drivers);
      case MKINITRD_NASH -> nash(guest, drivers);
      case UNKNOWN ->
          guest.edits().note("The guest has no tool known that makes its initramfs anew");
    }
  }

  private static void initramfsTools(Guest guest, List<String> drivers) throws IOException {
    String summary = "Every initramfs gets " + String.join(", ", drivers);
    Optional<TextFile> file = BootConfiguration.text(guest.edits(), MODULES);
    if (file.isPresent()) {
      List<String> listed = file.get().lines().stream().map(InitramfsConfiguration::name).toList();
      List<String> missing =
          drivers.stream().filter(driver -> !listed.contains(name(driver))).toList();
      if (!missing.isEmpty()) {
        String end = file.get().text().isEmpty() || file.get().text().endsWith("\n") ? "" : "\n";
        guest
            .edits()
            .change(
                file.get(),
                file.get().text() + end + HEADING + String.join("\n", missing) + "\n",
                summary);
      }
    } else if (guest.edits().files().status(MODULES).isEmpty()) {
      guest.edits().create(MODULES, HEADING + String.join("\n", drivers) + "\n", summary);
    }
    if (guest.options().rebuildInitramfs()) {
      // With MODULES=dep it would take the drivers of the appliance's disks for the guest's.
      guest.edits().create(MOST, "MODULES=most\n", "The initramfs is made with most drivers");
    }
  }

  /** An initramfs waits half a minute for a device to resume from that is not there. */
  private static void resume(Guest guest) throws IOException {
    Optional<TextFile> file = BootConfiguration.text(guest.edits(), RESUME);
    if (file.isEmpty()) {
      return;
    }
    CommandLineRules rules = new CommandLineRules(guest);
    Set<String> effects = new LinkedHashSet<>();
    String text =
        new ShellAssignments(file.get().text())
            .edit(
                "RESUME",
                value -> {
                  String edited =
                      rules.edit(
                          "resume=" + value,
                          CommandLineRules.Part.ADDITION,
                          Optional.empty(),
                          effects);
                  return edited.isEmpty() ? "none" : edited.substring("resume=".length());
                })
            .text();
    guest.edits().change(file.get(), text, String.join("; ", effects));
  }

  private static void suse(Guest guest, List<String> drivers) throws IOException {
    Optional<TextFile> file = BootConfiguration.text(guest.edits(), SUSE);
    if (file.isPresent()) {
      String text =
          new ShellAssignments(file.get().text())
              .edit(
                  "INITRD_MODULES",
                  value -> {
                    Set<String> all =
                        new LinkedHashSet<>(
                            Stream.of(value.split("\\s+"))
                                .filter(word -> !word.isEmpty())
                                .toList());
                    List<String> names = all.stream().map(InitramfsConfiguration::name).toList();
                    drivers.stream()
                        .filter(driver -> !names.contains(name(driver)))
                        .forEach(all::add);
                    return all.size() == names.size() ? value : String.join(" ", all);
                  })
              .text();
      guest.edits().change(file.get(), text, "Every initramfs gets " + String.join(", ", drivers));
    }
  }

  /** The mkinitrd of Red Hat Enterprise Linux 5 takes the drivers of its disks from here. */
  private static void nash(Guest guest, List<String> drivers) throws IOException {
    Optional<TextFile> file = BootConfiguration.text(guest.edits(), MODPROBE);
    Optional<String> driver =
        drivers.stream().filter(List.of("xen-blkfront", "xen-vbd")::contains).findFirst();
    if (file.isEmpty() || driver.isEmpty()) {
      return;
    }
    List<String> adapters =
        file.get().lines().stream()
            .map(String::strip)
            .filter(line -> line.matches("alias\\s+scsi_hostadapter\\S*\\s+\\S+.*"))
            .toList();
    boolean there =
        adapters.stream()
            .anyMatch(line -> name(line.split("\\s+", -1)[2]).equals(name(driver.get())));
    if (!there) {
      String number = adapters.isEmpty() ? "" : Integer.toString(adapters.size());
      String end = file.get().text().isEmpty() || file.get().text().endsWith("\n") ? "" : "\n";
      guest
          .edits()
          .change(
              file.get(),
              file.get().text()
                  + "%salias scsi_hostadapter%s %s\n".formatted(end, number, driver.get()),
              "Every initrd gets " + driver.get());
    }
  }

  /** A module's name as the kernel has it; of a line with options the first word. */
  private static String name(String line) {
    return GuestPaths.name(line.strip().split("\\s+", -1)[0]).replace('-', '_');
  }
}
