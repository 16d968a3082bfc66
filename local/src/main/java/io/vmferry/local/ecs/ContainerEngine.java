package io.vmferry.local.ecs;

/** How a container becomes a process of this machine. */
public interface ContainerEngine {

  /** The process to start, which ends on SIGTERM and exits as the container does. */
  ProcessBuilder prepare(ContainerRun run);

  /** Ends a container at once that did not end when it was told to. */
  void kill(ContainerRun run, Process process);
}
