package io.vmferry.guest.linux.boot;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.vmferry.guest.BootLoader;
import io.vmferry.guest.Distribution.Family;
import io.vmferry.guest.Firmware;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.InMemoryGuest;
import io.vmferry.guest.Kernel.Presence;
import io.vmferry.guest.linux.menu.GrubEnvironment;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/**
 * Hostile boot configuration and initramfs files: whatever they are, an edit ends without anything
 * but the failures it may have, and a second one changes nothing more.
 */
class BootFuzzTest {
  private static final String VERSION = BootGuests.VERSION;

  /** GRUB 2's menu. */
  @FuzzTest(maxDuration = "2m")
  void editsAnyGrubMenu(byte[] bytes) throws IOException {
    CommandLineRules rules = rules();
    String once = GrubMenu.edit(text(bytes), rules, false, new LinkedHashSet<>());
    assertThat(GrubMenu.edit(once, rules, false, new LinkedHashSet<>())).isEqualTo(once);
    GrubMenu.entryOf(text(bytes), rules, VERSION);
  }

  /** GRUB 0.97's. */
  @FuzzTest(maxDuration = "2m")
  void editsAnyLegacyMenu(byte[] bytes) throws IOException {
    CommandLineRules rules = rules();
    String once = GrubLegacyMenu.edit(text(bytes), rules, new LinkedHashSet<>());
    assertThat(GrubLegacyMenu.edit(once, rules, new LinkedHashSet<>())).isEqualTo(once);
  }

  /** Boot Loader Specification entries. */
  @FuzzTest(maxDuration = "2m")
  void editsAnyEntry(byte[] bytes) throws IOException {
    CommandLineRules rules = rules();
    String once = BootEntries.edit(text(bytes), rules, new LinkedHashSet<>());
    assertThat(BootEntries.edit(once, rules, new LinkedHashSet<>())).isEqualTo(once);
  }

  /** /etc/default/grub. */
  @FuzzTest(maxDuration = "2m")
  void editsAnyDefaults(byte[] bytes) throws IOException {
    CommandLineRules rules = rules();
    String once = GrubDefaults.defaults(text(bytes), true, rules, new LinkedHashSet<>());
    assertThat(GrubDefaults.defaults(once, true, rules, new LinkedHashSet<>())).isEqualTo(once);
  }

  /** GRUB's environment block. */
  @FuzzTest(maxDuration = "2m")
  void keepsTheLengthOfAnyEnvironmentBlock(byte[] bytes) {
    Optional<GrubEnvironment> environment =
        GrubEnvironment.parse(text(bytes), StandardCharsets.ISO_8859_1);
    if (environment.isEmpty()) {
      return;
    }
    environment.get().set("saved_entry", "a\\b\nc");
    Optional<String> block = environment.get().text(StandardCharsets.ISO_8859_1);
    if (block.isPresent()) {
      assertThat(block.get()).hasSize(bytes.length);
      assertThat(
              GrubEnvironment.parse(block.get(), StandardCharsets.ISO_8859_1)
                  .orElseThrow()
                  .get("saved_entry"))
          .contains("a\\b\nc");
    }
  }

  /** An initramfs and a modules.dep: the bytes are both. */
  @FuzzTest(maxDuration = "2m")
  void appendsToAnyInitramfsOrLeavesIt(byte[] bytes) throws IOException {
    InMemoryGuest files =
        new InMemoryGuest()
            .file("/boot/initrd.img-" + VERSION, bytes, 0644)
            .file("/usr/lib/modules/" + VERSION + "/modules.dep", bytes, 0644)
            .file("/usr/lib/modules/" + VERSION + "/nvme.ko", bytes, 0644);
    GuestEdits edits =
        BootGuests.apply(
            new InitramfsDrivers(), BootGuests.guest(BootGuests.facts(Presence.MODULE), files));
    assertThat(edits.changes()).isNotEmpty();
    assertThat(ModuleInfo.dependencies(bytes)).isNotNull();
  }

  private static CommandLineRules rules() throws IOException {
    return new CommandLineRules(
        BootGuests.guest(
            BootGuests.facts(
                BootGuests.linux(
                    Family.DEBIAN,
                    new BootLoader(BootLoader.Kind.GRUB2, Optional.empty(), Optional.of(VERSION)),
                    List.of(BootGuests.kernel(VERSION, Presence.MODULE))),
                Firmware.BIOS),
            new InMemoryGuest()));
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
