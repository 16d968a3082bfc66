package io.vmferry.guest.conversion;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.overlay.OverlayImage;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.Finding;
import io.vmferry.guest.Finding.Severity;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.appliance.ApplianceOptions;
import io.vmferry.guest.appliance.GuestAppliance;
import io.vmferry.guest.appliance.GuestAppliance.Access;
import io.vmferry.guest.inspect.DiskInspection;
import io.vmferry.guest.inspect.GuestInspection;
import io.vmferry.guest.inspect.Inspection;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Guests opened in the libguestfs appliance. */
public final class ApplianceConversion implements GuestConversion {
  /** What a guest boots without. */
  private static final Set<String> NEVER_FATAL = Set.of("hypervisor-tools", "ssm-agent");

  /** What the guest itself is the reason of; anything else ends the conversion. */
  private static final Set<ErrorCode> OF_THE_GUEST =
      Set.of(
          ErrorCode.GUEST_FILE_UNREADABLE,
          ErrorCode.GUEST_FILE_UNWRITABLE,
          ErrorCode.GUEST_COMMAND_FAILED);

  private final ApplianceOptions options;
  private final List<Modification> modifications;

  /**
   * A conversion.
   *
   * @param options how appliances are run
   * @param modifications what is done to a guest, in this order
   */
  public ApplianceConversion(ApplianceOptions options, List<Modification> modifications) {
    this.options = options;
    this.modifications = List.copyOf(modifications);
  }

  /** Every modification there is; overlays are in the system's directory of temporary files. */
  public static ApplianceConversion inTemporaryFiles() {
    return new ApplianceConversion(ApplianceOptions.defaults(), Modifications.all());
  }

  @Override
  public void checkAvailable() {
    GuestAppliance.checkAvailable(options);
  }

  @Override
  public Inspection inspect(List<? extends DiskImage> disks, StopSignal stop) throws IOException {
    try {
      return Watch.over(stop, () -> inspect(disks));
    } finally {
      Conversion.closeAll(disks);
    }
  }

  private Inspection inspect(List<? extends DiskImage> disks) throws IOException {
    DiskInspection headers = DiskInspection.read(disks);
    try (GuestAppliance appliance = GuestAppliance.open(disks, options)) {
      return GuestInspection.inspect(headers, new ApplianceDevices(appliance));
    }
  }

  @Override
  public Conversion modify(
      List<? extends DiskImage> disks, ModificationOptions asked, StopSignal stop)
      throws IOException {
    List<OverlayImage> overlays = overlays(disks);
    boolean done = false;
    try {
      ConversionReport report = Watch.over(stop, () -> modify(overlays, asked));
      done = true;
      return new Conversion(report, overlays);
    } finally {
      if (!done) {
        Conversion.closeAll(overlays);
      }
    }
  }

  private List<OverlayImage> overlays(List<? extends DiskImage> disks) throws IOException {
    List<OverlayImage> overlays = new ArrayList<>();
    boolean done = false;
    try {
      for (DiskImage disk : disks) {
        overlays.add(
            OverlayImage.over(disk, options.temporaryDirectory(), options.maxOverlayBytes()));
      }
      done = true;
      return overlays;
    } finally {
      if (!done) {
        Conversion.closeAll(overlays);
        // The one that failed is closed already; closing it again does nothing.
        Conversion.closeAll(disks.subList(overlays.size(), disks.size()));
      }
    }
  }

  private ConversionReport modify(List<OverlayImage> disks, ModificationOptions asked)
      throws IOException {
    DiskInspection headers = DiskInspection.read(disks);
    refuse(headers.findings());
    try (GuestAppliance appliance = GuestAppliance.open(disks, options)) {
      ApplianceDevices devices = new ApplianceDevices(appliance);
      Inspection found = GuestInspection.inspect(headers, devices);
      found.requireImportable();
      List<Finding> findings = new ArrayList<>(found.findings());
      GuestEdits edits = new GuestEdits(appliance.files());
      if (found.facts().isPresent()) {
        for (String why : devices.mount(found.mounts(), Access.WRITE)) {
          findings.add(new Finding(Severity.WARNING, ErrorCode.GUEST_FILE_UNREADABLE, why));
        }
        apply(found.facts().get(), edits, asked, appliance, findings);
      }
      appliance.finish();
      findings.sort(Comparator.comparing(Finding::severity));
      return new ConversionReport(found.facts(), findings, edits.changes());
    }
  }

  private void apply(
      GuestFacts facts,
      GuestEdits edits,
      ModificationOptions asked,
      GuestAppliance appliance,
      List<Finding> findings)
      throws IOException {
    for (Modification modification : modifications) {
      if (!modification.appliesTo(facts, asked)) {
        continue;
      }
      try {
        modification.apply(
            new Guest(facts, edits.of(modification), asked, Optional.of(appliance.commands())));
      } catch (VmferryException e) {
        if (!NEVER_FATAL.contains(modification.name()) || !OF_THE_GUEST.contains(e.code())) {
          throw e;
        }
        findings.add(
            new Finding(
                Severity.WARNING, e.code(), "%s: %s".formatted(modification.name(), e.detail())));
      }
    }
  }

  private static void refuse(List<Finding> findings) {
    findings.stream()
        .filter(finding -> finding.severity() == Severity.ERROR)
        .findFirst()
        .ifPresent(
            finding -> {
              throw new VmferryException(finding.code(), finding.detail());
            });
  }
}
