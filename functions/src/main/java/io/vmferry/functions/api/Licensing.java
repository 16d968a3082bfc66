package io.vmferry.functions.api;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The licensing options of ImportImage (VM Import/Export User Guide, "Licensing options"). What
 * includes a licence of AWS's is refused: its billing comes from a snapshot's metadata, which a
 * directly written snapshot does not have.
 */
final class Licensing {
  private static final List<String> TYPES = List.of("Auto", "AWS", "BYOL");

  /** The guide's table: which system each usage operation is of, and whether it has a licence. */
  private static final Map<String, Operation> OPERATIONS = operations();

  private static final Pattern CONFIGURATION =
      Pattern.compile(
          "arn:aws[a-z-]*:license-manager:[a-z0-9-]+:[0-9]{12}:license-configuration[:/]lic-[0-9a-f]{32}");

  private record Operation(String platform, boolean licensed) {}

  private Licensing() {}

  private static Map<String, Operation> operations() {
    Map<String, Operation> operations = new LinkedHashMap<>();
    for (String code : List.of("0002", "0006", "0102", "0202")) {
      operations.put("RunInstances:" + code, new Operation("Windows", true));
    }
    operations.put("RunInstances:0800", new Operation("Windows", false));
    operations.put("RunInstances", new Operation("Linux", false));
    for (String code : List.of("0100", "0004", "0200")) {
      operations.put("RunInstances:" + code, new Operation("Linux", true));
    }
    return operations;
  }

  /**
   * What a request says of licences.
   *
   * @param type {@code Auto} or {@code BYOL}
   * @param usageOperation one that includes no licence
   */
  record Choice(Optional<String> type, Optional<String> usageOperation) {}

  /**
   * Reads and checks the options.
   *
   * @param platform what the request says the machine runs
   * @throws ApiException if an option has no valid value, contradicts another, or is not supported
   */
  static Choice read(QueryRequest request, Optional<String> platform) {
    Optional<String> type = request.oneOf("LicenseType", TYPES);
    Optional<String> operation = request.get("UsageOperation");
    if (type.isPresent() && operation.isPresent()) {
      throw ApiException.combination(
          "The parameters LicenseType and UsageOperation cannot be used together");
    }
    operation.ifPresent(code -> checkOperation(code, platform));
    checkConfigurations(request);
    if (type.filter("AWS"::equals).isPresent()) {
      if (platform.filter("Linux"::equals).isPresent()) {
        throw ApiException.combination(
            "The licence type AWS is not compatible with Linux, which supports BYOL only");
      }
      throw ApiException.unsupported(
          "The licence type AWS is not supported: images are made without a licence of AWS's."
              + " Use BYOL");
    }
    return new Choice(type, operation);
  }

  private static void checkOperation(String code, Optional<String> platform) {
    Operation operation = OPERATIONS.get(code);
    if (operation == null) {
      throw ApiException.invalidValue(
          "UsageOperation", code, String.join(" | ", OPERATIONS.keySet()));
    }
    if (platform.isPresent() && !platform.get().equals(operation.platform())) {
      throw ApiException.combination(
          "The usage operation %s is one of %s and not compatible with the platform %s"
              .formatted(code, operation.platform(), platform.get()));
    }
    if (operation.licensed()) {
      throw ApiException.unsupported(
          "The usage operation %s is not supported: images are made without a licence of AWS's."
                  .formatted(code)
              + " Use RunInstances or RunInstances:0800");
    }
  }

  private static void checkConfigurations(QueryRequest request) {
    for (QueryRequest specification : request.members("LicenseSpecifications")) {
      String arn = specification.require("LicenseConfigurationArn");
      if (!CONFIGURATION.matcher(arn).matches()) {
        throw ApiException.invalidValue(
            specification.name("LicenseConfigurationArn"),
            arn,
            "the ARN of a licence configuration of License Manager");
      }
    }
    if (!request.members("LicenseSpecifications").isEmpty()) {
      throw ApiException.unsupported(
          "The parameter LicenseSpecifications is not supported: licence configurations are not"
              + " attached to images yet. Attach them with"
              + " license-manager:UpdateLicenseSpecificationsForResource when the import is done");
    }
  }

  /** The system that a usage operation is of. */
  static Optional<String> platformOf(String usageOperation) {
    return Optional.ofNullable(OPERATIONS.get(usageOperation)).map(Operation::platform);
  }
}
