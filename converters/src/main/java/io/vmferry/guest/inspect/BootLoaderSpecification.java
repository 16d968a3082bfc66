package io.vmferry.guest.inspect;

import io.vmferry.guest.linux.menu.EntryLine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Boot entries of the Boot Loader Specification (type 1): {@code loader/entries/*.conf}, sorted as
 * GRUB and systemd-boot show them, the newest first and rescue last.
 */
final class BootLoaderSpecification {
  private static final String SUFFIX = ".conf";
  private static final int MAX_ENTRIES = 200;

  private final GuestReader reader;
  private final LoaderPaths files;

  BootLoaderSpecification(GuestReader reader, LoaderPaths files) {
    this.reader = reader;
    this.files = files;
  }

  /**
   * The entries in a directory.
   *
   * @param environment what {@code $kernelopts} and the like stand for
   */
  List<BootEntry> entries(String directory, Map<String, String> environment) throws IOException {
    List<BootEntry> entries = new ArrayList<>();
    for (String name : reader.list(directory)) {
      if (name.endsWith(SUFFIX) && !name.startsWith(".") && entries.size() < MAX_ENTRIES) {
        String id = name.substring(0, name.length() - SUFFIX.length());
        entries.add(entry(id, reader.lines(directory + "/" + name), environment));
      }
    }
    Comparator<BootEntry> newestFirst =
        Comparator.comparing((BootEntry entry) -> entry.version().orElse(""), Versions.ORDER)
            .thenComparing(entry -> entry.id().orElse(""), Versions.ORDER)
            .reversed();
    entries.sort(Comparator.comparing(BootEntry::isRescue).thenComparing(newestFirst));
    return List.copyOf(entries);
  }

  private BootEntry entry(String id, List<String> lines, Map<String, String> environment)
      throws IOException {
    Map<String, String> fields = new HashMap<>();
    for (String line : lines) {
      EntryLine.of(line)
          .ifPresent(is -> fields.merge(is.key(), is.value(), (one, other) -> one + " " + other));
    }
    String arguments = fields.getOrDefault("options", "");
    for (Map.Entry<String, String> variable : environment.entrySet()) {
      arguments = arguments.replace("$" + variable.getKey(), variable.getValue());
    }
    String[] ramdisks = fields.getOrDefault("initrd", "").split("\\s+", -1);
    return files.entry(
        fields.getOrDefault("title", id),
        Optional.of(id),
        Optional.ofNullable(fields.get("version")),
        Optional.ofNullable(fields.get("linux")),
        Arrays.stream(ramdisks)
            .filter(path -> !path.isEmpty() && !path.startsWith("$"))
            .findFirst(),
        arguments);
  }

  /** The entry that a name means: its file's name with or without the ending, a title, an index. */
  static Optional<BootEntry> select(List<BootEntry> entries, String wanted) {
    String name =
        wanted.endsWith(SUFFIX) ? wanted.substring(0, wanted.length() - SUFFIX.length()) : wanted;
    return BootMenu.select(entries, name).or(() -> entries.stream().findFirst());
  }

  /** The first entry whose file's name fits a pattern of loader.conf(5) with {@code *} and ?. */
  static Optional<BootEntry> selectByPattern(List<BootEntry> entries, String pattern) {
    return entries.stream()
        .filter(
            entry ->
                fits(entry.id().orElse("") + SUFFIX, pattern)
                    || fits(entry.id().orElse(""), pattern))
        .findFirst()
        .or(() -> entries.stream().findFirst());
  }

  /** Whether a name fits a pattern, in time that grows with their product only. */
  private static boolean fits(String name, String pattern) {
    boolean[] reached = new boolean[name.length() + 1];
    reached[0] = true;
    for (int p = 0; p < pattern.length(); p++) {
      char c = pattern.charAt(p);
      boolean[] next = new boolean[name.length() + 1];
      for (int i = 0; i <= name.length(); i++) {
        if (c == '*') {
          next[i] = reached[i] || (i > 0 && next[i - 1]);
        } else if (i > 0) {
          next[i] = reached[i - 1] && (c == '?' || c == name.charAt(i - 1));
        }
      }
      reached = next;
    }
    return reached[name.length()];
  }
}
