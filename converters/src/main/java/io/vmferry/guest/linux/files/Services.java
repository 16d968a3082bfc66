package io.vmferry.guest.linux.files;

import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestFiles;
import io.vmferry.guest.GuestPaths;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a guest starts at boot: systemd's units, upstart's jobs, and links to init scripts. */
public final class Services {
  /** Where an administrator's units and the links that enable units are. */
  public static final String SYSTEMD = "/etc/systemd/system";

  private static final List<String> UNITS =
      List.of(SYSTEMD, "/usr/lib/systemd/system", "/lib/systemd/system");
  private static final List<String> RUN_LEVELS = List.of("/etc", "/etc/rc.d", "/etc/init.d");
  private static final Pattern RUN_LEVEL = Pattern.compile("(rc[0-6S]|boot)\\.d");
  private static final Pattern START_LINK = Pattern.compile("S\\d\\d(.+)");

  private Services() {}

  /**
   * Whether a unit of systemd's is there.
   *
   * @throws IOException if the file system is damaged
   */
  public static boolean isInstalled(GuestFiles files, String unit) throws IOException {
    for (String directory : UNITS) {
      if (ConfigFiles.exists(files, GuestPaths.child(directory, unit))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether a target wants a unit, so that boot starts it, and nothing masks it.
   *
   * @throws IOException if the file system is damaged
   */
  public static boolean isEnabled(GuestFiles files, String unit) throws IOException {
    if (ConfigFiles.isMasked(files, GuestPaths.child(SYSTEMD, unit))) {
      return false;
    }
    for (String directory : UNITS) {
      for (String name : files.list(directory)) {
        boolean wants = name.endsWith(".target.wants") || name.endsWith(".target.requires");
        if (wants && files.status(directory + "/" + name + "/" + unit).isPresent()) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * The names of systemd's units, without those that are masked.
   *
   * @throws IOException if the file system is damaged
   */
  public static Set<String> units(GuestFiles files, Predicate<String> names) throws IOException {
    Set<String> units = new LinkedHashSet<>();
    for (String directory : UNITS) {
      for (String path : ConfigFiles.list(files, directory, names)) {
        String unit = GuestPaths.name(path);
        if (!ConfigFiles.isMasked(files, GuestPaths.child(SYSTEMD, unit))
            && !files.status(path).orElseThrow().isDirectory()) {
          units.add(unit);
        }
      }
    }
    return units;
  }

  /**
   * Masks a unit, so that nothing starts it any more.
   *
   * @return whether that changed anything
   * @throws IOException if the file system is damaged
   */
  public static boolean mask(Guest guest, String unit, String summary) throws IOException {
    return guest.edits().symlink("/dev/null", GuestPaths.child(SYSTEMD, unit), summary);
  }

  /**
   * Has a target want a unit of a vendor's or an administrator's.
   *
   * @return whether that changed anything
   * @throws IOException if the file system is damaged
   */
  public static boolean enable(Guest guest, String target, String unit, String summary)
      throws IOException {
    String link = SYSTEMD + "/" + target + ".wants/" + unit;
    if (guest.edits().files().status(link).isPresent()) {
      return false;
    }
    for (String directory : UNITS) {
      String path = GuestPaths.child(directory, unit);
      if (ConfigFiles.exists(guest.edits().files(), path)) {
        return guest.edits().symlink(path, link, summary);
      }
    }
    return false;
  }

  /**
   * The links that start init scripts of such names at some run level.
   *
   * @throws IOException if the file system is damaged
   */
  public static List<String> startLinks(GuestFiles files, Predicate<String> scripts)
      throws IOException {
    List<String> links = new ArrayList<>();
    for (String parent : RUN_LEVELS) {
      // /etc/rc.d is /etc/init.d on SUSE: what is reached through a link is reached without too.
      if (GuestPaths.resolve(files, parent).filter(parent::equals).isEmpty()) {
        continue;
      }
      for (String level : ConfigFiles.list(files, parent, RUN_LEVEL.asMatchPredicate())) {
        if (files.status(level).orElseThrow().isDirectory()) {
          links.addAll(ConfigFiles.list(files, level, name -> starts(name, scripts)));
        }
      }
    }
    return links;
  }

  private static boolean starts(String name, Predicate<String> scripts) {
    Matcher link = START_LINK.matcher(name);
    return link.matches() && scripts.test(link.group(1));
  }
}
