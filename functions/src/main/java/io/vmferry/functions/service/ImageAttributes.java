package io.vmferry.functions.service;

import io.vmferry.error.ErrorCode;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Task;
import io.vmferry.guest.AmiTraits;
import io.vmferry.guest.Finding;
import io.vmferry.guest.conversion.ConversionReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is registered of the machine: what the request says, else what its guest was found to be,
 * else what its package says. A request that contradicts the guest has its way; a finding tells.
 *
 * @param architecture the image's
 * @param bootMode empty for the architecture's default
 * @param enaSupport whether the kernel that boots has a driver for ENA; taken for granted of a
 *     guest that was not looked into
 * @param contradictions what of the request does not fit the guest
 */
record ImageAttributes(
    String architecture,
    Optional<String> bootMode,
    boolean enaSupport,
    List<Finding> contradictions) {
  private static final String EITHER = "uefi-preferred";

  /** The attributes of a task's image. */
  static ImageAttributes of(Task task) {
    ImportRequest request = task.request();
    Optional<AmiTraits> traits = task.guest().flatMap(ConversionReport::facts).map(AmiTraits::of);
    Optional<String> architecture = traits.flatMap(AmiTraits::architecture);
    Optional<String> bootMode = traits.flatMap(AmiTraits::bootMode);
    List<Finding> contradictions = new ArrayList<>();
    if (request.architecture().isPresent()
        && architecture.isPresent()
        && !architecture.equals(request.architecture())) {
      contradictions.add(
          contradiction("architecture", request.architecture().get(), architecture.get()));
    }
    if (request.bootMode().isPresent()
        && bootMode.isPresent()
        && !fits(request.bootMode().get(), bootMode.get())) {
      contradictions.add(contradiction("boot mode", request.bootMode().get(), bootMode.get()));
    }
    Optional<String> platform =
        task.guest().flatMap(ConversionReport::facts).map(Licence::platform);
    if (request.options().platform().isPresent()
        && platform.isPresent()
        && !platform.equals(request.options().platform())) {
      contradictions.add(
          contradiction("platform", request.options().platform().get(), platform.get()));
    }
    return new ImageAttributes(
        request.architecture().or(() -> architecture).orElse("x86_64"),
        request.bootMode().or(() -> bootMode(task.bootMode(), bootMode)),
        traits.map(AmiTraits::enaSupport).orElse(true),
        List.copyOf(contradictions));
  }

  /** How the machine was booted before, if the guest can be booted so; else how it can. */
  private static Optional<String> bootMode(Optional<String> packaged, Optional<String> found) {
    boolean usable = packaged.isPresent() && (found.isEmpty() || fits(packaged.get(), found.get()));
    return usable ? packaged : found;
  }

  private static boolean fits(String asked, String found) {
    return found.equals(EITHER) || asked.equals(found);
  }

  private static Finding contradiction(String what, String asked, String found) {
    return new Finding(
        Finding.Severity.WARNING,
        ErrorCode.GUEST_ATTRIBUTE_CONTRADICTED,
        "the %s asked for is %s, and the guest's is %s".formatted(what, asked, found));
  }
}
