package io.vmferry.local.ecs;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Containers of an image that Docker has, confined as in Fargate: no privileges, a read-only file
 * system but for /tmp, so much memory and no more. They share this machine's network, for the
 * embedded AWS listens on its loopback interface.
 */
public final class DockerContainers implements ContainerEngine {
  private static final Logger LOG = LoggerFactory.getLogger(DockerContainers.class);

  private final String image;

  /** Containers of that image, {@code vmferry:latest}. */
  public DockerContainers(String image) {
    this.image = image;
  }

  @Override
  public ProcessBuilder prepare(ContainerRun run) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "docker",
                "run",
                "--rm",
                "--pull=never",
                "--name=" + name(run),
                "--network=host",
                "--read-only",
                "--cap-drop=ALL",
                "--security-opt=no-new-privileges",
                // Libraries are unpacked there and loaded from there.
                "--tmpfs=/tmp:rw,exec,nosuid,nodev,mode=1777",
                "--memory=" + run.memoryMib() + "m",
                "--memory-swap=" + run.memoryMib() + "m"));
    // By name only: the values may be secrets, and command lines are everybody's to read.
    run.environment().keySet().stream().sorted().forEach(key -> command.add("--env=" + key));
    command.add(image);
    command.addAll(run.command());
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(run.environment());
    return builder;
  }

  private static String name(ContainerRun run) {
    return "vmferry-" + run.id();
  }

  @Override
  public void kill(ContainerRun run, Process process) {
    try {
      new ProcessBuilder("docker", "kill", name(run))
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start();
    } catch (IOException e) {
      LOG.warn("cannot kill the container {}", name(run), e);
    }
    process.destroyForcibly();
  }
}
