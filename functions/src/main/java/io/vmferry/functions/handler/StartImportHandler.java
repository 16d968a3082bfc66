package io.vmferry.functions.handler;

import io.vmferry.functions.service.StartImport;
import io.vmferry.functions.task.ImportRequest;

/** Accepts an import and starts its state machine. */
public final class StartImportHandler extends StepHandler<ImportRequest, TaskReference> {
  private final StartImport service;

  /** For Lambda: wired from the environment. */
  public StartImportHandler() {
    this(Wiring.fromEnvironment().startImport());
  }

  /** With its service. */
  public StartImportHandler(StartImport service) {
    super(ImportRequest.class);
    this.service = service;
  }

  @Override
  TaskReference step(ImportRequest request) {
    return new TaskReference(service.start(request).id());
  }
}
