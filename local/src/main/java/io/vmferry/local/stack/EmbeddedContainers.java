package io.vmferry.local.stack;

import io.vmferry.functions.container.Main;
import io.vmferry.local.EmbeddedAws;
import io.vmferry.local.ecs.ContainerEngine;
import io.vmferry.local.ecs.DockerContainers;
import io.vmferry.local.ecs.EcsRuntime;
import io.vmferry.local.ecs.JvmContainers;
import io.vmferry.local.ecs.TaskDefinition;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;

/** The stack's Fargate task. */
final class EmbeddedContainers {
  /** The image whose containers do the work, instead of JVMs on this class path. */
  static final String IMAGE_VARIABLE = "VMFERRY_CONTAINER_IMAGE";

  private static final String CLUSTER = "vmferry";
  private static final String FAMILY = "vmferry-container";
  private static final String CONTAINER = "convert";

  /** Two chunks at once on a small machine; the deployed task is larger. */
  private static final int CHUNKS_AT_ONCE = 2;

  private static final int CPU_UNITS = 2048;
  private static final int MEMORY_MIB = 1024;
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(60);

  private EmbeddedContainers() {}

  /** What the environment asks for: Docker by an image's name, else JVMs. */
  static ContainerEngine engine(Map<String, String> environment) {
    String image = Objects.requireNonNullElse(environment.get(IMAGE_VARIABLE), "");
    return image.isEmpty() ? new JvmContainers(Main.class.getName()) : new DockerContainers(image);
  }

  /** The cluster with the task definition. */
  static EcsRuntime cluster(EmbeddedAws aws, EmbeddedStack.Options options) {
    EcsRuntime ecs = new EcsRuntime(aws.region(), aws.accountId(), CLUSTER, options.containers());
    ecs.register(
        new TaskDefinition(
            FAMILY,
            CONTAINER,
            Map.of(
                "AWS_ENDPOINT_URL", aws.endpoint().toString(),
                "AWS_REGION", aws.region(),
                "AWS_ACCESS_KEY_ID", EmbeddedStack.ACCESS_KEY,
                "AWS_SECRET_ACCESS_KEY", EmbeddedStack.ACCESS_KEY,
                "VMFERRY_WORK_BUCKET", EmbeddedStack.WORK_BUCKET,
                "VMFERRY_TABLE", EmbeddedStack.TABLE,
                "VMFERRY_WORKERS", String.valueOf(options.workers()),
                "VMFERRY_CACHE_MIB", String.valueOf(options.cacheMib()),
                "VMFERRY_CHUNKS_AT_ONCE", String.valueOf(CHUNKS_AT_ONCE)),
            CPU_UNITS,
            MEMORY_MIB,
            STOP_TIMEOUT));
    return ecs;
  }

  /** What the state machine's placeholders for the container stand for. */
  static Map<String, String> substitutions() {
    return Map.of(
        "ContainerCluster",
        CLUSTER,
        "ContainerTaskDefinition",
        FAMILY,
        "ContainerName",
        CONTAINER,
        "ContainerSubnets",
        "subnet-0000000000000000a,subnet-0000000000000000b",
        "ContainerSecurityGroups",
        "sg-00000000000000000",
        "ContainerPublicIp",
        "DISABLED");
  }
}
