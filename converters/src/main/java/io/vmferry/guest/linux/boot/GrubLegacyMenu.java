package io.vmferry.guest.linux.boot;

import io.vmferry.guest.BootLoader;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.TextFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * GRUB 0.97's menu, menu.lst or grub.conf (E4): every kernel's command line, Debian's {@code #
 * kopt=} from which update-grub makes them anew, the timeout, and a default that can boot.
 */
final class GrubLegacyMenu implements Modification {
  private static final List<String> NAMES = List.of("grub.conf", "menu.lst");
  private static final Pattern KERNEL =
      Pattern.compile("(\\s*(?:kernel|module)(?:\\s+--\\S+)*[\\s=]+)(\\S+)(\\s+)(.*?)(\\s*)");
  private static final Pattern MAGIC = Pattern.compile("(# kopt(?:_[^=\\s]+)?=)(.*)");
  private static final Pattern DEFAULT =
      Pattern.compile("(\\s*default(?:\\s+|\\s*=\\s*))(\\S+)\\s*");
  private static final Pattern TIMEOUT =
      Pattern.compile("(\\s*timeout(?:\\s+|\\s*=\\s*))(\\S+)\\s*");

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
        BootFiles.beside(
            guest.edits().files(), guest.linux().bootLoader().configuration(), NAMES)) {
      Optional<TextFile> file = BootFiles.bootText(guest.edits(), path);
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
      titled |= line.strip().startsWith("title");
      Matcher time = TIMEOUT.matcher(line);
      Matcher number = DEFAULT.matcher(line);
      if (!titled && time.matches()) {
        timeout = true;
        lines.add(timeout(line, time, effects));
      } else if (!titled && number.matches() && newDefault.isPresent()) {
        defaulted = true;
        lines.add(number.group(1) + newDefault.getAsInt());
        effects.add(
            "default is entry %d, the first that can boot".formatted(newDefault.getAsInt()));
      } else {
        lines.add(commandLine(line, rules, effects));
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

  private static String timeout(String line, Matcher time, Set<String> effects) {
    if (MenuTimeout.isFine(time.group(2))) {
      return line;
    }
    effects.add("timeout %s is %s".formatted(time.group(2), MenuTimeout.SECONDS));
    return time.group(1) + MenuTimeout.SECONDS;
  }

  private static String commandLine(String line, CommandLineRules rules, Set<String> effects)
      throws IOException {
    Matcher magic = MAGIC.matcher(line);
    if (magic.matches()) {
      return magic.group(1)
          + rules.edit(magic.group(2), CommandLineRules.Part.WHOLE, Optional.empty(), effects);
    }
    Matcher kernel = KERNEL.matcher(line);
    if (!kernel.matches() || !kernel.group(4).contains("root=")) {
      return line;
    }
    String edited =
        rules.edit(
            kernel.group(4),
            CommandLineRules.Part.WHOLE,
            rules.versionOf(kernel.group(2)),
            effects);
    return edited.equals(kernel.group(4))
        ? line
        : kernel.group(1) + kernel.group(2) + kernel.group(3) + edited;
  }

  /** The zero-based number of the first title that boots a kernel. */
  private static OptionalInt titleOf(String text, CommandLineRules rules, String version) {
    int title = -1;
    for (String line : text.split("\n", -1)) {
      if (line.strip().startsWith("title")) {
        title++;
      }
      Matcher kernel = KERNEL.matcher(line);
      if (title >= 0
          && kernel.matches()
          && rules.versionOf(kernel.group(2)).filter(version::equals).isPresent()) {
        return OptionalInt.of(title);
      }
    }
    return OptionalInt.empty();
  }
}
