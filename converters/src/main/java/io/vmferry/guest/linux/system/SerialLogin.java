package io.vmferry.guest.linux.system;

import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.TextFile;
import io.vmferry.guest.linux.files.ConfigFiles;
import java.io.IOException;
import java.util.Optional;

/**
 * A login on the serial console for guests without systemd, which starts one by itself where the
 * kernel's console is: a line of {@code /etc/inittab}, or a job of Ubuntu's upstart. Red Hat's
 * release 6 starts one by itself too.
 */
public final class SerialLogin implements Modification {
  private static final String INITTAB = "/etc/inittab";
  private static final String JOB = "/etc/init/ttyS0.conf";
  private static final String TERMINALS = "/etc/securetty";

  /** Makes the modification. */
  public SerialLogin() {}

  @Override
  public String name() {
    return "serial-login";
  }

  @Override
  public boolean appliesTo(GuestFacts facts, ModificationOptions options) {
    return switch (facts.system()) {
      case LinuxFacts linux -> !linux.systemd();
    };
  }

  @Override
  public void apply(Guest guest) throws IOException {
    GuestEdits edits = guest.edits();
    Optional<TextFile> inittab = ConfigFiles.read(edits, INITTAB);
    // Only where inittab's lines are obeyed: upstart leaves one behind with the run level alone.
    if (inittab.isPresent() && hasLogin(inittab.get(), ":respawn:")) {
      if (!hasLogin(inittab.get(), "ttyS0")) {
        String text = inittab.get().text();
        String gap = text.isEmpty() || text.endsWith("\n") ? "" : "\n";
        edits.change(
            inittab.get(),
            text + gap + "S0:2345:respawn:" + getty(edits) + "\n",
            "a login on the serial console");
        allowRoot(edits);
      }
    } else if (ConfigFiles.exists(edits.files(), "/etc/init/tty1.conf")
        && !ConfigFiles.exists(edits.files(), JOB)
        && !ConfigFiles.exists(edits.files(), "/etc/init/serial.conf")) {
      edits.create(
          JOB,
          """
          # A login on the serial console (vmferry).
          start on stopped rc RUNLEVEL=[2345]
          stop on runlevel [!2345]
          respawn
          exec /sbin/getty -L 115200 ttyS0 vt102
          """,
          "a login on the serial console");
      allowRoot(edits);
    }
  }

  private static boolean hasLogin(TextFile inittab, String with) {
    return inittab
        .text()
        .lines()
        .filter(line -> !line.stripLeading().startsWith("#"))
        .anyMatch(line -> line.contains("getty") && line.contains(with));
  }

  private static String getty(GuestEdits edits) throws IOException {
    boolean agetty = !ConfigFiles.exists(edits.files(), "/sbin/getty");
    return (agetty ? "/sbin/agetty" : "/sbin/getty") + " -L 115200 ttyS0 vt102";
  }

  private static void allowRoot(GuestEdits edits) throws IOException {
    Optional<TextFile> terminals = ConfigFiles.read(edits, TERMINALS);
    if (terminals.isPresent() && !terminals.get().lines().contains("ttyS0")) {
      String text = terminals.get().text();
      String gap = text.isEmpty() || text.endsWith("\n") ? "" : "\n";
      edits.change(terminals.get(), text + gap + "ttyS0\n", "root may log in there");
    }
  }
}
