package io.vmferry.functions.handler;

import io.vmferry.functions.upload.UploadTrigger;
import java.io.IOException;

/** Starts an import for an uploaded image. */
public final class UploadTriggerHandler extends StepHandler<ObjectCreated, UploadTrigger.Result> {
  private final UploadTrigger service;

  /** For Lambda: wired from the environment. */
  public UploadTriggerHandler() {
    this(EventsWiring.fromEnvironment().uploadTrigger());
  }

  /** With its service. */
  public UploadTriggerHandler(UploadTrigger service) {
    super(ObjectCreated.class);
    this.service = service;
  }

  @Override
  UploadTrigger.Result step(ObjectCreated event) throws IOException {
    return service.created(event.detail().bucket().name(), event.detail().object().key());
  }
}
