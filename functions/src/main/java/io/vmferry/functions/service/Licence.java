package io.vmferry.functions.service;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.conversion.ConversionReport;
import java.util.Optional;

/**
 * Whether the licence that a request asks for fits the guest (VM Import/Export User Guide,
 * "Licensing options": one that is incompatible fails the task).
 */
final class Licence {
  /** Windows with a licence of the user's own; every other operation here is of Linux. */
  private static final String WINDOWS_BYOL = "RunInstances:0800";

  private static final String LINUX = "Linux";

  private Licence() {}

  /** What EC2 calls the guest's platform. */
  static String platform(GuestFacts facts) {
    return facts.system() instanceof LinuxFacts ? LINUX : "Windows";
  }

  /**
   * Checks a request against what was found; a guest that is not known fits all.
   *
   * @throws VmferryException {@link ErrorCode#LICENSE_INCOMPATIBLE}
   */
  static void check(ImportRequest request, ConversionReport report) {
    Optional<String> operation = request.options().usageOperation();
    if (operation.isEmpty() || report.facts().isEmpty()) {
      return;
    }
    String platform = platform(report.facts().get());
    if (platform.equals(LINUX) == operation.get().equals(WINDOWS_BYOL)) {
      throw new VmferryException(
          ErrorCode.LICENSE_INCOMPATIBLE,
          "the usage operation %s is not one of %s, which the guest runs"
              .formatted(operation.get(), platform));
    }
  }
}
