package io.vmferry.local.stepfunctions;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An execution of this process, from its start, or its resumption, to its end. */
final class RunningExecution {
  private static final Logger LOG = LoggerFactory.getLogger(RunningExecution.class);

  private final ExecutionRun.Engine engine;
  private final Store store;
  private final ExecutionRun.MapRuns maps;
  private final CompletableFuture<StoredExecution> end = new CompletableFuture<>();
  private final AtomicReference<@Nullable Request> request = new AtomicReference<>();
  private volatile StoredExecution stored;
  private volatile @Nullable Thread thread;
  private boolean superseded;

  /** What ends an execution from outside. */
  private sealed interface Request {
    /** An end of its own. */
    record End(StoredExecution.Ending ending) implements Request {}

    /** The process ends; the execution goes on with the next one. */
    record Leave() implements Request {}

    /** Too late: it has ended. */
    record Ended() implements Request {}
  }

  RunningExecution(
      ExecutionRun.Engine engine, Store store, StoredExecution stored, ExecutionRun.MapRuns maps) {
    this.engine = engine;
    this.store = store;
    this.stored = stored;
    this.maps = maps;
  }

  StoredExecution stored() {
    return stored;
  }

  /** Completes with the execution as it ended; never, if the process leaves it. */
  CompletableFuture<StoredExecution> end() {
    return end;
  }

  boolean isStarted() {
    return thread != null;
  }

  /** Ends an execution that no thread runs. */
  void endUnstarted(StoredExecution.Ending ending) {
    try (History history = History.open(store.history(stored), engine.time())) {
      finish(history, ending);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Notes that the listeners have heard of the end. */
  synchronized void told() {
    if (!superseded) {
      stored = stored.told();
      store.write(stored);
    }
  }

  /** Leaves the execution's file to its next run, and writes that there. */
  synchronized StoredExecution supersededBy(StoredExecution next) {
    superseded = true;
    store.write(next);
    return next;
  }

  /** Notes in the history that the execution runs again. */
  void noteRedrive() {
    try (History history = History.open(store.history(stored), engine.time())) {
      history.add(
          "ExecutionRedriven",
          history.last(),
          "executionRedrivenEventDetails",
          JsonValues.MAPPER.createObjectNode().put("redriveCount", stored.redriveCount()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts the execution's thread. */
  void start(State.Definition definition, Runnable afterwards) {
    Thread started =
        Thread.ofVirtual()
            .name("execution " + stored.name())
            .unstarted(
                () -> {
                  execute(definition);
                  afterwards.run();
                });
    thread = started;
    started.start();
  }

  /** Ends the execution; without effect if it has ended. */
  void stop(StoredExecution.Ending ending) {
    if (request.compareAndSet(null, new Request.End(ending))) {
      interrupt();
    }
  }

  /** Stops running without ending the execution. */
  void leave() {
    request.compareAndSet(null, new Request.Leave());
    interrupt();
  }

  private void interrupt() {
    Thread current = thread;
    if (current != null) {
      current.interrupt();
    }
  }

  void join(Duration most) throws InterruptedException {
    Thread current = thread;
    if (current != null && !current.join(most)) {
      LOG.warn("The execution {} ignores that it was interrupted", stored.name());
    }
  }

  private void execute(State.Definition definition) {
    TimeSource time = engine.time();
    try (History history = History.open(store.history(stored), time)) {
      TimeSource.Alarm alarm = () -> {};
      if (definition.timeoutSeconds().isPresent()) {
        Instant deadline =
            Instant.ofEpochMilli(stored.startMillis())
                .plusSeconds(definition.timeoutSeconds().get());
        alarm = time.schedule(Duration.between(time.now(), deadline), this::timeOut);
      }
      Optional<StoredExecution.Ending> ending;
      try {
        ending = run(definition.flow(), history);
      } finally {
        alarm.cancel();
      }
      if (ending.isPresent()) {
        finish(history, ending.get());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void timeOut() {
    stop(new StoredExecution.Ending(ExecutionStatus.TIMED_OUT, null, StateFailure.TIMEOUT, null));
  }

  /** Runs to the end; empty if the process leaves the execution as it is. */
  private Optional<StoredExecution.Ending> run(State.Flow flow, History history) {
    StoredExecution.Ending own;
    try {
      JsonNode output = runStates(flow, history);
      own = new StoredExecution.Ending(ExecutionStatus.SUCCEEDED, output.toString(), null, null);
    } catch (StateFailure e) {
      own = new StoredExecution.Ending(ExecutionStatus.FAILED, null, e.error(), e.explanation());
    } catch (InterruptedException e) {
      own = null;
    } catch (RuntimeException | Error e) {
      LOG.error("The execution {} failed for a fault of the interpreter", stored.name(), e);
      own =
          new StoredExecution.Ending(
              ExecutionStatus.FAILED, null, StateFailure.RUNTIME, e.toString());
    }
    Request asked = request.getAndSet(new Request.Ended());
    Thread.interrupted(); // From here on, files are written.
    return switch (asked) {
      case Request.End(StoredExecution.Ending ending) -> Optional.of(ending);
      case Request.Leave leave ->
          own != null && own.status() == ExecutionStatus.SUCCEEDED
              ? Optional.of(own)
              : Optional.empty();
      case Request.Ended ended -> Optional.empty();
      case null -> Optional.ofNullable(own);
    };
  }

  private JsonNode runStates(State.Flow flow, History history) throws InterruptedException {
    JsonNode input;
    try {
      input = JsonValues.parse(stored.input());
    } catch (JsonProcessingException e) {
      throw new StateFailure(StateFailure.RUNTIME, "The input is not JSON: " + e.getMessage());
    }
    ObjectNode context =
        ExecutionRun.context(
            stored.arn(),
            stored.name(),
            input,
            Instant.ofEpochMilli(stored.startMillis()),
            stored.roleArn(),
            stored.stateMachineArn(),
            stored.stateMachineName(),
            stored.redriveCount());
    Optional.ofNullable(stored.redriveMillis())
        .ifPresent(
            at ->
                ((ObjectNode) context.path("Execution"))
                    .put("RedriveTime", ExecutionRun.timestamp(Instant.ofEpochMilli(at))));
    ExecutionRun run = new ExecutionRun(engine, stored.arn(), history, context, maps);
    Scope scope = new Scope();
    StoredExecution.Position position = stored.position();
    StateRunner.Position start;
    long lastEvent = history.last();
    if (position == null) {
      start = new StateRunner.Position(flow.startAt(), input, Optional.empty());
      if (lastEvent == 0) {
        lastEvent =
            history.add(
                "ExecutionStarted",
                0,
                "executionStartedEventDetails",
                JsonValues.MAPPER
                    .createObjectNode()
                    .put("input", stored.input())
                    .put("roleArn", stored.roleArn()));
      }
    } else {
      for (Map.Entry<String, JsonNode> variable : position.variables().properties()) {
        ObjectNode one = JsonValues.MAPPER.createObjectNode();
        one.set(variable.getKey(), variable.getValue());
        scope.assign(one);
      }
      start =
          new StateRunner.Position(
              position.state(),
              position.input(),
              Optional.of(Instant.ofEpochMilli(position.enteredMillis())));
    }
    return new StateRunner(run, scope, null, this::entered, lastEvent).run(flow, start);
  }

  private void entered(String state, JsonNode input, Scope variables, Instant enteredTime) {
    stored =
        stored.at(
            new StoredExecution.Position(
                state, input, variables.toJson(), enteredTime.toEpochMilli()));
    store.write(stored);
  }

  private void finish(History history, StoredExecution.Ending ending) {
    ObjectNode details = JsonValues.MAPPER.createObjectNode();
    if (ending.output() != null) {
      details.put("output", ending.output());
    }
    if (ending.error() != null) {
      details.put("error", ending.error());
    }
    if (ending.cause() != null) {
      details.put("cause", ending.cause());
    }
    String kind =
        switch (ending.status()) {
          case SUCCEEDED -> "Succeeded";
          case FAILED -> "Failed";
          case TIMED_OUT -> "TimedOut";
          case ABORTED -> "Aborted";
          case RUNNING -> throw new IllegalArgumentException("RUNNING is no end");
        };
    history.add("Execution" + kind, history.last(), "execution" + kind + "EventDetails", details);
    StoredExecution ended = stored.ended(ending, engine.time().now().toEpochMilli());
    // Written before anybody sees it: who sees an end may redrive, and that writes the same file.
    store.write(ended);
    stored = ended;
    end.complete(ended);
  }
}
