package io.vmferry.guest.linux.boot;

import io.vmferry.guest.BootLoader;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.TextFile;
import io.vmferry.guest.linux.menu.LegacyLine;
import io.vmferry.guest.linux.menu.LegacyLine.Kernel;
import io.vmferry.guest.linux.menu.LegacyLine.Magic;
import io.vmferry.guest.linux.menu.LegacyLine.Setting;
import io.vmferry.guest.linux.menu.LegacyLine.Title;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * GRUB 0.97's menu, menu.lst or grub.conf (E4): every kernel's command line, Debian's {@code #
 * kopt=} from which update-grub makes them anew, the timeout, and a default that can boot.
 */
final class GrubLegacyMenu implements Modification {
  private static final List<String> NAMES = List.of("grub.conf", "menu.lst");

  @Override
  public String name() {
    return "grub-legacy-menu";
  }

  @Override
  public boolean appliesTo(GuestFacts facts, ModificationOptions options) {
    return facts.system() instanceof LinuxFacts linux
        && linux.bootLoader().kind() == BootLoader.Kind.GRUB_LEGACY;
  }

  @Override
  public void apply(Guest guest) throws IOException {
    CommandLineRules rules = new CommandLineRules(guest);
    for (String path :
        BootConfiguration.beside(
            guest.edits().files(), guest.linux().bootLoader().configuration(), NAMES)) {
      Optional<TextFile> file = BootConfiguration.bootText(guest.edits(), path);
      if (file.isPresent()) {
        Set<String> effects = new LinkedHashSet<>();
        String text = edit(file.get().text(), rules, effects);
        guest.edits().change(file.get(), text, String.join("; ", effects));
      }
    }
  }

  /** The menu, edited. */
  static String edit(String text, CommandLineRules rules, Set<String> effects) throws IOException {
    OptionalInt newDefault =
        rules.newDefault().isPresent()
            ? titleOf(text, rules, rules.newDefault().get())
            : OptionalInt.empty();
    List<String> lines = new ArrayList<>();
    boolean timeout = false;
    boolean defaulted = false;
    boolean titled = false;
    for (String line : text.split("\n", -1)) {
      LegacyLine is = LegacyLine.of(line);
      titled |= is instanceof Title;
      if (is instanceof Setting setting && !titled) {
        boolean time = setting.name().equals("timeout");
        timeout |= time;
        defaulted |= !time && newDefault.isPresent();
        lines.add(
            time
                ? timeout(line, setting, effects)
                : defaultNumber(line, setting, newDefault, effects));
      } else {
        lines.add(commandLine(line, is, rules, effects));
      }
    }
    if (titled && newDefault.isPresent() && !defaulted) {
      lines.addFirst("default " + newDefault.getAsInt());
      effects.add("default is entry %d, the first that can boot".formatted(newDefault.getAsInt()));
    }
    if (titled && !timeout) {
      lines.addFirst("timeout " + MenuTimeout.SECONDS);
      effects.add("timeout is %s, it was for ever".formatted(MenuTimeout.SECONDS));
    }
    return String.join("\n", lines);
  }

  private static String timeout(String line, Setting time, Set<String> effects) {
    if (MenuTimeout.isFine(time.value())) {
      return line;
    }
    effects.add("timeout %s is %s".formatted(time.value(), MenuTimeout.SECONDS));
    return time.before() + MenuTimeout.SECONDS;
  }

  private static String defaultNumber(
      String line, Setting number, OptionalInt newDefault, Set<String> effects) {
    if (newDefault.isEmpty()) {
      return line;
    }
    effects.add("default is entry %d, the first that can boot".formatted(newDefault.getAsInt()));
    return number.before() + newDefault.getAsInt();
  }

  private static String commandLine(
      String line, LegacyLine is, CommandLineRules rules, Set<String> effects) throws IOException {
    if (is instanceof Magic magic) {
      return magic.before()
          + rules.edit(magic.arguments(), CommandLineRules.Part.WHOLE, Optional.empty(), effects);
    }
    if (!(is instanceof Kernel kernel) || !kernel.arguments().contains("root=")) {
      return line;
    }
    String edited =
        rules.edit(
            kernel.arguments(),
            CommandLineRules.Part.WHOLE,
            rules.versionOf(kernel.image()),
            effects);
    return edited.equals(kernel.arguments())
        ? line
        : kernel.before() + kernel.image() + kernel.gap() + edited;
  }

  /** The zero-based number of the first title that boots a kernel. */
  private static OptionalInt titleOf(String text, CommandLineRules rules, String version) {
    int title = -1;
    for (String line : text.split("\n", -1)) {
      LegacyLine is = LegacyLine.of(line);
      title += is instanceof Title ? 1 : 0;
      if (title >= 0
          && is instanceof Kernel kernel
          && rules.versionOf(kernel.image()).filter(version::equals).isPresent()) {
        return OptionalInt.of(title);
      }
    }
    return OptionalInt.empty();
  }
}
