package io.vmferry.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.Change.Action;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GuestEditsTest {
  private final InMemoryGuest guest =
      new InMemoryGuest()
          .file("/etc/fstab", "old\n")
          .link("/etc/link", "../etc/./fstab")
          .link("/up", "../../../../etc")
          .link("/loop", "/loop")
          .special("/dev/sda");
  private final GuestEdits edits = new GuestEdits(guest);

  @Test
  void keepsTheOriginalBesideAndReportsTheChange() throws IOException {
    boolean changed = edits.change(edits.text("/etc/link").orElseThrow(), "new\n", "why");
    assertThat(changed).isTrue();
    assertThat(guest.textOf("/etc/fstab")).isEqualTo("new\n");
    assertThat(guest.textOf("/etc/.fstab.vmferry.orig")).isEqualTo("old\n");
    assertThat(edits.changes())
        .containsExactly(
            new Change(
                "",
                Action.CHANGED,
                Optional.of("/etc/fstab"),
                Optional.of("/etc/.fstab.vmferry.orig"),
                "why"));
  }

  @Test
  void keepsTheFirstOriginalWhenChangedAgain() throws IOException {
    edits.change(edits.text("/etc/fstab").orElseThrow(), "new\n", "why");
    edits.change(edits.text("/etc/fstab").orElseThrow(), "newer\n", "why");
    assertThat(guest.textOf("/etc/.fstab.vmferry.orig")).isEqualTo("old\n");
  }

  @Test
  void reportsNothingThatChangesNothing() throws IOException {
    assertThat(edits.change(edits.text("/etc/fstab").orElseThrow(), "old\n", "why")).isFalse();
    assertThat(edits.create("/etc/fstab", "old\n", "why")).isFalse();
    assertThat(edits.remove("/etc/missing", "why")).isFalse();
    assertThat(edits.symlink("../etc/./fstab", "/etc/link", "why")).isFalse();
    assertThat(edits.changes()).isEmpty();
    assertThat(guest.paths()).noneMatch(path -> path.contains("vmferry"));
  }

  @Test
  void renamesWhatIsRemovedAndFindsAFreeNameTheNextTime() throws IOException {
    edits.remove("/etc/fstab", "why");
    guest.file("/etc/fstab", "again\n");
    edits.remove("/etc/fstab", "why");
    assertThat(guest.paths()).doesNotContain("/etc/fstab");
    assertThat(guest.textOf("/etc/.fstab.vmferry.orig")).isEqualTo("old\n");
    assertThat(guest.textOf("/etc/.fstab.vmferry.orig2")).isEqualTo("again\n");
  }

  @Test
  void appendsWithoutACopyWhereThereIsNoRoomForOne() throws IOException {
    guest.free(10);
    edits.append("/etc/fstab", ByteBuffer.wrap(new byte[] {'x'}), "why");
    assertThat(guest.textOf("/etc/fstab")).isEqualTo("old\nx");
    assertThat(edits.changes().getFirst().summary())
        .isEqualTo("why; the original is its first 4 bytes");
  }

  @Test
  void writesBackBytesThatAreNotUtf8() throws IOException {
    guest.file("/etc/latin", new byte[] {'a', (byte) 0xe4, '\n'}, 0600);
    TextFile file = edits.text("/etc/latin").orElseThrow();
    edits.change(file, file.text() + "b\n", "why");
    assertThat(guest.contentOf("/etc/latin")).containsExactly('a', 0xe4, '\n', 'b', '\n');
    assertThat(guest.status("/etc/latin").orElseThrow().mode()).isEqualTo(0600);
  }

  @Test
  void refusesToReadADevice() {
    assertThatThrownBy(() -> edits.text("/dev/sda"))
        .isInstanceOfSatisfying(
            VmferryException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.GUEST_FILE_UNREADABLE));
  }

  @Test
  void followsLinksInsideTheRootOnlyAndNotForEver() throws IOException {
    assertThat(GuestPaths.resolve(guest, "/up/fstab")).contains("/etc/fstab");
    assertThat(GuestPaths.resolve(guest, "/loop")).isEmpty();
    assertThat(GuestPaths.resolve(guest, "/etc/fstab/x")).isEmpty();
  }

  @Test
  void putsALinkInAFilesPlaceAndKeepsTheFile() throws IOException {
    edits.symlink("/dev/null", "/etc/fstab", "why");
    assertThat(guest.status("/etc/fstab").orElseThrow().linkTarget()).contains("/dev/null");
    assertThat(guest.contentOf("/etc/.fstab.vmferry.orig"))
        .isEqualTo("old\n".getBytes(StandardCharsets.UTF_8));
    assertThat(edits.changes()).extracting(Change::action).isEqualTo(List.of(Action.CHANGED));
  }
}
