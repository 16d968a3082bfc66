package io.vmferry.local.adapters;

import io.vmferry.local.edge.FaultInjector;
import io.vmferry.local.edge.FaultInjector.Fault;
import io.vmferry.local.edge.FaultInjector.Rule;

/**
 * The contracts on services of which one call in twenty fails: throttled in either way, with a 500,
 * or with a connection cut before or after the service has done what was asked.
 */
final class AdaptersUnderFaultsTest extends AdapterContracts {
  AdaptersUnderFaultsTest() {
    super(faults(), false);
  }

  static FaultInjector faults() {
    FaultInjector faults = new FaultInjector(7);
    for (Fault fault : FaultInjector.PASSING) {
      faults.add(Rule.of("*", "*", fault, 0.01));
    }
    return faults;
  }
}
