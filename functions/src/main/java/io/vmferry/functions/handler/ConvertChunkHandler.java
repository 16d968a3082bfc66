package io.vmferry.functions.handler;

import io.vmferry.functions.service.Chunk;
import io.vmferry.functions.service.ConvertChunk;
import java.io.IOException;

/** Writes one chunk of a disk into its snapshot. */
public final class ConvertChunkHandler extends StepHandler<Chunk, TaskReference> {
  private final ConvertChunk service;

  /** For Lambda: wired from the environment. */
  public ConvertChunkHandler() {
    this(Wiring.fromEnvironment().convertChunk());
  }

  /** With its service. */
  public ConvertChunkHandler(ConvertChunk service) {
    super(Chunk.class);
    this.service = service;
  }

  @Override
  TaskReference step(Chunk request) throws IOException {
    service.convert(request);
    return new TaskReference(request.taskId());
  }
}
