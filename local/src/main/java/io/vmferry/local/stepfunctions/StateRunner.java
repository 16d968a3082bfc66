package io.vmferry.local.stepfunctions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Runs one level of states: a whole state machine, a branch, or the processing of one item. */
final class StateRunner {
  private final ExecutionRun run;
  private final Scope scope;
  private final @Nullable ObjectNode mapItem;
  private final Journal journal;
  private long lastEvent;

  /** Is told before each state is run. */
  interface Journal {
    /** Keeps nothing. */
    Journal NONE = (state, input, variables, enteredTime) -> {};

    void entered(String state, JsonNode input, Scope variables, Instant enteredTime);
  }

  /** Where a level starts, or goes on after a restart. */
  record Position(String state, JsonNode input, Optional<Instant> enteredTime) {}

  /** What a state did: its output, and the state after it unless it ended the level. */
  private record Step(JsonNode output, Optional<String> next) {}

  StateRunner(
      ExecutionRun run,
      Scope scope,
      @Nullable ObjectNode mapItem,
      Journal journal,
      long lastEvent) {
    this.run = run;
    this.scope = scope;
    this.mapItem = mapItem;
    this.journal = journal;
    this.lastEvent = lastEvent;
  }

  /**
   * Runs the states up to the end of the level.
   *
   * @return the level's output
   * @throws StateFailure if a state fails and nothing handles it
   */
  JsonNode run(State.Flow flow, Position start) throws InterruptedException {
    String name = start.state();
    JsonNode input = start.input();
    Instant entered = start.enteredTime().orElseGet(run.engine().time()::now);
    while (true) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      State state = flow.state(name);
      journal.entered(name, input, scope, entered);
      Step step = new Visit(state, input, entered).run();
      if (step.next().isEmpty()) {
        return step.output();
      }
      name = step.next().get();
      input = step.output();
      entered = run.engine().time().now();
    }
  }

  long lastEvent() {
    return lastEvent;
  }

  private long event(String type, String detailsName, @Nullable JsonNode details) {
    lastEvent = run.history().add(type, lastEvent, detailsName, details);
    return lastEvent;
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** One stay in a state. */
  private final class Visit {
    private final State state;
    private final JsonNode input;
    private final Instant entered;
    private final String kind;
    private final long enteredEvent;
    private int retryCount;

    Visit(State state, JsonNode input, Instant entered) {
      this.state = state;
      this.input = input;
      this.entered = entered;
      this.kind =
          switch (state) {
            case State.Task task -> "Task";
            case State.Pass pass -> "Pass";
            case State.Choice choice -> "Choice";
            case State.Wait wait -> "Wait";
            case State.Succeed succeed -> "Succeed";
            case State.Fail fail -> "Fail";
            case State.Parallel parallel -> "Parallel";
            case State.MapItems map -> "Map";
          };
      this.enteredEvent =
          event(
              kind + "StateEntered",
              "stateEnteredEventDetails",
              object().put("name", state.name()).put("input", input.toString()));
    }

    Step run() throws InterruptedException {
      Step step;
      try {
        step =
            switch (state) {
              case State.Handled handled -> runHandled(handled);
              case State.Pass pass -> transform(pass.data(), bindings(), input, pass.next());
              case State.Choice choice -> choose(choice);
              case State.Wait wait -> runWait(wait);
              case State.Succeed succeed ->
                  transform(succeed.data(), bindings(), input, Optional.empty());
              case State.Fail fail -> throw failure(fail);
            };
      } catch (StateFailure e) {
        throw state instanceof State.Fail ? e : e.in(state.name(), enteredEvent);
      }
      event(
          kind + "StateExited",
          "stateExitedEventDetails",
          object().put("name", state.name()).put("output", step.output().toString()));
      return step;
    }

    private Bindings bindings() {
      return Bindings.of(scope, input, run.context(state.name(), entered, retryCount, mapItem));
    }

    /** Evaluates Assign and Output, both with the variables as they were, and then assigns. */
    private Step transform(
        State.Data data, Bindings bindings, JsonNode otherwise, Optional<String> next) {
      Optional<JsonNode> assigned = data.assign().map(assign -> assign.evaluate(bindings));
      JsonNode output = data.output().map(made -> made.evaluate(bindings)).orElse(otherwise);
      Limits.check(output, "The state/task '" + state.name() + "' returned a result");
      assigned.ifPresent(scope::assign);
      return new Step(output, next);
    }

    private Step choose(State.Choice choice) {
      Bindings bindings = bindings();
      for (State.Rule rule : choice.rules()) {
        JsonNode matches = rule.condition().evaluate(bindings);
        if (!matches.isBoolean()) {
          throw rule.condition().failure("returned " + matches + ", which is no boolean.");
        }
        if (matches.booleanValue()) {
          return transform(rule.data(), bindings, input, Optional.of(rule.next()));
        }
      }
      if (choice.otherwise().isEmpty()) {
        throw new StateFailure(
            StateFailure.NO_CHOICE_MATCHED, "No choice rule matched, and there is no Default.");
      }
      return transform(choice.data(), bindings, input, choice.otherwise());
    }

    private Step runWait(State.Wait wait) throws InterruptedException {
      Bindings bindings = bindings();
      TimeSource time = run.engine().time();
      Instant until =
          wait.seconds()
              .map(seconds -> entered.plusSeconds((long) seconds.evaluate(bindings)))
              .orElseGet(
                  () -> State.Wait.timestamp(wait.timestamp().orElseThrow().evaluate(bindings)));
      Duration left = Duration.between(time.now(), until);
      if (left.isPositive()) {
        time.sleep(left);
      }
      return transform(wait.data(), bindings, input, wait.next());
    }

    private StateFailure failure(State.Fail fail) {
      Bindings bindings = bindings();
      return new StateFailure(
          fail.error().map(error -> text(error, "Error", bindings)).orElse(""),
          fail.cause().map(cause -> text(cause, "Cause", bindings)).orElse(""));
    }

    private String text(Template template, String field, Bindings bindings) {
      JsonNode value = template.evaluate(bindings);
      if (!value.isTextual()) {
        throw new StateFailure(
                StateFailure.QUERY_EVALUATION_ERROR,
                "The field '" + field + "' evaluated to " + value + ", which is no string")
            .in(state.name(), enteredEvent);
      }
      return value.textValue();
    }

    private Step runHandled(State.Handled handled) throws InterruptedException {
      int[] attempts = new int[handled.retry().size()];
      while (true) {
        StateFailure failure;
        try {
          return attempt(handled);
        } catch (StateFailure e) {
          failure = e.in(state.name(), enteredEvent);
        }
        OptionalInt index = retrier(handled.retry(), failure);
        if (index.isPresent()
            && attempts[index.getAsInt()] < handled.retry().get(index.getAsInt()).maxAttempts()) {
          State.Retrier retrier = handled.retry().get(index.getAsInt());
          run.engine().time().sleep(delay(retrier, attempts[index.getAsInt()]));
          attempts[index.getAsInt()]++;
          retryCount++;
          continue;
        }
        for (State.Catcher catcher : handled.catchers()) {
          if (failure.matches(catcher.errorEquals())) {
            JsonNode errorOutput = failure.output();
            return transform(
                catcher.data(),
                bindings().withErrorOutput(errorOutput),
                errorOutput,
                Optional.of(catcher.next()));
          }
        }
        throw failure;
      }
    }

    private static OptionalInt retrier(List<State.Retrier> retriers, StateFailure failure) {
      return IntStream.range(0, retriers.size())
          .filter(i -> failure.matches(retriers.get(i).errorEquals()))
          .findFirst();
    }

    private static Duration delay(State.Retrier retrier, int attempts) {
      double seconds = retrier.intervalSeconds() * Math.pow(retrier.backoffRate(), attempts);
      seconds = Math.min(seconds, retrier.maxDelaySeconds().orElse(31_622_400L));
      if (retrier.jitter()) {
        seconds = ThreadLocalRandom.current().nextDouble() * seconds;
      }
      return Duration.ofMillis((long) (seconds * 1000));
    }

    private Step attempt(State.Handled handled) throws InterruptedException {
      Bindings bindings = bindings();
      JsonNode result =
          switch (handled) {
            case State.Task task -> runTask(task, bindings);
            case State.Parallel parallel -> runParallel(parallel, bindings);
            case State.MapItems map -> runMap(map, bindings);
          };
      Limits.check(result, "The state/task '" + state.name() + "' returned a result");
      return transform(handled.data(), bindings.withResult(result), result, handled.next());
    }

    private JsonNode runTask(State.Task task, Bindings bindings) throws InterruptedException {
      TaskIntegration integration = run.engine().integrations().get(task.resource());
      if (integration == null) {
        throw new StateFailure(
            StateFailure.RUNTIME, "The integration " + task.resource() + " is gone.");
      }
      JsonNode arguments =
          task.arguments().map(made -> made.evaluate(bindings)).orElseGet(StateRunner::object);
      Limits.check(arguments, "The arguments of the state/task '" + task.name() + "' are a value");
      Optional<String> problem = argumentsProblem(integration, arguments);
      if (problem.isPresent()) {
        throw new StateFailure(StateFailure.RUNTIME, problem.get());
      }
      Optional<Duration> timeout =
          task.timeoutSeconds().map(field -> Duration.ofSeconds((long) field.evaluate(bindings)));
      String[] resource = task.resource().split(":", -1);
      String type = resource[resource.length - 2];
      String action = resource[resource.length - 1];
      ObjectNode scheduled =
          resourceDetails(type, action)
              .put("region", run.engine().options().region())
              .put("parameters", arguments.toString());
      timeout.ifPresent(limit -> scheduled.put("timeoutInSeconds", limit.toSeconds()));
      event("TaskScheduled", "taskScheduledEventDetails", scheduled);
      event("TaskStarted", "taskStartedEventDetails", resourceDetails(type, action));
      String roleArn = run.roleArn();
      try {
        JsonNode result =
            timeout.isEmpty()
                ? integration.run(arguments, roleArn)
                : TimeLimit.run(
                    run.engine().time(),
                    timeout.get(),
                    "task " + task.name(),
                    () -> integration.run(arguments, roleArn));
        ObjectNode succeeded = resourceDetails(type, action);
        if (Limits.bytes(result) <= Limits.PAYLOAD) {
          succeeded.put("output", result.toString());
        }
        event("TaskSucceeded", "taskSucceededEventDetails", succeeded);
        return result;
      } catch (TaskFailedException e) {
        event(
            "TaskFailed",
            "taskFailedEventDetails",
            resourceDetails(type, action).put("error", e.error()).put("cause", e.explanation()));
        throw new StateFailure(e.error(), e.explanation());
      } catch (StateFailure e) {
        event(
            "TaskTimedOut",
            "taskTimedOutEventDetails",
            resourceDetails(type, action).put("error", e.error()).put("cause", e.explanation()));
        throw e;
      }
    }

    private static ObjectNode resourceDetails(String type, String action) {
      return object().put("resourceType", type).put("resource", action);
    }

    private static Optional<String> argumentsProblem(
        TaskIntegration integration, JsonNode arguments) {
      if (!arguments.isObject()) {
        return Optional.of("The arguments are no object.");
      }
      Set<String> members = new HashSet<>();
      arguments.properties().forEach(member -> members.add(member.getKey()));
      return StateReader.argumentsProblem(integration, members);
    }

    private JsonNode runParallel(State.Parallel parallel, Bindings bindings)
        throws InterruptedException {
      JsonNode branchInput =
          parallel.arguments().map(made -> made.evaluate(bindings)).orElse(input);
      Limits.check(branchInput, "The state '" + parallel.name() + "' was given arguments");
      long started = event("ParallelStateStarted", "", null);
      JsonNode[] outputs = new JsonNode[parallel.branches().size()];
      try (Fanout branches = new Fanout(outputs.length)) {
        for (int i = 0; i < outputs.length; i++) {
          int index = i;
          State.Flow branch = parallel.branches().get(i);
          branches.start(
              "branch " + i + " of " + parallel.name(),
              () -> outputs[index] = runInner(branch, branchInput, mapItem, started));
        }
        branches.await();
      } catch (StateFailure e) {
        event("ParallelStateFailed", "", null);
        throw e;
      }
      event("ParallelStateSucceeded", "", null);
      ArrayNode result = JsonNodeFactory.instance.arrayNode(outputs.length);
      for (JsonNode output : outputs) {
        result.add(output);
      }
      return result;
    }

    private JsonNode runMap(State.MapItems map, Bindings bindings) throws InterruptedException {
      MapRunner runner = new MapRunner(run, map, input, bindings, this::mapContext);
      return map.distributed()
          ? runner.runDistributed(StateRunner.this::event)
          : runner.runInline(
              StateRunner.this::event,
              (index, item, itemContext, last) ->
                  runInner(map.processor(), item, itemContext, last));
    }

    private ObjectNode mapContext(ObjectNode item) {
      return run.context(state.name(), entered, retryCount, item);
    }

    private JsonNode runInner(
        State.Flow flow, JsonNode flowInput, @Nullable ObjectNode item, long last)
        throws InterruptedException {
      Scope inner = scope.inner();
      try {
        return new StateRunner(run, inner, item, Journal.NONE, last)
            .run(flow, new Position(flow.startAt(), flowInput, Optional.empty()));
      } finally {
        inner.end();
      }
    }
  }
}
