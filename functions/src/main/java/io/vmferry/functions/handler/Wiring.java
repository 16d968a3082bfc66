package io.vmferry.functions.handler;

import io.vmferry.functions.api.Api;
import io.vmferry.functions.api.WorkflowCancellation;
import io.vmferry.functions.aws.AwsPorts;
import io.vmferry.functions.port.ObjectStore;
import io.vmferry.functions.port.Ports;
import io.vmferry.functions.service.ApplyChanges;
import io.vmferry.functions.service.Attempts;
import io.vmferry.functions.service.Cleanup;
import io.vmferry.functions.service.CompleteSnapshots;
import io.vmferry.functions.service.ConvertChunk;
import io.vmferry.functions.service.DownloadRange;
import io.vmferry.functions.service.Downloads;
import io.vmferry.functions.service.ModifyOs;
import io.vmferry.functions.service.Plan;
import io.vmferry.functions.service.Register;
import io.vmferry.functions.service.Removal;
import io.vmferry.functions.service.SnapshotObjects;
import io.vmferry.functions.service.StartImport;
import io.vmferry.functions.service.Validate;
import io.vmferry.functions.service.VerifyManifest;
import io.vmferry.functions.service.WholePlan;
import io.vmferry.functions.service.WorkFiles;
import io.vmferry.guest.conversion.ApplianceConversion;
import io.vmferry.guest.conversion.GuestConversion;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Puts services together from a configuration and ports: the composition root of every function.
 */
public final class Wiring {
  /** A minute less than a function may run, so that it can say why it ends. */
  private static final Duration GUEST_LIMIT = Duration.ofMinutes(14);

  private final Config config;
  private final Ports ports;
  private final ObjectStore objects;
  private final GuestConversion guests;
  private final WorkFiles files;
  private final Clock clock;
  private final RandomGenerator random;

  /**
   * Services on these ports.
   *
   * @param guests opens guests, and changes them
   */
  public Wiring(
      Config config, Ports ports, GuestConversion guests, Clock clock, RandomGenerator random) {
    this.config = config;
    this.ports = ports;
    this.objects = new SnapshotObjects(ports.objects(), ports.snapshotReader());
    this.guests = guests;
    this.files = new WorkFiles(config.workBucket());
    this.clock = clock;
    this.random = random;
  }

  /** Services on AWS, as the environment describes it. */
  public static Wiring fromEnvironment() {
    Config config = Config.from(System.getenv());
    return new Wiring(
        config,
        AwsPorts.fromEnvironment(config.table(), config.importStateMachine(), config.retention()),
        ApplianceConversion.inTemporaryFiles(),
        Clock.systemUTC(),
        new SecureRandom());
  }

  /** The service that accepts imports. */
  public StartImport startImport() {
    return new StartImport(
        ports.tasks(),
        ports.effects(),
        ports.workflow(),
        files,
        clock,
        random,
        config.activeTasks(),
        config.uploads(),
        config.compute());
  }

  /** EC2's Query API. */
  public Api api() {
    return new Api(
        startImport(),
        new WorkflowCancellation(ports.tasks(), ports.workflow()),
        ports.tasks(),
        ports.progress(),
        objects,
        ports.snapshots(),
        config.roleName());
  }

  /** The first step. */
  public Validate validate() {
    return new Validate(
        ports.tasks(), objects, ports.remoteFiles(), downloads(), files, config.compute());
  }

  /** Copies from web servers. */
  public DownloadRange downloadRange() {
    return new DownloadRange(ports.tasks(), downloads(), clock);
  }

  /** The second step. */
  public Plan plan() {
    return new Plan(
        ports.tasks(),
        ports.effects(),
        objects,
        ports.snapshots(),
        downloads(),
        files,
        config.chunkLimits(),
        config.compute());
  }

  /** The work. */
  public ConvertChunk convertChunk() {
    return new ConvertChunk(
        ports.tasks(),
        ports.progress(),
        objects,
        ports.snapshots(),
        files,
        clock,
        config.reading(),
        config.workers());
  }

  /** All the work of a kind in one process. */
  public WholePlan wholePlan() {
    return new WholePlan(
        objects,
        files,
        convertChunk(),
        downloadRange(),
        new Attempts(random, Thread::sleep),
        config.chunksAtOnce());
  }

  /** The check of an OVA's files. */
  public VerifyManifest verifyManifest() {
    return new VerifyManifest(ports.tasks(), objects, config.reading());
  }

  /** What makes the guest boot. */
  public ModifyOs modifyOs() {
    return new ModifyOs(ports.tasks(), objects, files, guests, clock, GUEST_LIMIT);
  }

  /** What that changed, over what was converted. */
  public ApplyChanges applyChanges() {
    return new ApplyChanges(
        ports.tasks(),
        objects,
        ports.snapshots(),
        files,
        clock,
        config.reading(),
        config.workers());
  }

  /** The end of writing. */
  public CompleteSnapshots completeSnapshots() {
    return new CompleteSnapshots(ports.tasks(), objects, ports.snapshots(), files);
  }

  /** The last step. */
  public Register register() {
    return new Register(ports.tasks(), ports.effects(), ports.images(), removal());
  }

  /** The end of a task that failed. */
  public Cleanup cleanup() {
    return new Cleanup(ports.tasks(), removal());
  }

  private Downloads downloads() {
    return new Downloads(ports.remoteFiles(), ports.uploads(), objects, ports.effects(), files);
  }

  private Removal removal() {
    return new Removal(
        ports.effects(), ports.images(), ports.snapshots(), ports.uploads(), objects, files);
  }
}
