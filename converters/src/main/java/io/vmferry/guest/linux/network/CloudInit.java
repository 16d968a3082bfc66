package io.vmferry.guest.linux.network;

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
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * cloud-init: what other clouds and installers put there goes, a network configuration of its own
 * goes (or EC2's would not count), and a list of data sources without EC2's begins with it.
 */
public final class CloudInit implements Modification {
  private static final String MAIN = "/etc/cloud/cloud.cfg";
  private static final String DIRECTORY = "/etc/cloud/cloud.cfg.d";
  private static final String IDENTIFY = "/etc/cloud/ds-identify.cfg";
  private static final String SEEDS = "/var/lib/cloud/seed";
  private static final Pattern FOREIGN =
      Pattern.compile("(.*(azure|curtin|waagent|walinuxagent|subiquity).*|99-installer)\\.cfg");
  private static final Pattern LIST_IN_BRACKETS =
      Pattern.compile("(?m)^(datasource_list\\s*:\\s*\\[)([^\\]]*)\\]");
  private static final Pattern LIST_IN_LINES =
      Pattern.compile("(?m)^datasource_list[ \\t]*:[ \\t\\r]*\\n");
  private static final Pattern ITEM = Pattern.compile("[ \\t]*-.*", Pattern.DOTALL);

  /** Makes the modification. */
  public CloudInit() {}

  @Override
  public String name() {
    return "cloud-init";
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
    List<String> paths = new ArrayList<>(List.of(MAIN));
    for (String path : ConfigFiles.list(edits.files(), DIRECTORY, name -> name.endsWith(".cfg"))) {
      String name = GuestPaths.name(path).toLowerCase(Locale.ROOT);
      if (FOREIGN.matcher(name).matches()) {
        edits.remove(path, "of another cloud or an installer");
      } else {
        paths.add(path);
      }
    }
    for (String path : paths) {
      Optional<TextFile> file = ConfigFiles.read(edits, path);
      if (file.isPresent()) {
        change(edits, file.get());
      }
    }
    Optional<TextFile> identify = ConfigFiles.read(edits, IDENTIFY);
    if (identify.isPresent() && identify.get().text().lines().anyMatch(CloudInit::isPinned)) {
      edits.remove(IDENTIFY, "pinned to another cloud");
    }
    dropSeeds(edits);
  }

  private static boolean isPinned(String line) {
    return line.startsWith("datasource:") && !line.toLowerCase(Locale.ROOT).contains("ec2");
  }

  private static void change(GuestEdits edits, TextFile file) throws IOException {
    String withoutNetwork = withoutNetwork(file.text());
    String text = withEc2First(withoutNetwork);
    List<String> what = new ArrayList<>();
    if (!withoutNetwork.equals(file.text())) {
      what.add("no network configuration of its own");
    }
    if (!text.equals(withoutNetwork)) {
      what.add("EC2's data source first");
    }
    edits.change(file, text, String.join("; ", what));
  }

  /** The text with the key {@code network} and what belongs to it commented out. */
  static String withoutNetwork(String text) {
    StringBuilder changed = new StringBuilder();
    boolean inside = false;
    for (String line : text.split("(?<=\n)", -1)) {
      boolean begins = !line.isBlank() && !Character.isWhitespace(line.charAt(0));
      if (begins && !line.startsWith("#")) {
        inside = line.matches("(?s)[\"']?network[\"']?\\s*:.*");
      }
      boolean hide = inside && !line.isBlank() && !line.startsWith("#");
      changed.append(hide ? "# " : "").append(line);
    }
    return changed.toString();
  }

  /** The text with EC2's data source in front of a list that lacks it. */
  static String withEc2First(String text) {
    Matcher brackets = LIST_IN_BRACKETS.matcher(text);
    if (brackets.find() && lacksEc2(brackets.group(2).split(",", -1))) {
      boolean empty = brackets.group(2).isBlank();
      return text.substring(0, brackets.end(1))
          + " Ec2"
          + (empty ? " " : ", " + brackets.group(2).stripLeading())
          + text.substring(brackets.end(2));
    }
    Matcher lines = LIST_IN_LINES.matcher(text);
    if (lines.find()) {
      List<String> items =
          Arrays.stream(text.substring(lines.end()).split("(?<=\n)", -1))
              .takeWhile(line -> ITEM.matcher(line).matches())
              .toList();
      if (!items.isEmpty() && lacksEc2(items.toArray(String[]::new))) {
        String indent = items.getFirst().substring(0, items.getFirst().indexOf('-'));
        return text.substring(0, lines.end()) + indent + "- Ec2\n" + text.substring(lines.end());
      }
    }
    return text;
  }

  private static boolean lacksEc2(String[] sources) {
    return Arrays.stream(sources)
        .map(source -> source.replaceAll("[\\s\"'-]", ""))
        .noneMatch("Ec2"::equalsIgnoreCase);
  }

  private static void dropSeeds(GuestEdits edits) throws IOException {
    GuestFiles files = edits.files();
    for (String seed : ConfigFiles.list(files, SEEDS, name -> true)) {
      edits.remove(GuestPaths.child(seed, "network-config"), "the old network's addresses");
    }
  }
}
