package io.vmferry.it;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * What a guest of {@code scripts/make-guest} says on the serial console after a boot.
 *
 * @param boot which boot of this disk it was; the first is 1
 * @param dhcp the address that was leased; "none" without one
 * @param failed the number of failed units, and their names
 * @param mounts what the fstab promises and is not mounted; "none" if all is
 * @param root the root file system's device
 */
record BootReport(int boot, String dhcp, String failed, String mounts, String root) {
  private static final Pattern LINE =
      Pattern.compile(
          "VMFERRY-BOOT n=(\\d+) dhcp=(\\S+) failed=(\\S+) mounts=(\\S+) root=(\\S+)\\s");

  /** Every report on a console. */
  static List<BootReport> in(String console) {
    return LINE.matcher(console).results().map(BootReport::of).toList();
  }

  private static BootReport of(MatchResult line) {
    return new BootReport(
        Integer.parseInt(line.group(1)),
        line.group(2),
        line.group(3),
        line.group(4),
        line.group(5));
  }
}
