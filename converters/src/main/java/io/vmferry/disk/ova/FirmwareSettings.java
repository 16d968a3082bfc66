package io.vmferry.disk.ova;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a machine boots with. OVF has no words for it, so every writer uses its own.
 *
 * @param firmware the firmware, where the OVF says
 * @param secureBoot whether secure boot is on
 * @param tpm whether there is a trusted platform module
 */
record FirmwareSettings(
    Optional<VirtualSystem.Firmware> firmware, boolean secureBoot, boolean tpm) {

  static FirmwareSettings of(XmlElement system, List<XmlElement> hardware) {
    Map<String, String> settings = settings(hardware);
    List<XmlElement> machine =
        system.children("Machine").flatMap(one -> one.children("Hardware")).toList();
    List<XmlElement> data =
        hardware.stream().flatMap(section -> section.children("System")).toList();
    return new FirmwareSettings(
        vmware(settings)
            .or(() -> virtualBox(machine))
            .or(() -> hyperV(data))
            .or(() -> xenServer(settings)),
        isTrue(settings, "bootoptions.efisecurebootenabled")
            || isTrue(settings, "uefi.secureboot.enabled")
            || xenParameter(settings, "platform", "secureboot").equals("true")
            || data.stream()
                .flatMap(one -> one.childText("SecureBootEnabled").stream())
                .anyMatch(value -> value.toLowerCase(Locale.ROOT).equals("true")),
        isTrue(settings, "vtpm.present")
            || hardware.stream().anyMatch(FirmwareSettings::hasTpmItem)
            || machine.stream()
                .flatMap(one -> one.children("TrustedPlatformModule"))
                .map(module -> module.attribute("type").orElse("None"))
                .anyMatch(type -> !type.equals("None")));
  }

  /** VMware's Config and ExtraConfig, and XenServer's other configuration, by key in lower case. */
  private static Map<String, String> settings(List<XmlElement> hardware) {
    Map<String, String> settings = new HashMap<>();
    for (XmlElement section : hardware) {
      for (XmlElement child : section.children()) {
        Optional<String> key =
            switch (child.name()) {
              case "Config", "ExtraConfig" -> child.attribute("key");
              case "VirtualSystemOtherConfigurationData" -> child.attribute("Name");
              default -> Optional.empty();
            };
        String value =
            child.attribute("value").or(() -> child.childText("Value")).orElse("").strip();
        key.ifPresent(name -> settings.putIfAbsent(name.strip().toLowerCase(Locale.ROOT), value));
      }
    }
    return settings;
  }

  private static Optional<VirtualSystem.Firmware> vmware(Map<String, String> settings) {
    return firmware(settings.getOrDefault("firmware", ""));
  }

  /** {@code vbox:Machine}'s {@code <Firmware type="EFI64"/>}. */
  private static Optional<VirtualSystem.Firmware> virtualBox(List<XmlElement> machine) {
    return machine.stream()
        .flatMap(one -> one.children("Firmware"))
        .flatMap(one -> one.attribute("type").stream())
        .flatMap(type -> firmware(type).stream())
        .findFirst();
  }

  /** Machines of the second generation have UEFI. */
  private static Optional<VirtualSystem.Firmware> hyperV(List<XmlElement> data) {
    return data.stream()
        .flatMap(
            one ->
                Stream.of("VirtualSystemSubType", "VirtualSystemType")
                    .flatMap(name -> one.childText(name).stream()))
        .map(type -> type.toLowerCase(Locale.ROOT))
        .filter(type -> type.startsWith("microsoft:hyper-v:subtype:"))
        .map(type -> type.endsWith(":1") ? VirtualSystem.Firmware.BIOS : VirtualSystem.Firmware.EFI)
        .findFirst();
  }

  private static Optional<VirtualSystem.Firmware> xenServer(Map<String, String> settings) {
    return firmware(xenParameter(settings, "hvm_boot_params", "firmware"));
  }

  /** A value out of {@code order=dc;firmware=uefi;}. */
  private static String xenParameter(Map<String, String> settings, String setting, String key) {
    return settings
        .getOrDefault(setting, "")
        .lines()
        .flatMap(line -> Stream.of(line.split("[;,]", -1)))
        .map(String::strip)
        .filter(part -> part.startsWith(key + "="))
        .map(part -> part.substring(key.length() + 1).strip().toLowerCase(Locale.ROOT))
        .findFirst()
        .orElse("");
  }

  private static Optional<VirtualSystem.Firmware> firmware(String word) {
    String lower = word.strip().toLowerCase(Locale.ROOT);
    if (lower.startsWith("efi") || lower.startsWith("uefi")) {
      return Optional.of(VirtualSystem.Firmware.EFI);
    }
    return lower.equals("bios") ? Optional.of(VirtualSystem.Firmware.BIOS) : Optional.empty();
  }

  private static boolean isTrue(Map<String, String> settings, String key) {
    return settings.getOrDefault(key, "").toLowerCase(Locale.ROOT).equals("true");
  }

  private static boolean hasTpmItem(XmlElement section) {
    return section
        .children("Item")
        .flatMap(item -> item.childText("ResourceSubType").stream())
        .anyMatch(type -> type.toLowerCase(Locale.ROOT).contains("tpm"));
  }
}
