package io.vmferry.guest.inspect;

import io.vmferry.guest.linux.menu.GrubScript;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The menu in a {@code grub.cfg}, with its kernels found in the guest and its variables known. */
final class Grub2Config {
  private final GrubScript script;
  private final LoaderPaths files;
  private final Map<String, String> environment;

  Grub2Config(String text, LoaderPaths files, Map<String, String> environment) {
    this.script = new GrubScript(text);
    this.files = files;
    this.environment = environment;
  }

  /** Whether the menu comes from Boot Loader Specification entries. */
  boolean usesBootLoaderSpecification() {
    return script.usesBootLoaderSpecification();
  }

  /** Whether it has no menu but goes on with another configuration. */
  boolean onlyRedirects() {
    return script.onlyRedirects();
  }

  /** What the default is, with {@code saved} looked up in the environment; 0 if nothing is said. */
  String defaultName() {
    String wanted = script.defaultSetting().orElse("0");
    if (wanted.contains("saved_entry")) {
      return environment.getOrDefault("saved_entry", "");
    }
    return wanted.startsWith("$") ? "" : wanted;
  }

  /** The menu. */
  List<BootEntry> entries() throws IOException {
    return found(script.entries());
  }

  private List<BootEntry> found(List<GrubScript.Entry> entries) throws IOException {
    List<BootEntry> found = new ArrayList<>();
    for (GrubScript.Entry entry : entries) {
      if (entry.children().isEmpty()) {
        found.add(
            files.entry(
                entry.title(),
                entry.id(),
                Optional.empty(),
                entry.image(),
                entry.initramfs(),
                entry.arguments()));
      } else {
        found.add(
            new BootEntry(
                entry.title(),
                entry.id(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                "",
                found(entry.children())));
      }
    }
    return found;
  }
}
