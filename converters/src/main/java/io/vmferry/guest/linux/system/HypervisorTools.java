package io.vmferry.guest.linux.system;

import io.vmferry.error.VmferryException;
import io.vmferry.guest.Distribution.Family;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.GuestPaths;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.TextFile;
import io.vmferry.guest.linux.files.ConfigFiles;
import io.vmferry.guest.linux.files.Services;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * The guest tools of VMware, VirtualBox, Hyper-V, Azure, Parallels, XenServer and QEMU no longer
 * start (requirement E8): systemd's units are masked, links to init scripts put aside, upstart's
 * jobs made manual. Packages stay, since others may depend on them, and no uninstaller runs. A
 * failure is told and stops nothing: tools that start do no harm but noise.
 */
public final class HypervisorTools implements Modification {
  /** Names of services, without a suffix. */
  private static final Pattern SERVICE =
      Pattern.compile(
          // VMware, from packages and from its archive
          "open-vm-tools.*|vmtoolsd|vgauthd?|vmware-(tools|guestd|vmblock-fuse|autostart).*"
              + "|run-vmblock\\\\x2dfuse"
              // VirtualBox
              + "|vboxadd.*|vboxservice|vboxguest.*|virtualbox-guest.*"
              // Hyper-V and Azure
              + "|hyperv-daemons.*|hyperv(kvp|vss|fcopy)d|hv[-_](kvp|vss|fcopy)[-_]daemon.*"
              + "|waagent.*|walinuxagent.*"
              // Parallels, XenServer, QEMU
              + "|prltoolsd|prltools_updater|parallels-tools|xe-(daemon|linux-distribution)"
              + "|xe-guest-utilities|qemu-(guest-agent|ga@?)|spice-vdagentd?");

  private static final Pattern UNIT_SUFFIX =
      Pattern.compile("\\.(service|socket|mount|path|timer)$");
  private static final String UPSTART = "/etc/init";
  private static final String SUMMARY = "guest tools of a hypervisor no longer start";

  /** Makes the modification. */
  public HypervisorTools() {}

  @Override
  public String name() {
    return "hypervisor-tools";
  }

  @Override
  public boolean appliesTo(GuestFacts facts, ModificationOptions options) {
    return switch (facts.system()) {
      case LinuxFacts linux -> true;
    };
  }

  @Override
  public void apply(Guest guest) throws IOException {
    GuestEdits edits = guest.edits();
    Predicate<String> services = SERVICE.asMatchPredicate();
    Predicate<String> units =
        name ->
            UNIT_SUFFIX.matcher(name).find()
                && services.test(UNIT_SUFFIX.matcher(name).replaceFirst(""));
    for (String unit : Services.units(edits.files(), units)) {
      attempt(guest, unit, () -> Services.mask(guest, unit, SUMMARY));
    }
    for (String link : Services.startLinks(edits.files(), services)) {
      attempt(guest, link, () -> edits.remove(link, SUMMARY));
    }
    for (String job :
        ConfigFiles.list(
            edits.files(),
            UPSTART,
            name -> name.endsWith(".conf") && services.test(name.replaceFirst("\\.conf$", "")))) {
      attempt(guest, job, () -> stopJob(guest, job));
    }
  }

  private static void stopJob(Guest guest, String job) throws IOException {
    GuestEdits edits = guest.edits();
    if (guest.linux().distribution().family() == Family.RED_HAT) {
      // Release 6 has an upstart that knows no override files.
      edits.remove(job, SUMMARY);
      return;
    }
    String override =
        GuestPaths.parent(job) + "/" + GuestPaths.name(job).replaceFirst("conf$", "override");
    Optional<TextFile> is = ConfigFiles.read(edits, override);
    if (is.isEmpty()) {
      edits.create(override, "manual\n", SUMMARY);
    } else if (is.get().lines().stream().noneMatch("manual"::equals)) {
      String text = is.get().text();
      String gap = text.isEmpty() || text.endsWith("\n") ? "" : "\n";
      edits.change(is.get(), text + gap + "manual\n", SUMMARY);
    }
  }

  private interface Step {
    void run() throws IOException;
  }

  private static void attempt(Guest guest, String what, Step step) throws IOException {
    try {
      step.run();
    } catch (VmferryException e) {
      guest.edits().note("%s could not be stopped from starting: %s".formatted(what, e.detail()));
    }
  }
}
