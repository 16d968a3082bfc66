package io.vmferry.guest.linux.network;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.GuestFiles;
import io.vmferry.guest.GuestPaths;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.TextFile;
import io.vmferry.guest.linux.files.ConfigFiles;
import io.vmferry.guest.linux.files.IniFile;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Names of network interfaces that are bound to the old machine's MAC addresses or slots: udev's
 * lists of them, the rule that would write a new list, rules of the administrator's, and systemd's
 * link files.
 */
public final class MacBoundNames implements Modification {
  private static final String RULES = "/etc/udev/rules.d";
  private static final String LINKS = "/etc/systemd/network";
  private static final String GENERATOR = "75-persistent-net-generator.rules";

  /** The lists that releases have had. */
  private static final List<String> LISTS =
      List.of(
          "70-persistent-net.rules", "30-net_persistent_names.rules", "z25_persistent-net.rules");

  private static final Pattern ADDRESS = Pattern.compile("(ATTRS?|SYSFS)\\{address\\}\\s*==");
  private static final Pattern NAME = Pattern.compile("(^|[\\s,])NAME\\s*:?=[^=]");

  /** Makes the modification. */
  public MacBoundNames() {}

  @Override
  public String name() {
    return "interface-names";
  }

  @Override
  public boolean appliesTo(GuestFacts facts, ModificationOptions options) {
    return switch (facts.system()) {
      case LinuxFacts linux -> true;
    };
  }

  @Override
  public void apply(Guest guest) throws IOException {
    GuestEdits edits = guest.edits();
    GuestFiles files = edits.files();
    for (String list : LISTS) {
      removeList(guest, GuestPaths.child(RULES, list));
    }
    String mask = GuestPaths.child(RULES, GENERATOR);
    if (ConfigFiles.anyExists(
        files, "/lib/udev/rules.d/" + GENERATOR, "/usr/lib/udev/rules.d/" + GENERATOR, mask)) {
      edits.symlink("/dev/null", mask, "no new list of names by MAC address");
    }
    for (String path : ConfigFiles.list(files, RULES, name -> name.endsWith(".rules"))) {
      if (!ConfigFiles.isMasked(files, path)) {
        Optional<TextFile> rules = ConfigFiles.read(edits, path);
        if (rules.isPresent()) {
          edits.change(rules.get(), withoutNames(rules.get().text()), "no names by MAC address");
        }
      }
    }
    for (String path : ConfigFiles.list(files, LINKS, name -> name.endsWith(".link"))) {
      if (!ConfigFiles.isMasked(files, path)) {
        Optional<TextFile> link = ConfigFiles.read(edits, path);
        if (link.filter(text -> isBound(text.text())).isPresent()) {
          edits.remove(path, "names an interface by its MAC address or slot");
        }
      }
    }
  }

  private static void removeList(Guest guest, String path) throws IOException {
    try {
      ConfigFiles.remove(guest, path, "names interfaces by MAC address");
    } catch (VmferryException e) {
      if (e.code() != ErrorCode.GUEST_FILE_UNWRITABLE
          && e.code() != ErrorCode.GUEST_COMMAND_FAILED) {
        throw e;
      }
      // It names interfaces that are not there; the new one only gets another number.
      guest.edits().note("%s could not be removed: %s".formatted(path, e.detail()));
    }
  }

  private static boolean isBound(String text) {
    IniFile link = IniFile.of(text);
    return link.get("Link", "Name").isPresent()
        && Stream.of("MACAddress", "PermanentMACAddress", "Path")
            .anyMatch(key -> link.get("Match", key).isPresent());
  }

  /** The rules with those that give a name by a MAC address commented out. */
  static String withoutNames(String text) {
    StringBuilder changed = new StringBuilder();
    StringBuilder rule = new StringBuilder();
    for (String line : text.split("(?<=\n)", -1)) {
      rule.append(line);
      if (!line.stripTrailing().endsWith("\\")) {
        changed.append(commented(rule.toString()));
        rule.setLength(0);
      }
    }
    return changed.append(commented(rule.toString())).toString();
  }

  private static String commented(String rule) {
    boolean bound =
        !rule.stripLeading().startsWith("#")
            && ADDRESS.matcher(rule).find()
            && NAME.matcher(rule).find();
    return bound ? rule.replaceAll("(?m)^(?=.)", "# ") : rule;
  }
}
