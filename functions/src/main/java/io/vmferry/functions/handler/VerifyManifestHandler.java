package io.vmferry.functions.handler;

import io.vmferry.functions.service.Verification;
import io.vmferry.functions.service.VerifyManifest;
import java.io.IOException;

/** Checks one file of an OVA against its manifest. */
public final class VerifyManifestHandler extends StepHandler<Verification, TaskReference> {
  private final VerifyManifest service;

  /** For Lambda: wired from the environment. */
  public VerifyManifestHandler() {
    this(Wiring.fromEnvironment().verifyManifest());
  }

  /** With its service. */
  public VerifyManifestHandler(VerifyManifest service) {
    super(Verification.class);
    this.service = service;
  }

  @Override
  TaskReference step(Verification request) throws IOException {
    service.verify(request);
    return new TaskReference(request.taskId());
  }
}
