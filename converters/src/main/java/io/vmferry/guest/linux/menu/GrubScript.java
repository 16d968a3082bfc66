package io.vmferry.guest.linux.menu;

import io.vmferry.guest.linux.menu.GrubLine.Closing;
import io.vmferry.guest.linux.menu.GrubLine.EntriesElsewhere;
import io.vmferry.guest.linux.menu.GrubLine.Initrd;
import io.vmferry.guest.linux.menu.GrubLine.Linux;
import io.vmferry.guest.linux.menu.GrubLine.LoneBrace;
import io.vmferry.guest.linux.menu.GrubLine.Menu;
import io.vmferry.guest.linux.menu.GrubLine.Opening;
import io.vmferry.guest.linux.menu.GrubLine.Other;
import io.vmferry.guest.linux.menu.GrubLine.Redirect;
import io.vmferry.guest.linux.menu.GrubLine.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;

/** The menu in a {@code grub.cfg}. */
public final class GrubScript {
  private static final int MAX_ENTRIES = 1000;
  private static final int MAX_DEPTH = 16;

  private final List<GrubLine> lines;
  private int at;
  private int count;

  /** The menu of a text. */
  public GrubScript(String text) {
    lines = text.lines().map(GrubLine::of).toList();
  }

  /**
   * An entry, or a submenu.
   *
   * @param title what the menu shows
   * @param id by what a default may name it besides
   * @param image the kernel's path as the loader has it
   * @param initramfs the last initramfs's path as the loader has it
   * @param arguments the kernel's command line
   * @param children the entries of a submenu; none for an entry that boots
   */
  public record Entry(
      String title,
      Optional<String> id,
      Optional<String> image,
      Optional<String> initramfs,
      String arguments,
      List<Entry> children) {

    private boolean isForRecovery() {
      String all = (title + id.orElse("")).toLowerCase(Locale.ROOT);
      return all.contains("recovery") || all.contains("rescue");
    }
  }

  /** Whether the menu comes from Boot Loader Specification entries. */
  public boolean usesBootLoaderSpecification() {
    return lines.stream().anyMatch(EntriesElsewhere.class::isInstance);
  }

  /** Whether it has no menu but goes on with another configuration. */
  public boolean onlyRedirects() {
    return lines.stream().anyMatch(Redirect.class::isInstance)
        && lines.stream().noneMatch(Menu.class::isInstance);
  }

  /** What {@code default} is set to last, besides what the next boot alone is; empty if not. */
  public Optional<String> defaultSetting() {
    return lines.stream()
        .filter(Setting.class::isInstance)
        .map(Setting.class::cast)
        .filter(setting -> setting.name().equals("default"))
        .map(Setting::plain)
        .filter(value -> !value.contains("next_entry"))
        .reduce((first, last) -> last);
  }

  /** The menu. */
  public List<Entry> entries() {
    at = 0;
    count = 0;
    return block(0);
  }

  /**
   * The number of the first entry that boots such a kernel as GRUB's {@code default} takes it, such
   * as {@code 1>2} for the third in the second, a submenu. Entries for recovery do not count.
   *
   * @param kernels by the path as the loader has it
   */
  public Optional<String> numberOf(Predicate<String> kernels) {
    return numberOf(entries(), kernels);
  }

  private static Optional<String> numberOf(List<Entry> entries, Predicate<String> kernels) {
    for (int number = 0; number < entries.size(); number++) {
      Entry entry = entries.get(number);
      if (entry.image().filter(kernels).isPresent() && !entry.isForRecovery()) {
        return Optional.of(Integer.toString(number));
      }
      Optional<String> below = numberOf(entry.children(), kernels);
      if (below.isPresent()) {
        return Optional.of(number + ">" + below.get());
      }
    }
    return Optional.empty();
  }

  /** Reads the entries up to the brace that closes the block it is in, or the end. */
  private List<Entry> block(int depth) {
    List<Entry> entries = new ArrayList<>();
    int open = 0;
    while (at < lines.size()) {
      GrubLine line = lines.get(at++);
      switch (line) {
        case Menu menu -> {
          if ((menu.opens() || nextOpens()) && ++count <= MAX_ENTRIES) {
            entries.add(
                menu.submenu() && depth < MAX_DEPTH
                    ? new Entry(
                        menu.title(),
                        menu.id(),
                        Optional.empty(),
                        Optional.empty(),
                        "",
                        block(depth + 1))
                    : entry(menu));
          } else if (menu.opens()) {
            open++;
          }
        }
        case Closing closing -> {
          if (open == 0 && depth > 0) {
            return entries;
          }
          open = Math.max(0, open - 1);
        }
        case Opening opening -> open++;
        case LoneBrace brace -> open++;
        case Linux linux -> {}
        case Initrd initrd -> {}
        case Setting setting -> {}
        case EntriesElsewhere elsewhere -> {}
        case Redirect redirect -> {}
        case Other other -> {}
      }
    }
    return entries;
  }

  private boolean nextOpens() {
    boolean opens = at < lines.size() && lines.get(at) instanceof LoneBrace;
    at += opens ? 1 : 0;
    return opens;
  }

  private Entry entry(Menu menu) {
    Optional<String> image = Optional.empty();
    Optional<String> initramfs = Optional.empty();
    String arguments = "";
    int open = 0;
    while (at < lines.size()) {
      GrubLine line = lines.get(at++);
      if (line instanceof Linux linux) {
        image = Optional.of(GrubLine.unquoted(linux.image()));
        arguments = linux.arguments();
      } else if (line instanceof Initrd initrd) {
        initramfs = Optional.of(GrubLine.unquoted(initrd.images().getLast()));
      } else if (line instanceof Closing) {
        if (open == 0) {
          break;
        }
        open--;
      } else if (line instanceof Opening
          || line instanceof LoneBrace
          || (line instanceof Menu inner && inner.opens())) {
        open++;
      }
    }
    return new Entry(menu.title(), menu.id(), image, initramfs, arguments, List.of());
  }
}
