package io.vmferry.guest.linux.config;

import io.vmferry.guest.Modification;
import io.vmferry.guest.linux.network.CloudInit;
import io.vmferry.guest.linux.network.Ifupdown;
import io.vmferry.guest.linux.network.MacBoundNames;
import io.vmferry.guest.linux.network.Netplan;
import io.vmferry.guest.linux.network.NetworkCheck;
import io.vmferry.guest.linux.network.NetworkManager;
import io.vmferry.guest.linux.network.Networkd;
import io.vmferry.guest.linux.network.RedHatIfcfg;
import io.vmferry.guest.linux.network.SuseIfcfg;
import io.vmferry.guest.linux.system.CryptTab;
import io.vmferry.guest.linux.system.FstabDevices;
import io.vmferry.guest.linux.system.HypervisorTools;
import io.vmferry.guest.linux.system.IdentityReset;
import io.vmferry.guest.linux.system.LvmFilters;
import io.vmferry.guest.linux.system.SelinuxRelabel;
import io.vmferry.guest.linux.system.SerialLogin;
import io.vmferry.guest.linux.system.SsmAgent;
import io.vmferry.guest.linux.system.StorageCaches;
import java.util.List;
import java.util.stream.Stream;

/** The modifications of Linux guests that are not about their boot loader and initramfs. */
public final class LinuxConfigModifications {
  private LinuxConfigModifications() {}

  /**
   * All of them, in their order: first what else would write configuration while the guest runs,
   * then storage, network and access, and SELinux's labels when nothing else is changed. Whoever
   * has more modifications puts them between {@link #changes} and {@link #last}.
   */
  public static List<Modification> all() {
    return Stream.concat(changes().stream(), last().stream()).toList();
  }

  /** Those that change the guest. An initramfs that is made anew takes up some of it. */
  public static List<Modification> changes() {
    return List.of(
        new HypervisorTools(),
        new FstabDevices(),
        new CryptTab(),
        new StorageCaches(),
        new LvmFilters(),
        new CloudInit(),
        new Ifupdown(),
        new Netplan(),
        new RedHatIfcfg(),
        new SuseIfcfg(),
        new NetworkManager(),
        new Networkd(),
        new MacBoundNames(),
        new NetworkCheck(),
        new SerialLogin(),
        new IdentityReset(),
        new SsmAgent());
  }

  /** Those that must come after all other modifications, the boot loader's too. */
  public static List<Modification> last() {
    return List.of(new SelinuxRelabel());
  }
}
