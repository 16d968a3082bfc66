package io.vmferry.local.ecs;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Containers of an image that Docker has, confined as in Fargate: no privileges, a read-only file
 * system but for the volume /tmp, so much memory and no more. They share this machine's network,
 * for the embedded AWS listens on its loopback interface.
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
    List<String> command = docker(run.environment().keySet(), run.memoryMib());
    command.add("--name=" + name(run));
    command.add(image);
    command.addAll(run.command());
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(run.environment());
    return builder;
  }

  /**
   * The command that runs the image as a function, with the address of Lambda's Runtime API among
   * its variables.
   *
   * @param handler the class
   * @param variables names of the variables that are handed on to it
   * @param memoryMib its memory
   */
  public List<String> function(String handler, Set<String> variables, int memoryMib) {
    List<String> command = docker(variables, memoryMib);
    command.addAll(List.of(image, "lambda", handler));
    return List.copyOf(command);
  }

  private static List<String> docker(Set<String> variables, int memoryMib) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "docker",
                "run",
                "--rm",
                "--pull=never",
                "--network=host",
                "--read-only",
                "--cap-drop=ALL",
                "--security-opt=no-new-privileges",
                "--memory=" + memoryMib + "m",
                "--memory-swap=" + memoryMib + "m"));
    // By name only: the values may be secrets, and command lines are everybody's to read.
    variables.stream().sorted().forEach(name -> command.add("--env=" + name));
    return command;
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
