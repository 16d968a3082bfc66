package io.vmferry.guest.inspect;

import io.vmferry.guest.BootLoader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A boot loader's menu.
 *
 * @param kind the boot loader
 * @param configuration its configuration, links resolved
 * @param entries the menu
 * @param defaultEntry what boots by itself; empty if nothing does
 */
record BootMenu(
    BootLoader.Kind kind,
    Optional<String> configuration,
    List<BootEntry> entries,
    Optional<BootEntry> defaultEntry) {

  /** No menu of a boot loader that is known. */
  static BootMenu none() {
    return new BootMenu(BootLoader.Kind.UNKNOWN, Optional.empty(), List.of(), Optional.empty());
  }

  /** The entries that boot, those of submenus too. */
  List<BootEntry> bootable() {
    List<BootEntry> all = new ArrayList<>();
    collect(entries, all);
    return all;
  }

  /** What the facts tell of it. */
  BootLoader loader() {
    return new BootLoader(kind, configuration, defaultEntry.flatMap(BootEntry::version));
  }

  /**
   * The entry that a default names: an index from 0, a title, an id, or several of these with
   * {@code >} between them for submenus. A submenu stands for its first entry.
   */
  static Optional<BootEntry> select(List<BootEntry> entries, String wanted) {
    Optional<BootEntry> whole = entries.stream().filter(entry -> entry.isNamed(wanted)).findFirst();
    int separator = wanted.indexOf('>');
    if (whole.isEmpty() && separator > 0) {
      String rest = wanted.substring(separator + 1);
      return one(entries, wanted.substring(0, separator))
          .flatMap(entry -> select(entry.children(), rest));
    }
    return whole.or(() -> one(entries, wanted)).flatMap(BootMenu::firstOf);
  }

  private static Optional<BootEntry> one(List<BootEntry> entries, String wanted) {
    if (wanted.matches("[0-9]{1,4}")) {
      int index = Integer.parseInt(wanted);
      return index < entries.size() ? Optional.of(entries.get(index)) : Optional.empty();
    }
    return entries.stream().filter(entry -> entry.isNamed(wanted)).findFirst();
  }

  static Optional<BootEntry> firstOf(BootEntry entry) {
    return entry.children().isEmpty() ? Optional.of(entry) : firstOf(entry.children().getFirst());
  }

  private static void collect(List<BootEntry> entries, List<BootEntry> all) {
    for (BootEntry entry : entries) {
      if (entry.children().isEmpty()) {
        all.add(entry);
      } else {
        collect(entry.children(), all);
      }
    }
  }
}
