package io.vmferry.local.stepfunctions;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The embedded Step Functions: state machines in the Amazon States Language with JSONata, and their
 * executions, kept in a directory.
 *
 * <p>An execution is journaled as it enters each state of its top level. After a restart, {@link
 * #resume()} runs every execution that had not ended again from the last such state: a task, and
 * all items of a Map, may run twice, so tasks must be idempotent, as Retry asks of them anyway.
 */
public final class StepFunctions implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StepFunctions.class);
  private static final Duration STOP_GRACE = Duration.ofSeconds(30);
  private static final Duration CLOSE_GRACE = Duration.ofSeconds(10);

  private final ExecutionRun.Engine engine;
  private final Store store;
  private final Map<String, StateMachine> machines = new ConcurrentHashMap<>();
  private final Map<String, RunningExecution> executions = new ConcurrentHashMap<>();
  private final Map<String, MapRun> mapRuns = new ConcurrentHashMap<>();
  private final List<ExecutionStatusListener> listeners = new CopyOnWriteArrayList<>();
  private final List<Thread> tellers = new CopyOnWriteArrayList<>();
  private boolean closed;

  /**
   * Opens the directory. Nothing runs before {@link #resume()} or {@link #start}.
   *
   * @param integrations what Task states can do
   * @param objects where ItemReaders read
   */
  public StepFunctions(
      StepFunctionsOptions options, List<TaskIntegration> integrations, ObjectReader objects) {
    Map<String, TaskIntegration> byResource = new HashMap<>();
    integrations.forEach(integration -> byResource.put(integration.resource(), integration));
    this.engine = new ExecutionRun.Engine(Map.copyOf(byResource), objects, options);
    this.store = new Store(options.directory());
    for (Store.StoredMachine machine : store.machines()) {
      machines.put(machine.arn(), machine(machine));
    }
    for (StoredExecution execution : store.executions()) {
      executions.put(execution.arn(), handle(execution));
    }
  }

  private static StateMachine machine(Store.StoredMachine stored) {
    return new StateMachine(
        stored.arn(),
        stored.name(),
        stored.definition(),
        stored.roleArn(),
        Instant.ofEpochMilli(stored.creationMillis()),
        stored.revisionId());
  }

  private RunningExecution handle(StoredExecution execution) {
    return new RunningExecution(
        engine, store, execution, mapRun -> mapRuns.put(mapRun.arn(), mapRun));
  }

  /** Adds a listener for executions that end. */
  public void addListener(ExecutionStatusListener listener) {
    listeners.add(listener);
  }

  /** How ARNs are made. */
  StepFunctionsOptions options() {
    return engine.options();
  }

  /**
   * Creates a state machine, or finds the one of that name and definition.
   *
   * @param substitutions values for the definition's placeholders <code>${Name}</code>; if empty,
   *     there are no placeholders
   * @throws InvalidDefinitionException if the definition is wrong or uses what is not supported
   * @throws StatesApiException {@code InvalidName}, or {@code StateMachineAlreadyExists} if there
   *     is one of that name with another definition
   */
  public synchronized StateMachine create(
      String name, String definition, String roleArn, Map<String, String> substitutions)
      throws InvalidDefinitionException {
    if (!Names.isValid(name)) {
      throw new StatesApiException("InvalidName", "Invalid Name: '" + name + "'");
    }
    String filled = DefinitionReader.substitute(definition, substitutions);
    DefinitionReader.read(filled, engine.integrations());
    String arn = engine.options().arn("stateMachine", name);
    StateMachine existing = machines.get(arn);
    if (existing != null) {
      if (existing.definition().equals(filled)) {
        return existing;
      }
      throw new StatesApiException(
          "StateMachineAlreadyExists", "State Machine Already Exists: '" + arn + "'");
    }
    return put(arn, name, filled, roleArn, engine.time().now().toEpochMilli());
  }

  /**
   * Changes a state machine; executions that run keep the definition they were started with.
   *
   * @param definition the new definition, or null to keep it
   * @param roleArn the new role, or null to keep it
   * @param substitutions as for {@link #create}
   */
  public synchronized StateMachine update(
      String arn,
      @Nullable String definition,
      @Nullable String roleArn,
      Map<String, String> substitutions)
      throws InvalidDefinitionException {
    StateMachine machine = machine(arn);
    String filled = machine.definition();
    if (definition != null) {
      filled = DefinitionReader.substitute(definition, substitutions);
      DefinitionReader.read(filled, engine.integrations());
    }
    return put(
        arn,
        machine.name(),
        filled,
        roleArn == null ? machine.roleArn() : roleArn,
        machine.creationDate().toEpochMilli());
  }

  private StateMachine put(
      String arn, String name, String definition, String roleArn, long creationMillis) {
    Store.StoredMachine stored =
        new Store.StoredMachine(
            arn, name, definition, roleArn, creationMillis, UUID.randomUUID().toString());
    store.write(stored);
    StateMachine machine = machine(stored);
    machines.put(arn, machine);
    return machine;
  }

  /**
   * A state machine.
   *
   * @throws StatesApiException {@code StateMachineDoesNotExist}
   */
  public StateMachine machine(String arn) {
    StateMachine machine = machines.get(arn);
    if (machine == null) {
      throw new StatesApiException(
          "StateMachineDoesNotExist", "State Machine Does Not Exist: '" + arn + "'");
    }
    return machine;
  }

  /** All state machines, by name. */
  public List<StateMachine> machines() {
    return machines.values().stream().sorted(Comparator.comparing(StateMachine::name)).toList();
  }

  /**
   * Starts an execution. One of the same name and input that runs is found again.
   *
   * @param name its name, or null for one made up
   * @param input its input, JSON
   * @throws StatesApiException {@code StateMachineDoesNotExist}, {@code InvalidName}, {@code
   *     InvalidExecutionInput}, {@code ExecutionAlreadyExists}
   */
  public synchronized Execution start(String stateMachineArn, @Nullable String name, String input) {
    if (closed) {
      throw new IllegalStateException("The embedded Step Functions is closed");
    }
    StateMachine machine = machine(stateMachineArn);
    String executionName = name == null ? UUID.randomUUID().toString() : name;
    if (!Names.isValid(executionName)) {
      throw new StatesApiException("InvalidName", "Invalid Name: '" + executionName + "'");
    }
    checkInput(input);
    String arn = engine.options().arn("execution", machine.name() + ":" + executionName);
    RunningExecution existing = executions.get(arn);
    if (existing != null) {
      if (existing.stored().isRunning() && existing.stored().input().equals(input)) {
        return existing.stored().toExecution();
      }
      throw new StatesApiException(
          "ExecutionAlreadyExists", "Execution Already Exists: '" + arn + "'");
    }
    State.Definition definition;
    try {
      definition = DefinitionReader.read(machine.definition(), engine.integrations());
    } catch (InvalidDefinitionException e) {
      throw new StatesApiException("InvalidDefinition", String.valueOf(e.getMessage()));
    }
    StoredExecution stored =
        new StoredExecution(
            arn,
            executionName,
            stateMachineArn,
            machine.name(),
            machine.roleArn(),
            ExecutionStatus.RUNNING,
            engine.time().now().toEpochMilli(),
            null,
            input,
            null,
            null,
            null,
            null,
            false,
            0,
            null,
            null);
    store.create(stored, machine.definition());
    RunningExecution execution = handle(stored);
    executions.put(arn, execution);
    run(execution, definition);
    return stored.toExecution();
  }

  private static void checkInput(String input) {
    if (input.getBytes(StandardCharsets.UTF_8).length > Limits.PAYLOAD) {
      throw new StatesApiException(
          "InvalidExecutionInput", "The input has more than " + Limits.PAYLOAD + " bytes");
    }
    try {
      JsonValues.parse(input);
    } catch (JsonProcessingException e) {
      throw new StatesApiException(
          "InvalidExecutionInput",
          "Invalid State Machine Execution Input: '" + e.getOriginalMessage() + "'");
    }
  }

  private void run(RunningExecution execution, State.Definition definition) {
    execution.start(
        definition,
        () -> {
          if (!execution.stored().isRunning()) {
            tell(execution);
          }
        });
  }

  private void tell(RunningExecution execution) {
    try {
      for (ExecutionStatusListener listener : listeners) {
        listener.ended(execution.stored().toExecution());
      }
      execution.told();
    } catch (RuntimeException e) {
      LOG.error("A listener failed for {}; it hears of it again", execution.stored().arn(), e);
    }
  }

  /**
   * Goes on with all executions that had not ended when the last process did, and tells listeners
   * of those whose end they have not heard of.
   *
   * @return how many executions run again
   */
  public synchronized int resume() {
    int resumed = 0;
    for (RunningExecution execution : executions.values()) {
      StoredExecution stored = execution.stored();
      if (execution.isStarted() || (stored.notified() && !stored.isRunning())) {
        continue;
      }
      if (!stored.isRunning()) {
        tellers.add(Thread.ofVirtual().name("teller").start(() -> tell(execution)));
        continue;
      }
      try {
        run(execution, DefinitionReader.read(store.definition(stored), engine.integrations()));
        resumed++;
      } catch (InvalidDefinitionException e) {
        LOG.error("{} cannot be resumed", stored.arn(), e);
        execution.endUnstarted(
            new StoredExecution.Ending(
                ExecutionStatus.FAILED, null, StateFailure.RUNTIME, e.getMessage()));
        tellers.add(Thread.ofVirtual().name("teller").start(() -> tell(execution)));
      }
    }
    return resumed;
  }

  /**
   * Aborts an execution: what runs is interrupted. It has ended when this returns.
   *
   * @return the execution; as it was if it had ended before
   * @throws StatesApiException {@code ExecutionDoesNotExist}
   */
  public Execution stop(String arn, @Nullable String error, @Nullable String cause) {
    RunningExecution execution = execution(arn);
    StoredExecution.Ending ending =
        new StoredExecution.Ending(ExecutionStatus.ABORTED, null, error, cause);
    if (execution.stored().isRunning()) {
      if (execution.isStarted()) {
        execution.stop(ending);
        await(execution, STOP_GRACE);
      } else {
        execution.endUnstarted(ending);
        tellers.add(Thread.ofVirtual().name("teller").start(() -> tell(execution)));
      }
    }
    return execution.stored().toExecution();
  }

  /**
   * Runs an execution that did not succeed again, from the state of its top level that failed, was
   * stopped or timed out. As on AWS its definition is the one it was started with. Unlike there, a
   * Map or Parallel in which it ended runs again as a whole: tasks must be idempotent.
   *
   * @param token repeats of a request with the same token do nothing
   * @throws StatesApiException {@code ExecutionDoesNotExist}, {@code ExecutionNotRedrivable}
   */
  public synchronized Execution redrive(String arn, @Nullable String token) {
    if (closed) {
      throw new IllegalStateException("The embedded Step Functions is closed");
    }
    RunningExecution ended = execution(arn);
    StoredExecution stored = ended.stored();
    if (Redrive.isRepeated(stored, token, engine.time().now())) {
      return stored.toExecution();
    }
    redriveObstacle(stored.toExecution())
        .ifPresent(
            obstacle -> {
              throw new StatesApiException("ExecutionNotRedrivable", obstacle);
            });
    State.Definition definition;
    try {
      definition = DefinitionReader.read(store.definition(stored), engine.integrations());
    } catch (InvalidDefinitionException e) {
      throw new StatesApiException("ExecutionNotRedrivable", String.valueOf(e.getMessage()));
    }
    StoredExecution redriven =
        ended.supersededBy(stored.redriven(engine.time().now().toEpochMilli(), token));
    RunningExecution execution = handle(redriven);
    execution.noteRedrive();
    executions.put(arn, execution);
    run(execution, definition);
    return redriven.toExecution();
  }

  /** Why an execution cannot be redriven; empty if it can. */
  Optional<String> redriveObstacle(Execution execution) {
    long events;
    try {
      events = History.count(history(execution.arn()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Redrive.obstacle(execution, events, engine.time().now());
  }

  /**
   * Waits for an execution's end.
   *
   * @return the execution, as it is then or after that time
   * @throws StatesApiException {@code ExecutionDoesNotExist}
   */
  public Execution await(String arn, Duration most) {
    RunningExecution execution = execution(arn);
    await(execution, most);
    return execution.stored().toExecution();
  }

  private static void await(RunningExecution execution, Duration most) {
    CompletableFuture<StoredExecution> end = execution.end();
    if (!execution.stored().isRunning()) {
      return;
    }
    try {
      StoredExecution ended = end.get(most.toNanos(), TimeUnit.NANOSECONDS);
      LOG.debug("{} ended: {}", ended.arn(), ended.status());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (TimeoutException e) {
      LOG.debug("{} still runs", execution.stored().arn());
    }
  }

  private RunningExecution execution(String arn) {
    RunningExecution execution = executions.get(arn);
    if (execution == null) {
      throw new StatesApiException(
          "ExecutionDoesNotExist", "Execution Does Not Exist: '" + arn + "'");
    }
    return execution;
  }

  /**
   * An execution as it is now.
   *
   * @throws StatesApiException {@code ExecutionDoesNotExist}
   */
  public Execution describe(String arn) {
    return execution(arn).stored().toExecution();
  }

  /** The executions of a state machine, the latest first. */
  public List<Execution> executions(String stateMachineArn) {
    machine(stateMachineArn);
    List<Execution> found = new ArrayList<>();
    for (RunningExecution execution : executions.values()) {
      if (execution.stored().stateMachineArn().equals(stateMachineArn)) {
        found.add(execution.stored().toExecution());
      }
    }
    found.sort(
        Comparator.comparing(Execution::startDate).reversed().thenComparing(Execution::name));
    return found;
  }

  /** The file with an execution's events. */
  Path history(String arn) {
    return store.history(execution(arn).stored());
  }

  /** The map runs of this process. */
  Optional<MapRun> mapRun(String arn) {
    return Optional.ofNullable(mapRuns.get(arn));
  }

  /** The map runs an execution has made in this process, the latest first. */
  List<MapRun> mapRuns(String executionArn) {
    execution(executionArn);
    return mapRuns.values().stream()
        .filter(mapRun -> mapRun.executionArn().equals(executionArn))
        .sorted(Comparator.comparingLong(MapRun::startMillis).reversed())
        .toList();
  }

  /** Interrupts what runs, at most 10 s long, and leaves the executions for the next start. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    executions.values().forEach(RunningExecution::leave);
    tellers.forEach(Thread::interrupt);
    Instant deadline = Instant.now().plus(CLOSE_GRACE);
    try {
      for (RunningExecution execution : executions.values()) {
        execution.join(Duration.between(Instant.now(), deadline));
      }
      for (Thread teller : tellers) {
        teller.join(Duration.between(Instant.now(), deadline));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
