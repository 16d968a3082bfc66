package io.vmferry.guest.linux.system;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.linux.files.ConfigFiles;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * The AWS Systems Manager agent (requirement E6), from a package or an address that the operator
 * names. A package is installed right away by the guest's own package manager where its programs
 * can be run, and else at the first boot; what an address has is fetched and installed at the first
 * boot, once the network is there. Nothing of it ever stops an import or a boot.
 */
public final class SsmAgent implements Modification {
  /** The largest package that is taken: four times what the agent's are. */
  private static final long MAX_PACKAGE = 256L << 20;

  private static final String UNIT = "vmferry-ssm-agent";
  private static final String DESCRIPTION = "Install the AWS Systems Manager agent";
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final byte[] DEB = {'!', '<', 'a', 'r', 'c', 'h', '>', '\n'};
  private static final byte[] RPM = {(byte) 0xed, (byte) 0xab, (byte) 0xee, (byte) 0xdb};

  /** Makes the modification. */
  public SsmAgent() {}

  @Override
  public String name() {
    return "ssm-agent";
  }

  @Override
  public boolean appliesTo(GuestFacts facts, ModificationOptions options) {
    return switch (facts.system()) {
      case LinuxFacts linux -> options.agentPackage().isPresent() || options.agentUrl().isPresent();
    };
  }

  @Override
  public void apply(Guest guest) throws IOException {
    GuestEdits edits = guest.edits();
    if (ConfigFiles.anyExists(
        edits.files(),
        "/usr/bin/amazon-ssm-agent",
        "/snap/amazon-ssm-agent",
        FirstBoot.DIRECTORY + "/" + UNIT)) {
      return;
    }
    String format = guest.linux().packageFormat().orElse("");
    if (!format.equals("deb") && !format.equals("rpm")) {
      edits.note("The SSM agent is not installed: the guest has neither dpkg nor rpm");
      return;
    }
    try {
      if (guest.options().agentPackage().isPresent()) {
        fromPackage(guest, guest.options().agentPackage().get(), format);
      } else {
        fromUrl(guest, guest.options().agentUrl().orElseThrow(), format);
      }
    } catch (VmferryException e) {
      edits.note("The SSM agent is not installed: " + e.detail());
    }
  }

  private static void fromPackage(Guest guest, Path file, String format) throws IOException {
    ByteBuffer content = read(file, format);
    GuestEdits edits = guest.edits();
    String path = FirstBoot.DIRECTORY + "/amazon-ssm-agent." + format;
    edits.create(path, content, 0644, "the SSM agent's package");
    if (guest.commands().isPresent()) {
      try {
        List<String> command =
            format.equals("deb")
                ? List.of("dpkg", "--force-confold", "-i", path)
                : List.of("rpm", "-U", "--replacepkgs", path);
        guest.commands().get().run(command, LIMIT);
        edits.changed("/usr/bin/amazon-ssm-agent", "the SSM agent is installed");
        return;
      } catch (VmferryException e) {
        edits.note("The SSM agent is installed at first boot instead: " + e.detail());
      }
    }
    FirstBoot.add(guest, UNIT, DESCRIPTION, false, install(path, format));
  }

  private static ByteBuffer read(Path file, String format) {
    try {
      long size = Files.size(file);
      if (size > MAX_PACKAGE) {
        throw new VmferryException(
            ErrorCode.GUEST_FILE_UNREADABLE,
            "%s has %d bytes; a package of at most %d was expected"
                .formatted(file, size, MAX_PACKAGE));
      }
      byte[] bytes = Files.readAllBytes(file);
      byte[] magic = format.equals("deb") ? DEB : RPM;
      if (bytes.length < magic.length
          || !Arrays.equals(magic, 0, magic.length, bytes, 0, magic.length)) {
        throw new VmferryException(
            ErrorCode.GUEST_FILE_UNREADABLE,
            "%s is no %s package, which the guest needs".formatted(file, format));
      }
      return ByteBuffer.wrap(bytes);
    } catch (IOException e) {
      // The operator's file, not the guest's: told like all that keeps the agent away.
      throw new VmferryException(ErrorCode.GUEST_FILE_UNREADABLE, "%s: %s".formatted(file, e));
    }
  }

  private static void fromUrl(Guest guest, URI url, String format) throws IOException {
    String path = FirstBoot.DIRECTORY + "/amazon-ssm-agent." + format;
    String fetch =
        """
        tries=0
        until fetch; do
          tries=$((tries + 1))
          if [ "$tries" -ge 30 ]; then
            say "the package could not be fetched"
            return 1
          fi
          sleep 10
        done
        """;
    String function =
        """
        url=%s
        fetch() {
          curl -fsSL --connect-timeout 10 -o %2$s "$url" \\
            || wget -q -T 10 -t 1 -O %2$s "$url"
        }
        """
            .formatted(quoted(url.toASCIIString()), path);
    FirstBoot.add(guest, UNIT, DESCRIPTION, true, function + fetch + install(path, format));
  }

  private static String install(String path, String format) {
    String command = format.equals("deb") ? "dpkg --force-confold -i " : "rpm -U --replacepkgs ";
    return """
        say "installing"
        %1$s%2$s || return 1
        systemctl enable amazon-ssm-agent > /dev/null 2>&1 || :
        systemctl --no-block start amazon-ssm-agent > /dev/null 2>&1 \\
          || start amazon-ssm-agent > /dev/null 2>&1 || :
        rm -f %2$s
        say "installed"
        """
        .formatted(command, path);
  }

  /** For the shell: nothing in the address is anything but itself. */
  private static String quoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }
}
