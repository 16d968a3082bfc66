package io.vmferry.functions.handler;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.announce.Announce;
import io.vmferry.functions.aws.AwsClients;
import io.vmferry.functions.aws.AwsEventPorts;
import io.vmferry.functions.aws.AwsPorts;
import io.vmferry.functions.aws.HttpsRemoteFiles;
import io.vmferry.functions.port.EventPorts;
import io.vmferry.functions.port.ExecutionReader;
import io.vmferry.functions.port.Ports;
import io.vmferry.functions.port.TaskChanges;
import io.vmferry.functions.service.Cleanup;
import io.vmferry.functions.service.Sweep;
import io.vmferry.functions.service.WorkFiles;
import io.vmferry.functions.upload.UploadTrigger;
import io.vmferry.guest.conversion.ApplianceConversion;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Map;

/** Puts together what happens around tasks: the composition root of the functions for events. */
public final class EventsWiring {
  private final EventsConfig events;
  private final Config config;
  private final Wiring wiring;
  private final Ports ports;
  private final EventPorts eventPorts;
  private final Clock clock;

  /**
   * Services on these ports.
   *
   * @param wiring the services for tasks, on the same configuration and ports
   */
  public EventsWiring(
      EventsConfig events,
      Config config,
      Wiring wiring,
      Ports ports,
      EventPorts eventPorts,
      Clock clock) {
    this.events = events;
    this.config = config;
    this.wiring = wiring;
    this.ports = ports;
    this.eventPorts = eventPorts;
    this.clock = clock;
  }

  /** Services on AWS, as the environment describes it. */
  static EventsWiring fromEnvironment() {
    Map<String, String> environment = System.getenv();
    Config config = Config.from(environment);
    EventsConfig events = EventsConfig.from(environment);
    Clock clock = Clock.systemUTC();
    AwsClients clients = AwsClients.fromEnvironment();
    Ports ports =
        AwsPorts.on(
            clients,
            config.table(),
            config.importStateMachine(),
            config.retention(),
            new HttpsRemoteFiles(),
            clock);
    return new EventsWiring(
        events,
        config,
        new Wiring(
            config, ports, ApplianceConversion.inTemporaryFiles(), clock, new SecureRandom()),
        ports,
        AwsEventPorts.on(
            clients, config.table(), config.retention(), events.eventBus(), events.topic(), clock),
        clock);
  }

  /** What starts imports of uploads. */
  public UploadTrigger uploadTrigger() {
    return new UploadTrigger(
        events
            .imports()
            .orElseThrow(
                () ->
                    new VmferryException(
                        ErrorCode.PARAMETER_INVALID,
                        "the environment variable VMFERRY_IMPORTS is not set")),
        eventPorts.uploaded(),
        ports.objects(),
        wiring.startImport(),
        eventPorts.publisher(),
        eventPorts.metrics(),
        clock);
  }

  /** What tells of tasks. */
  public Announce announce() {
    return new Announce(
        eventPorts.announcements(),
        eventPorts.publisher(),
        ports.progress(),
        ports.objects(),
        eventPorts.metrics(),
        events.imports());
  }

  /** What understands the stream of the tasks' table. */
  public TaskChanges changes() {
    return eventPorts.changes();
  }

  /** The end of a task whose execution ended without success. */
  public Cleanup cleanup() {
    return wiring.cleanup();
  }

  /** Where executions are looked up. */
  public ExecutionReader executions() {
    return eventPorts.executions();
  }

  /** What removes leftovers. */
  public Sweep sweep() {
    return new Sweep(
        ports.tasks(),
        ports.effects(),
        eventPorts.leftovers(),
        new Sweep.Stores(ports.snapshots(), ports.images(), ports.uploads(), ports.objects()),
        wiring.cleanup(),
        wiring.taskSweep(),
        eventPorts.metrics(),
        new WorkFiles(config.workBucket()),
        config.uploads(),
        events.sweepAge(),
        clock);
  }
}
