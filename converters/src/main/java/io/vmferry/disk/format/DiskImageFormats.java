package io.vmferry.disk.format;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.DiskImageFormat;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.raw.RawFormat;
import io.vmferry.disk.vhd.VhdFormat;
import io.vmferry.disk.vhdx.VhdxFormat;
import io.vmferry.disk.vmdk.VmdkFormat;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** The formats there are. The one place that lists them. */
public final class DiskImageFormats {
  /** Every format that can be told by its bytes, in the order in which they are asked. */
  private static final List<DiskImageFormat> PROBED =
      List.of(new VhdFormat(), new VhdxFormat(), new VmdkFormat());

  private static final DiskImageFormat RAW = new RawFormat();

  private DiskImageFormats() {}

  /**
   * The format the bytes have; empty if they are none of the formats that can be told, which a raw
   * disk is not.
   *
   * @throws VmferryException {@link ErrorCode#IMAGE_EMPTY} if there are no bytes; a format's own
   *     code if the bytes can only be of that format but are broken
   * @throws IOException if the source cannot be read
   */
  public static Optional<DiskFormat> detect(ByteSource source) throws IOException {
    return probe(source).map(DiskImageFormat::format);
  }

  /**
   * Opens an image as the format it is declared to be, or as the one its bytes have.
   *
   * @param source the image's bytes; belongs to the image from here on, and is closed even when
   *     opening fails
   * @param declared what the caller says it is; raw is believed only when the bytes are no other
   *     format
   * @param references opens what the image names
   * @throws VmferryException {@link ErrorCode#IMAGE_EMPTY}, {@link ErrorCode#IMAGE_FORMAT_UNKNOWN},
   *     {@link ErrorCode#IMAGE_FORMAT_MISMATCH}, {@link ErrorCode#DISK_SIZE_ZERO}, {@link
   *     ErrorCode#DISK_SIZE_TOO_LARGE}, or a format's own code
   * @throws IOException if the source cannot be read
   */
  public static DiskImage open(
      ByteSource source, Optional<DiskFormat> declared, ReferenceResolver references)
      throws IOException {
    DiskImageFormat format;
    try {
      format = choose(source, declared);
    } catch (Throwable failure) {
      source.close();
      throw failure;
    }
    return format.open(source, references);
  }

  private static DiskImageFormat choose(ByteSource source, Optional<DiskFormat> declared)
      throws IOException {
    Optional<DiskImageFormat> found = probe(source);
    if (declared.isEmpty()) {
      return found.orElseThrow(
          () ->
              new VmferryException(
                  ErrorCode.IMAGE_FORMAT_UNKNOWN,
                  "%s (%d bytes) is no VMDK, VHD, VHDX or OVA"
                      .formatted(source.name(), source.size())));
    }
    DiskFormat wanted = declared.get();
    if (found.isEmpty() && wanted == DiskFormat.RAW) {
      return RAW;
    }
    return found
        .filter(format -> format.format() == wanted)
        .orElseThrow(() -> mismatch(source, wanted, found.map(DiskImageFormat::format)));
  }

  private static VmferryException mismatch(
      ByteSource source, DiskFormat declared, Optional<DiskFormat> found) {
    return new VmferryException(
        ErrorCode.IMAGE_FORMAT_MISMATCH,
        "%s is declared as %s, but its bytes are %s"
            .formatted(
                source.name(), declared.id(), found.map(DiskFormat::id).orElse("no known format")));
  }

  private static Optional<DiskImageFormat> probe(ByteSource source) throws IOException {
    if (source.size() == 0) {
      throw new VmferryException(ErrorCode.IMAGE_EMPTY, "%s has 0 bytes".formatted(source.name()));
    }
    for (DiskImageFormat format : PROBED) {
      if (format.probe(source)) {
        return Optional.of(format);
      }
    }
    return Optional.empty();
  }
}
