package io.vmferry.guest.inspect;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The menu in a {@code grub.cfg} as grub-mkconfig writes it (GNU GRUB manual 2.12, chapter 6). It
 * is a program; this reads the menu and the default of those that a distribution writes, and no
 * more.
 */
final class Grub2Config {
  private static final Pattern MENU =
      Pattern.compile(
          "\\s*(menuentry|submenu)\\s+(?:\"((?:[^\"\\\\]|\\\\.)*+)\"|'([^']*+)'|(\\S++))(.*)");
  private static final Pattern ID =
      Pattern.compile(
          "(?:\\$\\{?menuentry_id_option\\}?|--id)[\\s=]+(?:\"([^\"]*+)\"|'([^']*+)'|(\\S++))");
  private static final Pattern LINUX =
      Pattern.compile("\\s*(?:linux|linux16|linuxefi)\\s+(\\S+)(?:\\s+(.*))?");
  private static final Pattern INITRD =
      Pattern.compile("\\s*(?:initrd|initrd16|initrdefi)\\s+(.*)");
  private static final Pattern DEFAULT =
      Pattern.compile("\\s*set\\s+default=(?:\"([^\"]*+)\"|'([^']*+)'|(\\S*+))\\s*");
  private static final int MAX_ENTRIES = 1000;
  private static final int MAX_DEPTH = 16;

  private final List<String> lines;
  private final BootFiles files;
  private final Map<String, String> environment;
  private int at;
  private int count;

  Grub2Config(String text, BootFiles files, Map<String, String> environment) {
    this.lines = text.lines().toList();
    this.files = files;
    this.environment = environment;
  }

  /** What {@code grubenv} holds. */
  static Map<String, String> environment(GuestReader reader, String path) throws IOException {
    Map<String, String> values = new HashMap<>();
    for (String line : reader.lines(path)) {
      int equals = line.indexOf('=');
      if (equals > 0 && !line.startsWith("#")) {
        values.put(line.substring(0, equals), line.substring(equals + 1));
      }
    }
    return values;
  }

  /** Whether the menu comes from Boot Loader Specification entries. */
  boolean usesBootLoaderSpecification() {
    return lines.stream().anyMatch(line -> line.strip().equals("blscfg"));
  }

  /** Whether it has no menu but goes on with another configuration. */
  boolean onlyRedirects() {
    boolean goesOn =
        lines.stream()
            .map(String::strip)
            .anyMatch(
                line ->
                    line.startsWith("configfile ")
                        || (line.startsWith("source ") && line.contains("grub.cfg")));
    return goesOn && lines.stream().noneMatch(line -> MENU.matcher(line).matches());
  }

  /** What the default is, with {@code saved} looked up in the environment; 0 if nothing is said. */
  String defaultName() {
    String wanted = "0";
    for (String line : lines) {
      Matcher matcher = DEFAULT.matcher(line);
      if (matcher.matches()) {
        String value = first(matcher, 1);
        if (!value.contains("next_entry")) {
          wanted = value;
        }
      }
    }
    if (wanted.contains("saved_entry")) {
      return environment.getOrDefault("saved_entry", "");
    }
    return wanted.startsWith("$") ? "" : wanted;
  }

  /** The menu. */
  List<BootEntry> entries() throws IOException {
    at = 0;
    return block(0);
  }

  /** Reads the entries up to the brace that closes the block it is in, or the end. */
  private List<BootEntry> block(int depth) throws IOException {
    List<BootEntry> entries = new ArrayList<>();
    int open = 0;
    while (at < lines.size()) {
      String line = lines.get(at++);
      Matcher menu = MENU.matcher(line);
      boolean begins = menu.matches() && (line.stripTrailing().endsWith("{") || nextOpens());
      if (begins && ++count <= MAX_ENTRIES) {
        if (menu.group(1).equals("submenu") && depth < MAX_DEPTH) {
          List<BootEntry> children = block(depth + 1);
          entries.add(
              new BootEntry(
                  title(menu),
                  id(menu),
                  Optional.empty(),
                  Optional.empty(),
                  Optional.empty(),
                  "",
                  children));
        } else {
          entries.add(entry(menu));
        }
      } else if (line.strip().equals("}")) {
        if (open == 0 && depth > 0) {
          return entries;
        }
        open = Math.max(0, open - 1);
      } else if (line.stripTrailing().endsWith("{")) {
        open++;
      }
    }
    return entries;
  }

  private boolean nextOpens() {
    boolean opens = at < lines.size() && lines.get(at).strip().equals("{");
    at += opens ? 1 : 0;
    return opens;
  }

  private BootEntry entry(Matcher menu) throws IOException {
    Optional<String> image = Optional.empty();
    Optional<String> initramfs = Optional.empty();
    String arguments = "";
    Deque<String> open = new ArrayDeque<>();
    while (at < lines.size()) {
      String line = lines.get(at++);
      Matcher linux = LINUX.matcher(line);
      Matcher initrd = INITRD.matcher(line);
      if (linux.matches()) {
        image = Optional.of(unquote(linux.group(1)));
        arguments = linux.group(2) == null ? "" : linux.group(2);
      } else if (initrd.matches()) {
        String[] parts = initrd.group(1).strip().split("\\s+", -1);
        initramfs = Optional.of(unquote(parts[parts.length - 1]));
      } else if (line.strip().equals("}")) {
        if (open.isEmpty()) {
          break;
        }
        open.removeLast();
      } else if (line.stripTrailing().endsWith("{")) {
        open.addLast(line);
      }
    }
    return files.entry(title(menu), id(menu), Optional.empty(), image, initramfs, arguments);
  }

  private static String title(Matcher menu) {
    return first(menu, 2).replaceAll("\\\\(.)", "$1");
  }

  private static Optional<String> id(Matcher menu) {
    Matcher id = ID.matcher(menu.group(5));
    return id.find() ? Optional.of(first(id, 1)) : Optional.empty();
  }

  /** The first of three alternative groups that matched. */
  private static String first(Matcher matcher, int group) {
    for (int i = group; i < group + 3; i++) {
      String text = matcher.group(i);
      if (text != null) {
        return text;
      }
    }
    return "";
  }

  private static String unquote(String word) {
    return word.replaceAll("^[\"']|[\"']$", "");
  }
}
