package io.vmferry.guest.linux.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.Change;
import io.vmferry.guest.FileStatus;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestCommands;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.InMemoryGuest;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.WritableGuestFiles;
import io.vmferry.guest.linux.config.ConfigGuest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MacBoundNamesTest {
  private static final String RULES = "/etc/udev/rules.d/70-persistent-net.rules";
  private static final String FACTS = "# facts: DEBIAN debian 8 systemd deb\n";

  @Test
  void commentsOutRulesThatNameByAddress() {
    String other = "SUBSYSTEM==\"net\", ATTR{address}==\"00:11\", RUN+=\"x\"\nNAME==\"eth0\"\n";
    assertThat(MacBoundNames.withoutNames(other)).isEqualTo(other);
    assertThat(MacBoundNames.withoutNames("ATTR{address}==\"00:11\", \\\nNAME:=\"lan\"\nx\n"))
        .isEqualTo("# ATTR{address}==\"00:11\", \\\n# NAME:=\"lan\"\nx\n");
    assertThat(MacBoundNames.withoutNames("SYSFS{address}==\"00:11\", NAME=\"e\""))
        .isEqualTo("# SYSFS{address}==\"00:11\", NAME=\"e\"");
    assertThat(MacBoundNames.withoutNames("")).isEmpty();
  }

  @Test
  void masksTheGeneratorOnlyWhereThereIsOne() throws IOException {
    ConfigGuest without = ConfigGuest.parse(FACTS);
    assertThat(without.apply(new MacBoundNames())).isEmpty();
    String name = "75-persistent-net-generator.rules";
    ConfigGuest with = ConfigGuest.parse(FACTS + "=== /lib/udev/rules.d/" + name + "\nx\n");
    with.apply(new MacBoundNames());
    assertThat(with.files().status("/etc/udev/rules.d/" + name).flatMap(FileStatus::linkTarget))
        .contains("/dev/null");
    assertThat(with.apply(new MacBoundNames())).isEmpty();
  }

  @Test
  void putsAsideLinkFilesThatNameByAddressOrSlot() throws IOException {
    ConfigGuest guest =
        ConfigGuest.parse(
            FACTS
                + """
                === /etc/systemd/network/10-a.link
                [Match]
                MACAddress=00:11:22:33:44:55
                [Link]
                Name=lan0
                === /etc/systemd/network/20-b.link
                [Match]
                OriginalName=*
                [Link]
                NamePolicy=kernel
                === /etc/systemd/network/99-default.link -> /dev/null
                """);
    guest.apply(new MacBoundNames());
    assertThat(guest.files().list("/etc/systemd/network"))
        .containsExactly(".10-a.link.vmferry.orig", "20-b.link", "99-default.link");
  }

  @Test
  void makesAnImmutableListMutableWhereTheGuestsProgramsRun() throws IOException {
    Immutable files = new Immutable(new InMemoryGuest().file(RULES, "x\n"));
    List<List<String>> commands = new ArrayList<>();
    List<Change> changes =
        apply(
            files,
            Optional.of(
                (arguments, limit) -> {
                  commands.add(arguments);
                  files.immutable = false;
                  return "";
                }));
    assertThat(commands).containsExactly(List.of("chattr", "-i", RULES));
    assertThat(changes).extracting(Change::action).containsExactly(Change.Action.REMOVED);
  }

  @Test
  void goesOnWithoutRemovingAnImmutableListElsewhere() throws IOException {
    Immutable files = new Immutable(new InMemoryGuest().file(RULES, "x\n"));
    assertThat(apply(files, Optional.empty()))
        .singleElement()
        .satisfies(
            change -> {
              assertThat(change.action()).isEqualTo(Change.Action.NOTE);
              assertThat(change.summary()).contains(RULES, "immutable");
            });
  }

  private static List<Change> apply(WritableGuestFiles files, Optional<GuestCommands> commands)
      throws IOException {
    GuestEdits edits = new GuestEdits(files);
    new MacBoundNames()
        .apply(
            new Guest(
                ConfigGuest.parse(FACTS).facts(), edits, ModificationOptions.defaults(), commands));
    return edits.changes();
  }

  /** A guest whose files cannot be renamed. */
  private static final class Immutable implements WritableGuestFiles {
    private final InMemoryGuest files;
    boolean immutable = true;

    Immutable(InMemoryGuest files) {
      this.files = files;
    }

    @Override
    public void rename(String from, String to) {
      if (immutable) {
        throw new VmferryException(ErrorCode.GUEST_FILE_UNWRITABLE, from + " is immutable");
      }
      files.rename(from, to);
    }

    @Override
    public Optional<FileStatus> status(String path) {
      return files.status(path);
    }

    @Override
    public List<String> list(String directory) {
      return files.list(directory);
    }

    @Override
    public int read(String path, long offset, ByteBuffer destination) {
      return files.read(path, offset, destination);
    }

    @Override
    public void replace(String path, ByteBuffer content, FileStatus attributes) {
      files.replace(path, content, attributes);
    }

    @Override
    public void append(String path, ByteBuffer content) {
      files.append(path, content);
    }

    @Override
    public void copy(String from, String to) {
      files.copy(from, to);
    }

    @Override
    public void symlink(String target, String path) {
      files.symlink(target, path);
    }

    @Override
    public long freeBytes(String path) {
      return files.freeBytes(path);
    }
  }
}
