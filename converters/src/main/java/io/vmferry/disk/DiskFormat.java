package io.vmferry.disk;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The disk formats by the names the EC2 API and the command line use. */
public enum DiskFormat {
  /** The disk's bytes and nothing else. */
  RAW("raw"),
  /** VMware, in any of its layouts: stream-optimized, sparse, flat, split. */
  VMDK("vmdk"),
  /** Microsoft Virtual PC and Hyper-V, fixed or dynamic. */
  VHD("vhd"),
  /** Microsoft Hyper-V, fixed or dynamic. */
  VHDX("vhdx");

  private final String id;

  DiskFormat(String id) {
    this.id = id;
  }

  /** The lower-case name: {@code raw}, {@code vmdk}, {@code vhd}, {@code vhdx}. */
  public String id() {
    return id;
  }

  /** The format of that name in any case; empty if there is none. */
  public static Optional<DiskFormat> of(String name) {
    String wanted = name.toLowerCase(Locale.ROOT);
    return Arrays.stream(values()).filter(format -> format.id.equals(wanted)).findFirst();
  }
}
