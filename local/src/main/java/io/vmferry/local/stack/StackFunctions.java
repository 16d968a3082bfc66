package io.vmferry.local.stack;

import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import io.vmferry.functions.aws.AwsClients;
import io.vmferry.functions.aws.AwsEventPorts;
import io.vmferry.functions.aws.AwsPorts;
import io.vmferry.functions.handler.Config;
import io.vmferry.functions.handler.EventsConfig;
import io.vmferry.functions.handler.EventsWiring;
import io.vmferry.functions.handler.Wiring;
import io.vmferry.functions.port.Ports;
import io.vmferry.local.deployment.Deployment;
import io.vmferry.local.deployment.FunctionSpec;
import io.vmferry.local.ecs.DockerContainers;
import io.vmferry.local.isolated.IsolatedFunction;
import io.vmferry.local.isolated.UnpackedZips;
import io.vmferry.local.lambda.LambdaRuntime;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The deployed functions, each put together from its own environment and its role's clients. */
final class StackFunctions implements AutoCloseable {
  private final Deployment deployment;
  private final StackRoles roles;
  private final EmbeddedStack.Options options;
  private final UnpackedZips zips = new UnpackedZips();
  private final List<IsolatedFunction> processes = new ArrayList<>();

  StackFunctions(Deployment deployment, StackRoles roles, EmbeddedStack.Options options) {
    this.deployment = deployment;
    this.roles = roles;
    this.options = options;
  }

  /**
   * Registers them all.
   *
   * @throws IllegalStateException if a handler is no function of vmferry's
   */
  void register(LambdaRuntime lambda) {
    for (FunctionSpec function : deployment.functions()) {
      EmbeddedFunctions known =
          EmbeddedFunctions.ofHandler(function.handlerClass())
              .orElseThrow(
                  () ->
                      new IllegalStateException(
                          function.logicalId()
                              + ": there is no handler "
                              + function.handlerClass()));
      RequestStreamHandler handler = handler(known, function);
      lambda.register(
          function.name(),
          function.handlerClass(),
          handler,
          function.settings(),
          function.qualifiers());
    }
  }

  private RequestStreamHandler handler(EmbeddedFunctions known, FunctionSpec function) {
    if (known == EmbeddedFunctions.MODIFY_OS
        && options.containers() instanceof DockerContainers image) {
      return inImage(function, image);
    }
    return options.isolated().isEmpty()
        ? known.handler(wiring(function), eventsWiring(function))
        : isolated(function, options.isolated().get());
  }

  /** ModifyOs is deployed in the image; where there is Docker and the image, it runs there. */
  private RequestStreamHandler inImage(FunctionSpec function, DockerContainers image) {
    Map<String, String> environment = new HashMap<>(function.environment());
    environment.putAll(roles.environment(function.roleArn()));
    IsolatedFunction isolated =
        IsolatedFunction.inImage(
            function.name(),
            function.handlerClass(),
            Path.of(System.getProperty("java.io.tmpdir")),
            image,
            function.settings(),
            environment);
    processes.add(isolated);
    return isolated;
  }

  private RequestStreamHandler isolated(FunctionSpec function, Path otherwise) {
    Map<String, String> environment = new HashMap<>(function.environment());
    environment.putAll(roles.environment(function.roleArn()));
    try {
      IsolatedFunction isolated =
          new IsolatedFunction(
              function.name(),
              function.handler(),
              zips.root(function.code().orElse(otherwise)),
              function.settings(),
              environment);
      processes.add(isolated);
      return isolated;
    } catch (IOException e) {
      throw new IllegalStateException(function.logicalId() + " cannot be unpacked", e);
    }
  }

  private Wiring wiring(FunctionSpec function) {
    return wiring(roles.clients(function.roleArn()), config(function));
  }

  /** The services as the function that starts imports has them, on other clients. */
  Wiring wiring(AwsClients clients) {
    return wiring(clients, config());
  }

  private Wiring wiring(AwsClients clients, Config config) {
    return new Wiring(
        config, ports(clients, config), options.guests(), options.clock(), new SecureRandom());
  }

  private EventsWiring eventsWiring(FunctionSpec function) {
    Config config = config(function);
    EventsConfig events = EventsConfig.from(function.environment());
    AwsClients clients = roles.clients(function.roleArn());
    return new EventsWiring(
        events,
        config,
        wiring(function),
        ports(clients, config),
        AwsEventPorts.on(
            clients,
            config.table(),
            config.retention(),
            events.eventBus(),
            events.topic(),
            options.clock()),
        options.clock());
  }

  private Config config(FunctionSpec function) {
    return Config.from(function.environment(), options.chunkLimits());
  }

  /** What their roles were denied so far. */
  List<String> denials() {
    return roles.denials();
  }

  /** The function that starts imports. */
  FunctionSpec startImport() {
    return deployment
        .functionOf("StartImportHandler")
        .orElseThrow(() -> new IllegalStateException("every stack starts imports"));
  }

  /** What that function is told by its environment. */
  Config config() {
    return config(startImport());
  }

  /** The ports that function uses, on other clients. */
  Ports ports(AwsClients clients) {
    return ports(clients, config());
  }

  private Ports ports(AwsClients clients, Config config) {
    return AwsPorts.on(
        clients,
        config.table(),
        config.importStateMachine(),
        config.retention(),
        options.remoteFiles(),
        options.clock());
  }

  @Override
  public void close() {
    processes.forEach(IsolatedFunction::close);
    zips.close();
    roles.close();
  }
}
