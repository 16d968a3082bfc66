package io.vmferry.guest.linux.system;

import io.vmferry.guest.FileStatus;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.TextFile;
import io.vmferry.guest.linux.files.ConfigFiles;
import io.vmferry.guest.linux.files.Services;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Has a guest run a script at its first boot: by a unit of systemd's, or from {@code rc.local},
 * which every older system runs last, under upstart too.
 */
final class FirstBoot {
  /** Where the scripts and what they need lie. */
  static final String DIRECTORY = "/var/lib/vmferry";

  private static final List<String> RC_LOCAL =
      List.of("/etc/rc.d/rc.local", "/etc/rc.local", "/etc/init.d/after.local");

  private FirstBoot() {}

  /**
   * Adds a script.
   *
   * @param name of the script and the unit; unique
   * @param description for people, without a full stop
   * @param afterNetwork whether it runs when the network is there and logins may already be; else
   *     before SSH is
   * @param script what to do, for {@code /bin/sh}; its failure stops nothing
   */
  static void add(Guest guest, String name, String description, boolean afterNetwork, String script)
      throws IOException {
    GuestEdits edits = guest.edits();
    String path = DIRECTORY + "/" + name;
    boolean systemd = guest.linux().systemd();
    edits.create(
        path,
        StandardCharsets.UTF_8.encode(script(path, name, script, systemd)),
        0755,
        description + " at first boot");
    if (systemd) {
      String unit = name + ".service";
      String file = Services.SYSTEMD + "/" + unit;
      edits.create(file, unit(description, afterNetwork, path), "runs it");
      edits.symlink(
          file, Services.SYSTEMD + "/multi-user.target.wants/" + unit, "starts it at boot");
    } else {
      addToRcLocal(guest, path);
    }
  }

  /** Runs the script, tells on the console what it says, and removes itself. */
  private static String script(String path, String name, String script, boolean systemd) {
    String remove =
        systemd
            ? """
              rm -f %1$s/multi-user.target.wants/%2$s.service %1$s/%2$s.service
              """
                .formatted(Services.SYSTEMD, name)
            : "";
    return """
        #!/bin/sh
        # Made by vmferry; runs once, at the first boot on EC2.
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
        export PATH
        say() {
          echo "%1$s: $*"
          { echo "%1$s: $*" > /dev/console; } 2> /dev/null || :
        }
        run() {
        %2$s}
        run || say "failed; see above"
        rm -f %3$s
        %4$sexit 0
        """
        .formatted(name, script.indent(2), path, remove);
  }

  private static String unit(String description, boolean afterNetwork, String path) {
    String order =
        afterNetwork
            ? "Wants=network-online.target\nAfter=network-online.target"
            : "Before=ssh.service sshd.service";
    return """
        # Made by vmferry; removes itself after the first boot.
        [Unit]
        Description=%1$s
        %2$s
        ConditionPathExists=%3$s

        [Service]
        Type=oneshot
        ExecStart=-%3$s
        TimeoutStartSec=15min

        [Install]
        WantedBy=multi-user.target
        """
        .formatted(description, order, path);
  }

  private static void addToRcLocal(Guest guest, String path) throws IOException {
    GuestEdits edits = guest.edits();
    String line = "[ ! -x %1$s ] || %1$s &\n".formatted(path);
    String target =
        switch (guest.linux().distribution().family()) {
          case SUSE -> "/etc/init.d/after.local";
          case RED_HAT, AMAZON -> "/etc/rc.d/rc.local";
          case DEBIAN, OTHER -> "/etc/rc.local";
        };
    for (String known : RC_LOCAL) {
      boolean there = ConfigFiles.exists(edits.files(), known);
      if (there && edits.files().status(known).filter(FileStatus::isRegular).isPresent()) {
        target = known;
        break;
      }
    }
    Optional<TextFile> file = ConfigFiles.read(edits, target);
    String text = file.map(TextFile::text).orElse("#!/bin/sh\nexit 0\n");
    if (!text.contains(path)) {
      String gap = text.isEmpty() || text.endsWith("\n") ? "" : "\n";
      int end = text.lastIndexOf("\nexit 0");
      String changed =
          end < 0 ? text + gap + line : text.substring(0, end + 1) + line + text.substring(end + 1);
      edits.create(target, charset(file).encode(changed), 0755, "runs %s once".formatted(path));
    }
  }

  private static Charset charset(Optional<TextFile> file) {
    return file.map(TextFile::charset).orElse(StandardCharsets.UTF_8);
  }
}
