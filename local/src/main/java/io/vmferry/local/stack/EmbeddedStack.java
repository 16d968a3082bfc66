package io.vmferry.local.stack;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.disk.convert.ChunkPlanner;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.aws.AwsClients;
import io.vmferry.functions.aws.AwsEventPorts;
import io.vmferry.functions.aws.AwsPorts;
import io.vmferry.functions.aws.TaskTable;
import io.vmferry.functions.handler.Config;
import io.vmferry.functions.handler.EventsConfig;
import io.vmferry.functions.handler.EventsWiring;
import io.vmferry.functions.handler.Wiring;
import io.vmferry.functions.port.Ports;
import io.vmferry.functions.port.RemoteFiles;
import io.vmferry.functions.service.ComputePolicy;
import io.vmferry.functions.service.Reading;
import io.vmferry.functions.service.UploadArea;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.guest.conversion.ApplianceConversion;
import io.vmferry.guest.conversion.GuestConversion;
import io.vmferry.local.EmbeddedAws;
import io.vmferry.local.ecs.ContainerEngine;
import io.vmferry.local.ecs.EcsRuntime;
import io.vmferry.local.events.EventBus;
import io.vmferry.local.lambda.LambdaRuntime;
import io.vmferry.local.lambda.LambdaService;
import io.vmferry.local.sns.Topics;
import io.vmferry.local.stepfunctions.EcsRunTask;
import io.vmferry.local.stepfunctions.ExecutionStatus;
import io.vmferry.local.stepfunctions.InvalidDefinitionException;
import io.vmferry.local.stepfunctions.LambdaInvoke;
import io.vmferry.local.stepfunctions.StateMachine;
import io.vmferry.local.stepfunctions.StepFunctions;
import io.vmferry.local.stepfunctions.StepFunctionsOptions;
import io.vmferry.local.stepfunctions.StepFunctionsService;
import io.vmferry.local.stepfunctions.TimeSource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.s3.model.BucketAlreadyExistsException;
import software.amazon.awssdk.services.s3.model.BucketAlreadyOwnedByYouException;

/**
 * The buckets, the table, the functions and the state machines of vmferry in an {@link
 * EmbeddedAws}. The functions are those that run in Lambda, and reach AWS with the same requests,
 * which here stay in the process.
 */
public final class EmbeddedStack implements AutoCloseable {
  /** Where images are uploaded to. */
  public static final String IMAGES_BUCKET = "vmferry-images";

  /** The keys of what is uploaded for one import, which goes when its task ends. */
  public static final String UPLOADS = "uploads/";

  /** The keys of uploads that start imports by themselves. */
  public static final String IMPORTS = "imports/";

  /** Where intermediate objects are. */
  public static final String WORK_BUCKET = "vmferry-work";

  /** The tasks' table. */
  public static final String TABLE = "vmferry-tasks";

  /** The state machine of imports. */
  public static final String IMPORT_STATE_MACHINE = "vmferry-import";

  /** The credentials that the embedded AWS takes, as it takes any. */
  public static final String ACCESS_KEY = "vmferry";

  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedStack.class);
  private static final String IMPORT_DEFINITION = "/io/vmferry/statemachine/import.asl.json";
  private static final String ROLE = "arn:aws:iam::000000000000:role/vmferry";
  private static final String SNAPSHOT_POLL_SECONDS = "1";
  private static final Duration SWEEP_AGE = Duration.ofHours(24);

  private final AwsClients clients;
  private final Ports ports;
  private final LambdaRuntime lambda;
  private final EcsRuntime ecs;
  private final StepFunctions stepFunctions;
  private final EmbeddedEvents events;
  private final String importArn;

  private EmbeddedStack(
      AwsClients clients,
      Ports ports,
      LambdaRuntime lambda,
      EcsRuntime ecs,
      StepFunctions stepFunctions,
      EmbeddedEvents events,
      String importArn) {
    this.events = events;
    this.importArn = importArn;
    this.clients = clients;
    this.ports = ports;
    this.lambda = lambda;
    this.ecs = ecs;
    this.stepFunctions = stepFunctions;
  }

  /**
   * How the stack is deployed.
   *
   * @param remoteFiles how web servers are read
   * @param guests opens guests, and changes them
   * @param workers blocks in hand at once in each function
   * @param mapConcurrency chunks in hand at once
   * @param cacheMib MiB of each open source kept in memory
   * @param chunkLimits how large a chunk may become
   * @param clock the functions' time
   * @param containers runs the container
   */
  public record Options(
      RemoteFiles remoteFiles,
      GuestConversion guests,
      int workers,
      int mapConcurrency,
      int cacheMib,
      ChunkPlanner.Limits chunkLimits,
      Clock clock,
      ContainerEngine containers) {

    /** With containers in JVMs of their own, or of the image that the environment names. */
    public Options(
        RemoteFiles remoteFiles,
        GuestConversion guests,
        int workers,
        int mapConcurrency,
        int cacheMib,
        ChunkPlanner.Limits chunkLimits,
        Clock clock) {
      this(
          remoteFiles,
          guests,
          workers,
          mapConcurrency,
          cacheMib,
          chunkLimits,
          clock,
          EmbeddedContainers.engine(System.getenv()));
    }

    /** What fits a machine of a few cores and a heap of 256 MiB. */
    public static Options defaults(RemoteFiles remoteFiles) {
      int processors = Runtime.getRuntime().availableProcessors();
      return new Options(
          remoteFiles,
          ApplianceConversion.inTemporaryFiles(),
          Math.clamp(2L * processors, 4, 16),
          2,
          16,
          ChunkPlanner.Limits.DEFAULT,
          Clock.systemUTC());
    }
  }

  /**
   * Deploys the stack; deploying it again onto the same state finds what is there.
   *
   * @param directory where state machines and executions are kept
   * @throws IllegalStateException if the state machines' definitions are not supported
   */
  public static EmbeddedStack deploy(EmbeddedAws aws, Path directory, Options options) {
    String region = aws.region();
    String account = aws.accountId();
    AwsClients clients =
        AwsClients.forEndpoint(
            aws.endpoint(), region, ACCESS_KEY, ACCESS_KEY, Optional.of(aws.httpClient()));
    LambdaRuntime lambda = new LambdaRuntime(region, account);
    EcsRuntime ecs = EmbeddedContainers.cluster(aws, options);
    StepFunctions stepFunctions =
        new StepFunctions(
            new StepFunctionsOptions(
                directory, region, account, options.mapConcurrency(), TimeSource.system()),
            List.of(new LambdaInvoke(lambda), new EcsRunTask(ecs)),
            (bucket, key) -> clients.s3().getObject(get -> get.bucket(bucket).key(key)));
    aws.register(new LambdaService(lambda));
    aws.register(new StepFunctionsService(stepFunctions));
    createBucket(clients, IMAGES_BUCKET);
    createBucket(clients, WORK_BUCKET);
    TaskTable.create(clients.dynamoDb(), TABLE);
    StateMachine machine = importMachine(stepFunctions, options);
    Ports ports =
        AwsPorts.on(
            clients,
            TABLE,
            machine.arn(),
            Config.DEFAULT_RETENTION,
            options.remoteFiles(),
            options.clock());
    Config config =
        new Config(
            WORK_BUCKET,
            TABLE,
            machine.arn(),
            options.workers(),
            Reading.ofData(options.cacheMib()),
            options.chunkLimits(),
            Integer.MAX_VALUE,
            Config.DEFAULT_RETENTION,
            Optional.of(new UploadArea(IMAGES_BUCKET, UPLOADS)),
            Config.DEFAULT_ROLE_NAME,
            new ComputePolicy(true, Optional.empty(), ComputePolicy.DEFAULT_FARGATE_CHUNKS),
            Config.DEFAULT_CHUNKS_AT_ONCE);
    EmbeddedEvents events =
        EmbeddedEvents.attach(
            aws, directory.resolveSibling("events"), clients, lambda, options.clock());
    Wiring wiring =
        new Wiring(config, ports, options.guests(), options.clock(), new SecureRandom());
    EmbeddedFunctions.register(
        lambda, wiring, eventsWiring(config, wiring, ports, clients, events.topic(), options));
    aws.attach(new ApiFunctionUrl(lambda, EmbeddedFunctions.API.functionName(), account));
    events.start(aws, stepFunctions, machine.arn());
    return new EmbeddedStack(clients, ports, lambda, ecs, stepFunctions, events, machine.arn());
  }

  private static EventsWiring eventsWiring(
      Config config,
      Wiring wiring,
      Ports ports,
      AwsClients clients,
      String topic,
      Options options) {
    EventsConfig events =
        new EventsConfig(
            Optional.of(new UploadArea(IMAGES_BUCKET, IMPORTS)),
            EventBus.NAME,
            Optional.of(topic),
            SWEEP_AGE);
    return new EventsWiring(
        events,
        config,
        wiring,
        ports,
        AwsEventPorts.on(
            clients, TABLE, config.retention(), events.eventBus(), events.topic(), options.clock()),
        options.clock());
  }

  private static void createBucket(AwsClients clients, String name) {
    try {
      clients.s3().createBucket(create -> create.bucket(name));
    } catch (BucketAlreadyOwnedByYouException | BucketAlreadyExistsException e) {
      LOG.debug("bucket {} is there", name);
    }
  }

  private static StateMachine importMachine(StepFunctions stepFunctions, Options options) {
    Map<String, String> substitutions = new HashMap<>(EmbeddedFunctions.substitutions());
    substitutions.putAll(EmbeddedContainers.substitutions());
    substitutions.put("MaxConcurrency", String.valueOf(options.mapConcurrency()));
    substitutions.put("SnapshotPollSeconds", SNAPSHOT_POLL_SECONDS);
    try {
      for (StateMachine machine : stepFunctions.machines()) {
        if (machine.name().equals(IMPORT_STATE_MACHINE)) {
          return stepFunctions.update(machine.arn(), definition(), null, substitutions);
        }
      }
      return stepFunctions.create(IMPORT_STATE_MACHINE, definition(), ROLE, substitutions);
    } catch (InvalidDefinitionException e) {
      throw new IllegalStateException("the embedded Step Functions refuses the import", e);
    }
  }

  private static String definition() {
    try (InputStream in =
        Objects.requireNonNull(EmbeddedStack.class.getResourceAsStream(IMPORT_DEFINITION))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Lets the executions that an earlier process left go on; returns how many there are. */
  public int resume() {
    events.resume();
    return stepFunctions.resume();
  }

  /**
   * Starts an import by the function that does so in AWS.
   *
   * @return the task's id
   * @throws VmferryException as the function refuses the request
   */
  public String startImport(ImportRequest request) {
    return EmbeddedFunctions.startImport(lambda, request);
  }

  /**
   * Waits until an import's execution has ended; returns false if it has not after {@code most}.
   */
  public boolean awaitExecution(String taskId, Duration most) {
    String arn = importArn.replace(":stateMachine:", ":execution:") + ":" + taskId;
    return stepFunctions.await(arn, most).status() != ExecutionStatus.RUNNING;
  }

  /** The events that were sent, the oldest first. */
  public List<JsonNode> events() {
    return events.bus().sent();
  }

  /** The messages that were published, the oldest first. */
  public List<Topics.Message> messages() {
    return events.topics().messages();
  }

  /**
   * Invokes a function and waits for it.
   *
   * @param function its name: {@code vmferry-Sweep}
   * @param payload JSON
   * @return its answer, JSON
   * @throws VmferryException as the function fails
   */
  public String invoke(String function, String payload) {
    return EmbeddedFunctions.invoke(lambda, function, payload);
  }

  /** Clients of the embedded AWS. */
  public AwsClients clients() {
    return clients;
  }

  /** The ports the functions use. */
  public Ports ports() {
    return ports;
  }

  /** Stops the executions, which go on when the stack is deployed again, and closes the clients. */
  @Override
  public void close() {
    events.close();
    stepFunctions.close();
    ecs.close();
    lambda.close();
    clients.close();
  }
}
