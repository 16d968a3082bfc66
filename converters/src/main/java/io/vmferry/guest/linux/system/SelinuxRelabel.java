package io.vmferry.guest.linux.system;

import io.vmferry.error.VmferryException;
import io.vmferry.guest.Change;
import io.vmferry.guest.Change.Action;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.GuestPaths;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.linux.files.ConfigFiles;
import io.vmferry.guest.linux.files.ShellVariables;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * SELinux labels of what the other modifications made: it goes last. Files that are replaced keep
 * their labels, so that only new ones want one. The guest's own {@code setfiles} gives it where it
 * runs; else {@code /.autorelabel} has the first boot label everything, which takes minutes and one
 * more boot.
 */
public final class SelinuxRelabel implements Modification {
  private static final String MARK = "/.autorelabel";
  private static final Duration LIMIT = Duration.ofMinutes(5);

  /** Programs and their arguments have a limit of their own; so many paths are far below it. */
  private static final int MOST_PATHS = 500;

  /** Makes the modification. */
  public SelinuxRelabel() {}

  @Override
  public String name() {
    return "selinux";
  }

  @Override
  public boolean appliesTo(GuestFacts facts, ModificationOptions options) {
    return switch (facts.system()) {
      case LinuxFacts linux -> linux.selinux();
    };
  }

  @Override
  public void apply(Guest guest) throws IOException {
    GuestEdits edits = guest.edits();
    boolean changed = edits.changes().stream().anyMatch(change -> change.action() != Action.NOTE);
    if (!changed || edits.files().status(MARK).isPresent()) {
      return;
    }
    if (!setLabels(guest)) {
      edits.create(MARK, "", "the first boot labels all files anew");
    }
  }

  private static boolean setLabels(Guest guest) throws IOException {
    GuestEdits edits = guest.edits();
    String type =
        ConfigFiles.read(edits, "/etc/selinux/config")
            .flatMap(file -> ShellVariables.of(file.text()).get("SELINUXTYPE"))
            .filter(name -> name.matches("[a-z0-9_-]+"))
            .orElse("targeted");
    String contexts = "/etc/selinux/" + type + "/contexts/files/file_contexts";
    Optional<String> program = program(edits);
    Set<String> paths = paths(edits);
    if (guest.commands().isEmpty()
        || program.isEmpty()
        || paths.size() > MOST_PATHS
        || !ConfigFiles.exists(edits.files(), contexts)) {
      return false;
    }
    List<String> command = new ArrayList<>(List.of(program.get(), "-F", contexts));
    command.addAll(paths);
    try {
      guest.commands().get().run(command, LIMIT);
      return true;
    } catch (VmferryException e) {
      edits.note("setfiles failed, so that the first boot labels all files: " + e.detail());
      return false;
    }
  }

  private static Optional<String> program(GuestEdits edits) throws IOException {
    for (String path : List.of("/usr/sbin/setfiles", "/sbin/setfiles")) {
      if (ConfigFiles.exists(edits.files(), path)) {
        return Optional.of(path);
      }
    }
    return Optional.empty();
  }

  /**
   * What is new, with the directory around it, which may be new too, unless that is a large one.
   */
  private static Set<String> paths(GuestEdits edits) throws IOException {
    Set<String> paths = new TreeSet<>();
    for (Change change : edits.changes()) {
      if (change.path().isPresent() && change.action() != Action.NOTE) {
        String parent = GuestPaths.parent(change.path().get());
        boolean small = parent.startsWith("/etc/") || parent.startsWith("/var/lib/vmferry");
        String path = small ? parent : change.path().get();
        if (edits.files().status(path).isPresent()) {
          paths.add(path);
        }
      }
    }
    return paths;
  }
}
