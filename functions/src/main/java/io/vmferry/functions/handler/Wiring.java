package io.vmferry.functions.handler;

import io.vmferry.functions.api.Api;
import io.vmferry.functions.api.WorkflowCancellation;
import io.vmferry.functions.aws.AwsPorts;
import io.vmferry.functions.port.EffectStore;
import io.vmferry.functions.port.ObjectStore;
import io.vmferry.functions.port.Ports;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.service.Admission;
import io.vmferry.functions.service.ApplyChanges;
import io.vmferry.functions.service.Attempts;
import io.vmferry.functions.service.CancelTask;
import io.vmferry.functions.service.Cleanup;
import io.vmferry.functions.service.CompleteSnapshots;
import io.vmferry.functions.service.ConvertChunk;
import io.vmferry.functions.service.DownloadRange;
import io.vmferry.functions.service.Downloads;
import io.vmferry.functions.service.KeptWork;
import io.vmferry.functions.service.ModifyOs;
import io.vmferry.functions.service.Plan;
import io.vmferry.functions.service.Register;
import io.vmferry.functions.service.Removal;
import io.vmferry.functions.service.RetryTask;
import io.vmferry.functions.service.SnapshotObjects;
import io.vmferry.functions.service.StartImport;
import io.vmferry.functions.service.TaskLog;
import io.vmferry.functions.service.TaskSweep;
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
import org.jspecify.annotations.Nullable;

/**
 * Puts services together from a configuration and ports: the composition root of every function.
 */
public final class Wiring {
  /** A minute less than a function may run, so that it can say why it ends. */
  private static final Duration GUEST_LIMIT = Duration.ofMinutes(14);

  private final Config config;
  private final Ports ports;
  private final ObjectStore objects;
  private final TaskLog log;
  private final TaskStore tasks;
  private final EffectStore effects;
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
    this.log = new TaskLog(ports.events(), clock);
    this.ports = ports;
    this.objects = new SnapshotObjects(ports.objects(), ports.snapshotReader());
    this.tasks = log.on(ports.tasks());
    this.effects = log.on(ports.effects());
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

  /** The log of a function in Lambda; null where the environment is not one's. */
  static @Nullable TaskLog logFromEnvironment() {
    return System.getenv("VMFERRY_TABLE") == null ? null : fromEnvironment().taskLog();
  }

  /** The service that accepts imports. */
  public StartImport startImport() {
    return new StartImport(
        tasks, effects, admission(), files, clock, random, config.uploads(), config.compute());
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
        tasks,
        objects,
        ports.remoteFiles(),
        downloads(),
        files,
        config.compute(),
        kept(),
        removal());
  }

  /** Copies from web servers. */
  public DownloadRange downloadRange() {
    return new DownloadRange(tasks, downloads(), clock, removal());
  }

  /** The second step. */
  public Plan plan() {
    return new Plan(
        tasks,
        effects,
        objects,
        ports.snapshots(),
        downloads(),
        files,
        config.chunkLimits(),
        config.compute(),
        removal());
  }

  /** The work. */
  public ConvertChunk convertChunk() {
    return new ConvertChunk(
        tasks,
        ports.progress(),
        objects,
        ports.snapshots(),
        files,
        clock,
        config.reading(),
        config.workers(),
        removal());
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
    return new VerifyManifest(tasks, objects, config.reading());
  }

  /** What makes the guest boot. */
  public ModifyOs modifyOs() {
    return new ModifyOs(tasks, objects, files, guests, clock, GUEST_LIMIT, removal());
  }

  /** What that changed, over what was converted. */
  public ApplyChanges applyChanges() {
    return new ApplyChanges(
        tasks,
        objects,
        ports.snapshots(),
        files,
        clock,
        config.reading(),
        config.workers(),
        removal());
  }

  /** The end of writing. */
  public CompleteSnapshots completeSnapshots() {
    return new CompleteSnapshots(tasks, objects, ports.snapshots(), files);
  }

  /** The last step. */
  public Register register() {
    return new Register(tasks, effects, ports.images(), removal(), admission());
  }

  /** The end of a task that failed. */
  public Cleanup cleanup() {
    return new Cleanup(tasks, removal(), admission(), config.limits(), clock);
  }

  /** The end of a task that is not wanted. */
  public CancelTask cancelTask() {
    return new CancelTask(tasks, ports.workflow(), cleanup(), log);
  }

  /** Another run of a task that failed. */
  public RetryTask retryTask() {
    return new RetryTask(tasks, ports.workflow(), admission(), kept(), log, clock);
  }

  /** What lets tasks run. */
  public Admission admission() {
    return new Admission(tasks, ports.admission(), ports.workflow(), config.limits(), clock);
  }

  /** What puts tasks right that were left behind. */
  public TaskSweep taskSweep() {
    return new TaskSweep(tasks, ports.workflow(), admission(), cleanup(), clock);
  }

  /** Where events of tasks are written down. */
  public TaskLog taskLog() {
    return log;
  }

  private KeptWork kept() {
    return new KeptWork(objects, ports.remoteFiles(), ports.snapshots(), downloads());
  }

  private Downloads downloads() {
    return new Downloads(ports.remoteFiles(), ports.uploads(), objects, effects, files);
  }

  private Removal removal() {
    return new Removal(
        effects, ports.images(), ports.snapshots(), ports.uploads(), objects, files, log);
  }
}
