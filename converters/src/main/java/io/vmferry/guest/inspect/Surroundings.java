package io.vmferry.guest.inspect;

import io.vmferry.guest.Architecture;
import io.vmferry.guest.Distribution;
import io.vmferry.guest.GuestPaths;
import io.vmferry.guest.NetworkSystem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** What runs in a guest: its processor, its init, its network, its tools. */
final class Surroundings {
  private static final int ELF_MAGIC = 0x464c457f;
  private static final int ELF_HEADER = 20;
  private static final Pattern INTERFACE = Pattern.compile("\\s*iface\\s+(?!lo\\s)\\S+\\s+.*");
  private static final String SELINUX_OFF = "(^|.*\\s)(selinux=0)(\\s.*|$)";
  private static final String SELINUX_ON =
      "(^|.*\\s)(selinux=1|security=selinux|lsm=(\\S*,)?selinux(,\\S*)?)(\\s.*|$)";

  /** Hypervisors' tools, each with paths of which one is there where it is installed. */
  private static final List<Map.Entry<String, List<String>>> TOOLS =
      List.of(
          Map.entry(
              "vmware-tools",
              List.of(
                  "/usr/bin/vmware-uninstall-tools.pl",
                  "/etc/vmware-tools/locations",
                  "/etc/init/vmware-tools.conf")),
          Map.entry(
              "open-vm-tools",
              List.of(
                  "/var/lib/dpkg/info/open-vm-tools.list",
                  "/etc/init.d/open-vm-tools",
                  "/usr/lib/systemd/system/open-vm-tools.service",
                  "/lib/systemd/system/open-vm-tools.service",
                  "/usr/lib/systemd/system/vmtoolsd.service")),
          Map.entry(
              "VBoxGuestAdditions",
              List.of("/var/lib/VBoxGuestAdditions/config", "/usr/sbin/VBoxService")),
          Map.entry(
              "hyperv-daemons",
              List.of(
                  "/usr/sbin/hypervkvpd",
                  "/usr/sbin/hv_kvp_daemon",
                  "/usr/lib/hyper-v/bin/hv_kvp_daemon")),
          Map.entry("qemu-guest-agent", List.of("/usr/sbin/qemu-ga", "/usr/bin/qemu-ga")),
          Map.entry(
              "xe-guest-utilities",
              List.of("/usr/sbin/xe-daemon", "/usr/sbin/xe-linux-distribution")),
          Map.entry(
              "parallels-tools", List.of("/usr/lib/parallels-tools/version", "/usr/bin/prltoolsd")),
          Map.entry("walinuxagent", List.of("/usr/sbin/waagent")),
          Map.entry("google-guest-agent", List.of("/usr/bin/google_guest_agent")));

  private final GuestReader reader;

  Surroundings(GuestReader reader) {
    this.reader = reader;
  }

  /** The processor that the guest's shell or init is for, by its ELF header. */
  Architecture architecture() throws IOException {
    for (String path : List.of("/bin/sh", "/usr/bin/sh", "/sbin/init", "/usr/bin/bash")) {
      Optional<String> real = reader.resolve(path);
      if (real.isEmpty() || !reader.isFile(real.get())) {
        continue;
      }
      ByteBuffer header = ByteBuffer.allocate(ELF_HEADER).order(ByteOrder.LITTLE_ENDIAN);
      reader.files().read(real.get(), 0, header);
      if (header.position() == ELF_HEADER && header.getInt(0) == ELF_MAGIC) {
        boolean littleEndian = header.get(5) == 1;
        return switch (littleEndian ? header.getShort(18) : -1) {
          case 62 -> Architecture.X86_64;
          case 183 -> Architecture.ARM64;
          case 3 -> Architecture.I386;
          default -> Architecture.OTHER;
        };
      }
    }
    return Architecture.OTHER;
  }

  /** Whether systemd is what {@code /sbin/init} leads to. */
  boolean systemd() throws IOException {
    for (String path : List.of("/sbin/init", "/usr/sbin/init", "/init")) {
      Optional<String> real = reader.resolve(path);
      if (real.isPresent()) {
        return GuestPaths.name(real.get()).equals("systemd");
      }
    }
    return reader.isFile("/usr/lib/systemd/systemd") || reader.isFile("/lib/systemd/systemd");
  }

  /** Whether SELinux is on, by its configuration and the default kernel's command line. */
  boolean selinux(Distribution distribution, String arguments) throws IOException {
    String mode =
        Distributions.assignments(reader.lines("/etc/selinux/config")).getOrDefault("SELINUX", "");
    boolean configured = mode.equals("enforcing") || mode.equals("permissive");
    // Debian's kernels leave it off, and so SUSE's, unless they are asked.
    boolean asked =
        distribution.family() == Distribution.Family.RED_HAT
            || distribution.family() == Distribution.Family.AMAZON
            || arguments.matches(SELINUX_ON);
    return configured && asked && !arguments.matches(SELINUX_OFF);
  }

  /** The format of the guest's packages. */
  Optional<String> packageFormat() throws IOException {
    if (reader.isFile("/var/lib/dpkg/status")) {
      return Optional.of("deb");
    }
    boolean rpm =
        !reader.list("/var/lib/rpm").isEmpty() || !reader.list("/usr/lib/sysimage/rpm").isEmpty();
    return rpm ? Optional.of("rpm") : Optional.empty();
  }

  /** The guest tools of hypervisors. */
  List<String> hypervisorTools() throws IOException {
    List<String> found = new ArrayList<>();
    for (Map.Entry<String, List<String>> tool : TOOLS) {
      for (String path : tool.getValue()) {
        if (reader.exists(path)) {
          found.add(tool.getKey());
          break;
        }
      }
    }
    boolean additions =
        reader.list("/opt").stream().anyMatch(name -> name.startsWith("VBoxGuestAdditions-"));
    if (additions && !found.contains("VBoxGuestAdditions")) {
      found.add("VBoxGuestAdditions");
    }
    return List.copyOf(found);
  }

  /** What configures the guest's network. */
  Set<NetworkSystem> networkSystems() throws IOException {
    Set<NetworkSystem> found = EnumSet.noneOf(NetworkSystem.class);
    if (ifupdown()) {
      found.add(NetworkSystem.IFUPDOWN);
    }
    if (hasInterfaceFile("/etc/sysconfig/network-scripts")) {
      found.add(NetworkSystem.IFCFG_RED_HAT);
    }
    if (hasInterfaceFile("/etc/sysconfig/network")) {
      found.add(NetworkSystem.IFCFG_SUSE);
    }
    if (has("/etc/netplan", ".yaml")) {
      found.add(NetworkSystem.NETPLAN);
    }
    if (!reader.list("/etc/NetworkManager/system-connections").isEmpty()) {
      found.add(NetworkSystem.NETWORK_MANAGER);
    }
    if (has("/etc/systemd/network", ".network")) {
      found.add(NetworkSystem.NETWORKD);
    }
    if (reader.isFile("/etc/cloud/cloud.cfg")) {
      found.add(NetworkSystem.CLOUD_INIT);
    }
    // Those that need no file of /etc, where nothing else is at work.
    if (found.isEmpty() || found.equals(EnumSet.of(NetworkSystem.CLOUD_INIT))) {
      if (reader.isFile("/usr/sbin/NetworkManager")) {
        found.add(NetworkSystem.NETWORK_MANAGER);
      } else if (reader.exists(
          "/etc/systemd/system/multi-user.target.wants/systemd-networkd.service")) {
        found.add(NetworkSystem.NETWORKD);
      }
    }
    return Set.copyOf(found);
  }

  private boolean ifupdown() throws IOException {
    if (reader.lines("/etc/network/interfaces").stream()
        .anyMatch(line -> INTERFACE.matcher(line).matches())) {
      return true;
    }
    for (String name : reader.list("/etc/network/interfaces.d")) {
      if (reader.lines("/etc/network/interfaces.d/" + name).stream()
          .anyMatch(line -> INTERFACE.matcher(line).matches())) {
        return true;
      }
    }
    return false;
  }

  private boolean hasInterfaceFile(String directory) throws IOException {
    return reader.list(directory).stream()
        .anyMatch(name -> name.startsWith("ifcfg-") && !name.equals("ifcfg-lo"));
  }

  private boolean has(String directory, String suffix) throws IOException {
    return reader.list(directory).stream().anyMatch(name -> name.endsWith(suffix));
  }
}
