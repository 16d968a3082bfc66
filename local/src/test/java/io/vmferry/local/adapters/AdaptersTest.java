package io.vmferry.local.adapters;

import io.vmferry.local.edge.FaultInjector;

/** The contracts on services that work. */
final class AdaptersTest extends AdapterContracts {
  AdaptersTest() {
    super(new FaultInjector(0), false);
  }
}
