package io.vmferry.cli;

import io.vmferry.cli.backend.MachineAccess;
import io.vmferry.functions.fake.FakeConversion;
import io.vmferry.functions.fake.FakeRemoteFiles;

/** Machines that a test describes. */
record FakeMachineAccess(FakeConversion guests, FakeRemoteFiles remoteFiles)
    implements MachineAccess {}
