package io.vmferry.functions.fake;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.Extent;
import io.vmferry.disk.overlay.OverlayImage;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.Firmware;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.conversion.Conversion;
import io.vmferry.guest.conversion.ConversionReport;
import io.vmferry.guest.conversion.GuestConversion;
import io.vmferry.guest.conversion.StopSignal;
import io.vmferry.guest.inspect.Inspection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A conversion that does what a test says, on real overlays. */
public final class FakeConversion implements GuestConversion {
  private static final long MAX_BYTES = 64L << 20;

  private ConversionReport report = new ConversionReport(Optional.empty(), List.of(), List.of());
  private Edit edit = disks -> {};
  private final Faults faults = new Faults();
  private final List<ModificationOptions> options = new ArrayList<>();
  private int inspections;
  private int opened;
  private int closed;

  /** What is done to a guest's disks. */
  @FunctionalInterface
  public interface Edit {
    /** Changes the disks. */
    void apply(List<OverlayImage> disks) throws IOException;
  }

  /** Failures of {@code checkAvailable}, {@code inspect} and {@code modify}. */
  public Faults faults() {
    return faults;
  }

  /** What every later call reports. */
  public void reports(ConversionReport next) {
    report = next;
  }

  /** What every later call to {@link #modify} does. */
  public void edits(Edit next) {
    edit = next;
  }

  /** What was asked for, call by call. */
  public List<ModificationOptions> options() {
    return options;
  }

  /** How often a guest was looked into only. */
  public int inspections() {
    return inspections;
  }

  /** How many of the disks that were handed over are not closed. */
  public int openDisks() {
    return opened - closed;
  }

  @Override
  public void checkAvailable() {
    faults.check("checkAvailable");
  }

  @Override
  public Inspection inspect(List<? extends DiskImage> disks, StopSignal stop) throws IOException {
    for (DiskImage disk : disks) {
      disk.close();
    }
    inspections++;
    faults.check("inspect");
    return report
        .facts()
        .map(
            facts ->
                new Inspection(
                    facts.disks(),
                    facts.fileSystems(),
                    facts.firmware(),
                    Optional.of(facts.system()),
                    List.of(),
                    report.findings()))
        .orElseGet(
            () ->
                new Inspection(
                    List.of(),
                    List.of(),
                    Firmware.NONE,
                    Optional.empty(),
                    List.of(),
                    report.findings()));
  }

  @Override
  public Conversion modify(
      List<? extends DiskImage> disks, ModificationOptions asked, StopSignal stop)
      throws IOException {
    options.add(asked);
    List<OverlayImage> overlays = new ArrayList<>();
    for (DiskImage disk : disks) {
      overlays.add(
          OverlayImage.over(
              new Counted(disk), Path.of(System.getProperty("java.io.tmpdir")), MAX_BYTES));
      opened++;
    }
    Conversion conversion = new Conversion(report, overlays);
    boolean done = false;
    try {
      faults.check("modify");
      edit.apply(overlays);
      Optional<VmferryException> reason = stop.reason();
      if (reason.isPresent()) {
        throw reason.get();
      }
      done = true;
      return conversion;
    } finally {
      if (!done) {
        conversion.close();
      }
    }
  }

  private final class Counted implements DiskImage {
    private final DiskImage image;

    Counted(DiskImage image) {
      this.image = image;
    }

    @Override
    public DiskFormat format() {
      return image.format();
    }

    @Override
    public long virtualSize() {
      return image.virtualSize();
    }

    @Override
    public Extent extentAt(long offset, long maxLength) throws IOException {
      return image.extentAt(offset, maxLength);
    }

    @Override
    public Extent plannedExtentAt(long offset, long maxLength) throws IOException {
      return image.plannedExtentAt(offset, maxLength);
    }

    @Override
    public void readFully(long offset, ByteBuffer destination) throws IOException {
      image.readFully(offset, destination);
    }

    @Override
    public void close() {
      closed++;
      try {
        image.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
