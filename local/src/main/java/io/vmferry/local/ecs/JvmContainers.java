package io.vmferry.local.ecs;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Containers as JVMs of their own that run the container's main on the class path of this one: no
 * Docker is needed. Their heap has the part of the container's memory that it has in the image.
 */
public final class JvmContainers implements ContainerEngine {
  /** As in the image's entry point. */
  private static final int HEAP_PERCENT = 50;

  private final String mainClass;

  /** Containers that run this class's {@code main}. */
  public JvmContainers(String mainClass) {
    this.mainClass = mainClass;
  }

  @Override
  public ProcessBuilder prepare(ContainerRun run) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx" + Math.max(64, run.memoryMib() * HEAP_PERCENT / 100) + "m");
    command.add("-XX:+UseSerialGC");
    command.add("-XX:+ExitOnOutOfMemoryError");
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.add("-cp");
    command.add(Objects.requireNonNull(System.getProperty("java.class.path")));
    command.add(mainClass);
    command.addAll(run.command());
    ProcessBuilder builder = new ProcessBuilder(command);
    // What this process was told of AWS, and of vmferry, is not for its containers.
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.startsWith("AWS_") || name.startsWith("VMFERRY_"));
    builder.environment().putAll(run.environment());
    return builder;
  }

  @Override
  public void kill(ContainerRun run, Process process) {
    process.destroyForcibly();
  }
}
