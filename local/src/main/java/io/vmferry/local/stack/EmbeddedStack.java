package io.vmferry.local.stack;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.disk.convert.ChunkPlanner;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.aws.AwsClients;
import io.vmferry.functions.aws.TaskTable;
import io.vmferry.functions.handler.Config;
import io.vmferry.functions.port.Ports;
import io.vmferry.functions.port.RemoteFiles;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.guest.conversion.ApplianceConversion;
import io.vmferry.guest.conversion.GuestConversion;
import io.vmferry.local.EmbeddedAws;
import io.vmferry.local.cloudformation.CloudAssembly;
import io.vmferry.local.cloudformation.DeploymentReader;
import io.vmferry.local.cloudformation.TemplateException;
import io.vmferry.local.deployment.Deployment;
import io.vmferry.local.deployment.StateMachineSpec;
import io.vmferry.local.ecs.ContainerEngine;
import io.vmferry.local.ecs.EcsRuntime;
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
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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
  private static final String ROLE = "arn:aws:iam::000000000000:role/vmferry";

  private final AwsClients clients;
  private final Ports ports;
  private final LambdaRuntime lambda;
  private final EcsRuntime ecs;
  private final StepFunctions stepFunctions;
  private final EmbeddedEvents events;
  private final StackFunctions functions;
  private final Deployment deployment;

  private EmbeddedStack(
      AwsClients clients,
      LambdaRuntime lambda,
      EcsRuntime ecs,
      StepFunctions stepFunctions,
      EmbeddedEvents events,
      StackFunctions functions,
      Deployment deployment) {
    this.clients = clients;
    this.ports = functions.ports(clients);
    this.lambda = lambda;
    this.ecs = ecs;
    this.stepFunctions = stepFunctions;
    this.events = events;
    this.functions = functions;
    this.deployment = deployment;
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
   * @param isolated runs each function in processes of its own, from its zip; where a function's
   *     deployment names none, from this one
   */
  public record Options(
      RemoteFiles remoteFiles,
      GuestConversion guests,
      int workers,
      int mapConcurrency,
      int cacheMib,
      ChunkPlanner.Limits chunkLimits,
      Clock clock,
      ContainerEngine containers,
      Optional<Path> isolated) {

    /**
     * In this process, with containers in JVMs of their own or of the image the environment names.
     */
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
          EmbeddedContainers.engine(System.getenv()),
          Optional.empty());
    }

    /** The same with functions in processes of their own, from this zip. */
    public Options isolated(Path zip) {
      return new Options(
          remoteFiles,
          guests,
          workers,
          mapConcurrency,
          cacheMib,
          chunkLimits,
          clock,
          containers,
          Optional.of(zip));
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
   * Deploys the stack of the command line; deploying it again onto the same state finds what is
   * there.
   *
   * @param directory where state machines and executions are kept
   * @throws IllegalStateException if the state machines' definitions are not supported
   */
  public static EmbeddedStack deploy(EmbeddedAws aws, Path directory, Options options) {
    return deploy(
        aws, directory, DefaultDeployment.of(aws.region(), aws.accountId(), options), options);
  }

  /**
   * Deploys what a cloud assembly describes: the functions run as its roles do, and everything they
   * ask of the embedded AWS is held to the roles' policies.
   *
   * @param directory where state machines and executions are kept
   * @param assembly the folder {@code cdk.out}
   * @param overrides values that take the place of those in the template's DefinitionSubstitutions,
   *     for what AWS and this machine differ in: {@code SnapshotPollSeconds}
   * @throws TemplateException if the templates hold what is not supported here
   * @throws IllegalStateException if the state machines' definitions are not supported
   */
  public static EmbeddedStack deploy(
      EmbeddedAws aws,
      Path directory,
      CloudAssembly assembly,
      Map<String, String> overrides,
      Options options) {
    Deployment read = DeploymentReader.read(assembly, aws.region(), aws.accountId(), Map.of());
    return deploy(aws, directory, read.withSubstitutions(overrides), options);
  }

  private static EmbeddedStack deploy(
      EmbeddedAws aws, Path directory, Deployment deployment, Options options) {
    String region = aws.region();
    String account = aws.accountId();
    AwsClients clients =
        AwsClients.forEndpoint(
            aws.endpoint(), region, ACCESS_KEY, ACCESS_KEY, Optional.of(aws.httpClient()));
    StackRoles roles = StackRoles.of(deployment, clients, aws);
    LambdaRuntime lambda = new LambdaRuntime(region, account);
    EcsRuntime ecs = EmbeddedContainers.cluster(aws, options);
    StepFunctions stepFunctions =
        new StepFunctions(
            new StepFunctionsOptions(
                directory, region, account, options.mapConcurrency(), TimeSource.system()),
            List.of(new LambdaInvoke(lambda, roles::denial), new EcsRunTask(ecs)),
            roles);
    aws.register(new LambdaService(lambda));
    aws.register(new StepFunctionsService(stepFunctions));
    deployment.buckets().forEach(bucket -> createBucket(clients, bucket.name()));
    if (deployment.tables().isEmpty()) {
      TaskTable.create(clients.dynamoDb(), TABLE);
    }
    deployment.tables().forEach(table -> Tables.create(clients.dynamoDb(), table));
    deployment.stateMachines().forEach(machine -> put(stepFunctions, machine));
    StackFunctions functions = new StackFunctions(deployment, roles, options);
    EmbeddedEvents events =
        EmbeddedEvents.attach(
            aws, directory.resolveSibling("events"), clients, lambda, options.clock());
    functions.register(lambda);
    deployment
        .functionOf("ApiHandler")
        .ifPresent(api -> aws.attach(new ApiFunctionUrl(lambda, api.name(), account)));
    events.start(aws, stepFunctions, deployment);
    return new EmbeddedStack(clients, lambda, ecs, stepFunctions, events, functions, deployment);
  }

  private static void createBucket(AwsClients clients, String name) {
    try {
      clients.s3().createBucket(create -> create.bucket(name));
    } catch (BucketAlreadyOwnedByYouException | BucketAlreadyExistsException e) {
      LOG.debug("bucket {} is there", name);
    }
  }

  private static void put(StepFunctions stepFunctions, StateMachineSpec spec) {
    String role = spec.roleArn().orElse(ROLE);
    try {
      for (StateMachine machine : stepFunctions.machines()) {
        if (machine.name().equals(spec.name())) {
          stepFunctions.update(machine.arn(), spec.definition(), role, spec.substitutions());
          return;
        }
      }
      stepFunctions.create(spec.name(), spec.definition(), role, spec.substitutions());
    } catch (InvalidDefinitionException e) {
      throw new IllegalStateException("the embedded Step Functions refuses " + spec.name(), e);
    }
  }

  /**
   * Lets the executions that an earlier process left go on, and puts right what it left otherwise;
   * returns how many executions there are.
   */
  public int resume() {
    events.resume();
    int resumed = stepFunctions.resume();
    // Nothing of an earlier process is still at work.
    functions.wiring(clients).taskSweep().sweep(Duration.ZERO);
    return resumed;
  }

  /**
   * Starts an import by the function that does so in AWS.
   *
   * @return the task's id
   * @throws VmferryException as the function refuses the request
   */
  public String startImport(ImportRequest request) {
    return EmbeddedFunctions.startImport(lambda, functions.startImport().name(), request);
  }

  /**
   * Waits until an import's execution has ended; returns false if it has not after {@code most}.
   */
  public boolean awaitExecution(String taskId, Duration most) {
    String arn =
        functions.config().importStateMachine().replace(":stateMachine:", ":execution:")
            + ":"
            + taskId;
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

  /** The same, with the error document as the answer where the function fails. */
  public String answer(String function, String payload) {
    return EmbeddedFunctions.answer(lambda, function, payload).text();
  }

  /** What {@link #deploy(EmbeddedAws, Path, Options)} deploys. */
  public static Deployment defaultDeployment(String region, String account, Options options) {
    return DefaultDeployment.of(region, account, options);
  }

  /** What the functions' roles were denied so far: permissions that the template lacks. */
  public List<String> denials() {
    return functions.denials();
  }

  /** What is deployed. */
  public Deployment deployment() {
    return deployment;
  }

  /** What the function that starts imports is told by its environment. */
  public Config config() {
    return functions.config();
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
    functions.close();
    clients.close();
  }
}
