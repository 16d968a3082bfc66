package io.vmferry.guest.linux.boot;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.Architecture;
import io.vmferry.guest.FileStatus;
import io.vmferry.guest.Firmware;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.GuestFiles;
import io.vmferry.guest.GuestPaths;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Puts a copy of the guest's boot loader where UEFI looks without being told (C5): {@code
 * \EFI\BOOT\BOOTX64.EFI}. A new instance has no boot entries of the machine it comes from.
 *
 * <p>Where shim is there, it is copied with the GRUB and the key manager it looks for beside
 * itself, but without fbx64.efi: with that, shim under this name only makes boot entries and starts
 * over.
 */
final class UefiFallbackLoader implements Modification {
  /** The largest file copied: 16 MiB; GRUB has about 3. */
  private static final int MAX_BYTES = 16 << 20;

  @Override
  public String name() {
    return "uefi-fallback-loader";
  }

  @Override
  public boolean appliesTo(GuestFacts facts, ModificationOptions options) {
    return facts.system() instanceof LinuxFacts
        && switch (facts.firmware()) {
          case UEFI, BIOS_AND_UEFI -> true;
          case BIOS, NONE -> false;
        };
  }

  /**
   * {@inheritDoc}
   *
   * @throws VmferryException {@link ErrorCode#GUEST_UEFI_LOADER_MISSING} if only UEFI can boot the
   *     guest and it has no boot loader
   */
  @Override
  public void apply(Guest guest) throws IOException {
    GuestFiles files = guest.edits().files();
    String suffix = guest.linux().architecture() == Architecture.ARM64 ? "aa64" : "x64";
    for (String esp : BootConfiguration.ESPS) {
      Optional<String> efi = BootConfiguration.child(files, esp, "EFI");
      if (efi.isEmpty()) {
        continue;
      }
      String boot =
          BootConfiguration.child(files, efi.get(), "BOOT")
              .orElse(GuestPaths.child(efi.get(), "BOOT"));
      Optional<String> fallback = BootConfiguration.child(files, boot, "boot" + suffix + ".efi");
      if (fallback.isPresent()) {
        return;
      }
      Optional<Loader> loader = loader(guest, efi.get(), suffix);
      if (loader.isPresent()) {
        copy(guest, loader.get(), esp, boot, suffix);
        return;
      }
    }
    String lacking =
        "No EFI system partition has \\EFI\\BOOT\\BOOT%s.EFI or a boot loader to copy there"
            .formatted(suffix.toUpperCase(Locale.ROOT));
    if (guest.facts().firmware() == Firmware.UEFI) {
      throw new VmferryException(ErrorCode.GUEST_UEFI_LOADER_MISSING, lacking);
    }
    guest.edits().note(lacking + "; a BIOS can boot the guest");
  }

  /**
   * What is copied.
   *
   * @param directory the distribution's directory on the EFI system partition
   * @param first the file that UEFI starts
   * @param beside the files it looks for in its own directory
   */
  private record Loader(String directory, String first, List<String> beside) {}

  private static Optional<Loader> loader(Guest guest, String efi, String suffix)
      throws IOException {
    GuestFiles files = guest.edits().files();
    List<String> vendors = new ArrayList<>(files.list(efi));
    vendors.removeIf(name -> name.equalsIgnoreCase("BOOT") || name.equalsIgnoreCase("Microsoft"));
    String own = guest.linux().distribution().id();
    // The guest's own before what another system left behind.
    vendors.sort((a, b) -> Boolean.compare(b.equalsIgnoreCase(own), a.equalsIgnoreCase(own)));
    for (String vendor : vendors) {
      String directory = GuestPaths.child(efi, vendor);
      Optional<String> grub = regular(files, directory, "grub" + suffix + ".efi");
      Optional<String> shim = regular(files, directory, "shim" + suffix + ".efi");
      if (shim.isEmpty()) {
        shim = regular(files, directory, "shim.efi");
      }
      Optional<String> keys = regular(files, directory, "mm" + suffix + ".efi");
      Optional<String> systemd = regular(files, directory, "systemd-boot" + suffix + ".efi");
      if (shim.isPresent() && grub.isPresent()) {
        List<String> beside = new ArrayList<>(List.of(grub.get()));
        keys.ifPresent(beside::add);
        return Optional.of(new Loader(directory, shim.get(), beside));
      }
      Optional<String> alone = grub.isPresent() ? grub : systemd;
      if (alone.isPresent()) {
        return Optional.of(new Loader(directory, alone.get(), List.of()));
      }
    }
    return Optional.empty();
  }

  private static Optional<String> regular(GuestFiles files, String directory, String name)
      throws IOException {
    Optional<String> path = BootConfiguration.child(files, directory, name);
    Optional<FileStatus> status = path.isEmpty() ? Optional.empty() : files.status(path.get());
    return status.filter(is -> is.isRegular() && is.size() <= MAX_BYTES).isPresent()
        ? path
        : Optional.empty();
  }

  private static void copy(Guest guest, Loader loader, String esp, String boot, String suffix)
      throws IOException {
    copyFile(
        guest,
        loader.first(),
        GuestPaths.child(boot, "BOOT%s.EFI".formatted(suffix.toUpperCase(Locale.ROOT))));
    for (String path : loader.beside()) {
      String target = GuestPaths.child(boot, GuestPaths.name(path).toLowerCase(Locale.ROOT));
      if (BootConfiguration.child(guest.edits().files(), boot, GuestPaths.name(path)).isEmpty()) {
        copyFile(guest, path, target);
      }
    }
    boolean configured =
        BootConfiguration.child(guest.edits().files(), loader.directory(), "grub.cfg").isPresent();
    boolean there = BootConfiguration.child(guest.edits().files(), boot, "grub.cfg").isPresent();
    if (configured && !there) {
      // Not a copy: the menu would be out of date with the next kernel.
      String from = loader.directory().substring(esp.length());
      guest
          .edits()
          .create(
              GuestPaths.child(boot, "grub.cfg"),
              ByteBuffer.wrap(redirect(guest, esp, from).getBytes(StandardCharsets.UTF_8)),
              0644,
              "GRUB started from here goes on in " + loader.directory());
    }
  }

  private static String redirect(Guest guest, String esp, String directory) {
    Optional<String> uuid =
        guest.facts().fileSystems().stream()
            .filter(is -> is.mountPoint().filter(esp::equals).isPresent())
            .flatMap(is -> is.uuid().stream())
            .findFirst();
    String search =
        uuid.map(id -> "search --no-floppy --fs-uuid --set=root " + id)
            .orElse("search --no-floppy --file --set=root %s/grub.cfg".formatted(directory));
    return """
        %s
        set prefix=($root)%s
        configfile $prefix/grub.cfg
        """
        .formatted(search, directory);
  }

  private static void copyFile(Guest guest, String from, String to) throws IOException {
    GuestFiles files = guest.edits().files();
    ByteBuffer content = ByteBuffer.allocate((int) files.status(from).orElseThrow().size());
    files.read(from, 0, content);
    guest.edits().create(to, content.flip(), 0755, "A copy of %s for UEFI to find".formatted(from));
  }
}
