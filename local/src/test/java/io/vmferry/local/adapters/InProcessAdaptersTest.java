package io.vmferry.local.adapters;

import io.vmferry.local.edge.FaultInjector;

/** The contracts on services that are reached without their port. */
final class InProcessAdaptersTest extends AdapterContracts {
  InProcessAdaptersTest() {
    super(new FaultInjector(0), true);
  }
}
