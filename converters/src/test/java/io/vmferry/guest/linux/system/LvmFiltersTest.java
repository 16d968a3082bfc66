package io.vmferry.guest.linux.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.guest.Change;
import io.vmferry.guest.linux.config.ConfigGuest;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LvmFiltersTest {
  private static final String UUID = "Tq2pXk-1111-2222-3333-4444-5555-666666";
  private static final String GUEST =
      """
      # facts: RED_HAT rhel 8 systemd rpm
      disk 0 20G mbr
      disk 1 20G mbr
      filesystem /dev/sda2 LVM2_member disk=0 partition=2 uuid=%s partuuid=000a1b2c-02
      filesystem /dev/sdb LVM2_member disk=1
      === /etc/lvm/lvm.conf
      """
          .formatted(UUID);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[ \"a|^/dev/sd.*|\", \"r|.*|\" ]",
        "[ \"a|/dev/sda2|/dev/sdb|\", \"r/.*/\" ]",
        "[\"a/sd/\",\"r/.*/\"]",
        "[ 'a{^/dev/sd}', 'r{.*}' ]",
        "[ \"a|^/dev/disk/by-path/.*|\", \"r|.*|\" ]",
        "[ \"a|^/dev/disk/by-id/scsi-|\", \"r|.*|\" ]",
        // Accepts the first disk of EC2's alone, and of both Xen's.
        "[ \"a|^/dev/nvme0n1|\", \"a|xvd|\", \"r|.*|\" ]",
        "[ \"r|^/dev/nvme|\" ]",
        "\"r/.*/\"",
        // What LVM itself does not understand.
        "[ \"x|.*|\" ]",
        "[ \"a|.*\" ]",
        "[ \"a|[|\", \"r|.*|\" ]",
        "[ \"a|((((.*)*)*)*)*x|\", \"a|.*|\" ]"
      })
  void widensAFilterThatKeepsVolumesFromBeingFound(String value) throws IOException {
    String before = "devices {\n\tfilter = " + value + "\n}\n";
    ConfigGuest guest = ConfigGuest.parse(GUEST + before);

    List<Change> changes = guest.apply(new LvmFilters());

    assertThat(changes)
        .extracting(Change::summary)
        .containsExactly(
            "devices/filter accepts EC2's disks too: it would have kept LVM from finding its"
                + " volumes");
    String after = guest.files().textOf("/etc/lvm/lvm.conf");
    assertThat(after).startsWith("devices {\n\tfilter = [ \"a|^/dev/nvme|\", \"a|^/dev/xvd|\", ");
    List<LvmFilterText.Filter> filters = LvmFilterText.filters(after);
    assertThat(filters).hasSize(1);
    assertThat(filters.getFirst().patterns())
        .startsWith("a|^/dev/nvme|", "a|^/dev/xvd|")
        .endsWith(LvmFilterText.filters(before).getFirst().patterns().toArray(String[]::new));
    assertThat(guest.files().textOf("/etc/lvm/.lvm.conf.vmferry.orig")).isEqualTo(before);
    assertThat(guest.apply(new LvmFilters())).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[ \"a|.*|\" ]",
        "[ \"r|/dev/cdrom|\" ]",
        "[ \"r|/dev/drbd.*|\", \"a|.*|\" ]",
        "[ \"a|^/dev/sd|\", \"a|^/dev/nvme|\", \"a|^/dev/xvd|\", \"r|.*|\" ]",
        "[ \"a|^/dev/sda|\" ]",
        "[]",
        "5"
      })
  void leavesAFilterThatLetsThemPass(String value) throws IOException {
    ConfigGuest guest =
        ConfigGuest.parse(GUEST + "devices {\n\tglobal_filter = " + value + "\n}\n");
    assertThat(guest.apply(new LvmFilters())).isEmpty();
  }

  @Test
  void acceptsAVolumeThatIsNamedByWhatStaysTheSame() throws IOException {
    String guest = GUEST.replace("filesystem /dev/sdb LVM2_member disk=1\n", "");
    for (String name :
        List.of("/dev/disk/by-id/lvm-pv-uuid-" + UUID, "/dev/disk/by-partuuid/000a1b2c-02")) {
      ConfigGuest named =
          ConfigGuest.parse(guest + "devices { filter = [ \"a|^" + name + "$|\", \"r|.*|\" ] }\n");
      assertThat(named.apply(new LvmFilters())).as(name).isEmpty();
    }
  }

  @Test
  void findsFiltersHoweverTheyAreWrittenAndLeavesCommentsAndOthersAlone() throws IOException {
    String text =
        """
        # filter = [ "r|.*|" ]
        config { checks = 1 } # devices {
        devices {
            dir = "/dev # no comment"
            scan = [ "/dev" ]
            # global_filter = [ "r|.*|" ]
            filter = [
                # ours { alone
                "a|^/dev/sda|", # first
                "r|.*|"
            ]
            preferred_names = [ "^/dev/mpath/", "}" ]
        }
        backup { filter = [ "r|.*|" ] }
        devices/global_filter="r|/dev/nvme|"
        global_filter = [ "r|.*|" ]
        """;
    ConfigGuest guest = ConfigGuest.parse(GUEST + text);

    assertThat(guest.apply(new LvmFilters()))
        .extracting(Change::summary)
        .singleElement()
        .asString()
        .startsWith("devices/filter and devices/global_filter accepts");
    assertThat(guest.files().textOf("/etc/lvm/lvm.conf"))
        .isEqualTo(
            text.replace(
                    "filter = [\n        # ours",
                    "filter = [ \"a|^/dev/nvme|\", \"a|^/dev/xvd|\", # ours")
                .replace(
                    "global_filter=\"r|/dev/nvme|\"",
                    "global_filter=[ \"a|^/dev/nvme|\", \"a|^/dev/xvd|\", \"r|/dev/nvme|\" ]"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "devices { filter = [ \"r|.*|\"",
        "devices { filter = \"r",
        "devices { filter =",
        "devices",
        "} } } ] = [",
        "devices { filter = [ \"",
        "\\\"'\\"
      })
  void endsWhereTheFileDoes(String text) throws IOException {
    ConfigGuest guest = ConfigGuest.parse(GUEST + text + "\n");
    guest.apply(new LvmFilters());
    assertThat(guest.apply(new LvmFilters())).isEmpty();
  }

  @Test
  void looksAtTheLocalFileTooAndAtNoneWhereThereAreNoVolumes() throws IOException {
    String text =
        GUEST
            + """
            devices { filter = [ "a|.*|" ] }
            === /etc/lvm/lvmlocal.conf
            devices { filter = [ "a|^/dev/vda|", "r|.*|" ] }
            """;
    assertThat(ConfigGuest.parse(text).apply(new LvmFilters()))
        .extracting(change -> change.path().orElseThrow())
        .containsExactly("/etc/lvm/lvmlocal.conf");
    ConfigGuest without = ConfigGuest.parse(text.replace("LVM2_member", "ext4"));
    assertThat(without.apply(List.of(new LvmFilters()))).isEmpty();
  }
}
