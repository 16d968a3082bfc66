package io.vmferry.functions.service;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.task.ImportRequest;
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

  private Licence() {}

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
    boolean linux = report.facts().get().system() instanceof LinuxFacts;
    if (linux == operation.get().equals(WINDOWS_BYOL)) {
      throw new VmferryException(
          ErrorCode.LICENSE_INCOMPATIBLE,
          "the usage operation %s is not one of %s, which the guest runs"
              .formatted(operation.get(), linux ? "Linux" : "Windows"));
    }
  }
}
