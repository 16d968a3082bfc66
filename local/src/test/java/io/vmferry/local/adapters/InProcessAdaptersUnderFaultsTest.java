package io.vmferry.local.adapters;

/** The contracts on services that are reached without their port and fail one call in twenty. */
final class InProcessAdaptersUnderFaultsTest extends AdapterContracts {
  InProcessAdaptersUnderFaultsTest() {
    super(AdaptersUnderFaultsTest.faults(), true);
  }
}
