package io.vmferry.guest.linux.network;

import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import java.io.IOException;

/** Tells where nothing was found that could bring up the network. */
public final class NetworkCheck implements Modification {

  /** Makes the modification. */
  public NetworkCheck() {}

  @Override
  public String name() {
    return "network";
  }

  @Override
  public boolean appliesTo(GuestFacts facts, ModificationOptions options) {
    return switch (facts.system()) {
      case LinuxFacts linux -> true;
    };
  }

  @Override
  public void apply(Guest guest) throws IOException {
    if (EffectiveNetwork.of(guest).isEmpty()) {
      guest
          .edits()
          .note(
              "Nothing was found that could bring up the network: the machine may get no address");
    }
  }
}
