package io.vmferry.local.stepfunctions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Runs a Map state once. */
final class MapRunner {
  private final ExecutionRun run;
  private final State.MapItems map;
  private final JsonNode input;
  private final Bindings bindings;
  private final UnaryOperator<ObjectNode> contextOf;

  /** Adds an event to the history of the execution the state is in. */
  interface Events {
    long add(String type, String detailsName, @Nullable JsonNode details);
  }

  /** Runs an iteration within the execution. */
  interface Iteration {
    JsonNode run(int index, JsonNode item, ObjectNode itemContext, long lastEvent)
        throws InterruptedException;
  }

  MapRunner(
      ExecutionRun run,
      State.MapItems map,
      JsonNode input,
      Bindings bindings,
      UnaryOperator<ObjectNode> contextOf) {
    this.run = run;
    this.map = map;
    this.input = input;
    this.bindings = bindings;
    this.contextOf = contextOf;
  }

  private int concurrency(int most) {
    double asked = map.maxConcurrency().map(field -> field.evaluate(bindings)).orElse(0.0);
    return asked == 0 ? most : (int) Math.min(asked, most);
  }

  private JsonNode items() {
    JsonNode items = map.items().map(made -> made.evaluate(bindings)).orElse(input);
    if (!items.isArray()) {
      throw new StateFailure(
          StateFailure.QUERY_EVALUATION_ERROR,
          "The items of the Map state '"
              + map.name()
              + "' are no array but "
              + items.getNodeType());
    }
    return items;
  }

  private ObjectNode itemContext(long index, JsonNode item, String source) {
    ObjectNode context = JsonNodeFactory.instance.objectNode();
    context.put("Index", index).put("Source", source).set("Value", item);
    return context;
  }

  private JsonNode select(JsonNode item, ObjectNode itemContext) {
    JsonNode selected =
        map.itemSelector()
            .map(selector -> selector.evaluate(bindings.withContext(contextOf.apply(itemContext))))
            .orElse(item);
    return Limits.check(selected, "The Map state '" + map.name() + "' made an item");
  }

  JsonNode runInline(Events events, Iteration iteration) throws InterruptedException {
    JsonNode items = items();
    int concurrency = concurrency(Limits.INLINE_CONCURRENCY);
    long started =
        events.add(
            "MapStateStarted",
            "mapStateStartedEventDetails",
            JsonNodeFactory.instance.objectNode().put("length", items.size()));
    JsonNode[] outputs = new JsonNode[items.size()];
    try (Fanout fanout = new Fanout(concurrency)) {
      for (int i = 0; i < outputs.length; i++) {
        int index = i;
        ObjectNode itemContext = itemContext(i, items.get(i), "STATE_DATA");
        JsonNode item = select(items.get(i), itemContext);
        fanout.start(
            "item " + i + " of " + map.name(),
            () ->
                outputs[index] =
                    runIteration(
                        index, started, last -> iteration.run(index, item, itemContext, last)));
      }
      fanout.await();
    } catch (StateFailure e) {
      events.add("MapStateFailed", "", null);
      throw e;
    }
    events.add("MapStateSucceeded", "", null);
    ArrayNode result = JsonNodeFactory.instance.arrayNode(outputs.length);
    for (JsonNode output : outputs) {
      result.add(output);
    }
    return result;
  }

  private interface After {
    JsonNode run(long lastEvent) throws InterruptedException;
  }

  private JsonNode runIteration(int index, long started, After body) throws InterruptedException {
    ObjectNode details =
        JsonNodeFactory.instance.objectNode().put("name", map.name()).put("index", index);
    long event =
        run.history()
            .add("MapIterationStarted", started, "mapIterationStartedEventDetails", details);
    try {
      JsonNode output = body.run(event);
      run.history()
          .add("MapIterationSucceeded", event, "mapIterationSucceededEventDetails", details);
      return output;
    } catch (StateFailure e) {
      run.history().add("MapIterationFailed", event, "mapIterationFailedEventDetails", details);
      throw e;
    }
  }

  JsonNode runDistributed(Events events) throws InterruptedException {
    int concurrency = concurrency(run.engine().options().mapConcurrency());
    Tolerance tolerance = Tolerance.of(map, bindings);
    String machine = run.context().path("StateMachine").path("Name").textValue();
    String id = UUID.randomUUID().toString();
    MapRun mapRun =
        new MapRun(
            run.engine().options().arn("mapRun", machine + "/" + map.label() + ":" + id),
            run.arn(),
            run.engine().time().now().toEpochMilli(),
            concurrency);
    events.add("MapStateStarted", "", null);
    events.add(
        "MapRunStarted",
        "mapRunStartedEventDetails",
        JsonNodeFactory.instance.objectNode().put("mapRunArn", mapRun.arn()));
    run.maps().changed(mapRun);
    ExecutionStatus end = ExecutionStatus.ABORTED;
    try {
      Results results = new Results(map.name());
      try (ItemSource source = source();
          Fanout fanout = new Fanout(concurrency)) {
        runChildren(source, fanout, mapRun, tolerance, results);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      end = ExecutionStatus.SUCCEEDED;
      events.add("MapRunSucceeded", "", null);
      events.add("MapStateSucceeded", "", null);
      return results.toJson();
    } catch (StateFailure e) {
      end = ExecutionStatus.FAILED;
      events.add("MapRunFailed", "mapRunFailedEventDetails", details(e));
      events.add("MapStateFailed", "", null);
      throw e;
    } finally {
      mapRun.end(end, run.engine().time().now().toEpochMilli());
      run.maps().changed(mapRun);
    }
  }

  private static ObjectNode details(StateFailure failure) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("error", failure.error())
        .put("cause", failure.explanation());
  }

  private void runChildren(
      ItemSource source, Fanout fanout, MapRun mapRun, Tolerance tolerance, Results results)
      throws InterruptedException {
    long index = 0;
    Optional<JsonNode> next = source.next();
    while (next.isPresent()) {
      long position = index;
      ObjectNode itemContext = itemContext(index, next.get(), source.name());
      JsonNode item = select(next.get(), itemContext);
      fanout.start(
          "item " + index + " of " + map.name(),
          () -> results.put(position, runChild(item, itemContext, mapRun, tolerance)));
      mapRun.started().incrementAndGet();
      index++;
      next = source.next();
    }
    tolerance.total(index);
    tolerance.check(mapRun.failed().get());
    fanout.await();
  }

  private JsonNode runChild(
      JsonNode item, ObjectNode itemContext, MapRun mapRun, Tolerance tolerance)
      throws InterruptedException {
    boolean ended = false;
    try {
      JsonNode output = child(item, itemContext);
      mapRun.succeeded().incrementAndGet();
      ended = true;
      return output;
    } catch (StateFailure e) {
      long failures = mapRun.failed().incrementAndGet();
      ended = true;
      tolerance.check(failures);
      return e.output();
    } finally {
      if (!ended) {
        mapRun.aborted().incrementAndGet();
      }
    }
  }

  private JsonNode child(JsonNode item, ObjectNode itemContext) throws InterruptedException {
    TimeSource time = run.engine().time();
    String name = UUID.randomUUID().toString();
    JsonNode parent = run.context();
    String machine = parent.path("StateMachine").path("Name").textValue() + "/" + map.label();
    String arn = run.engine().options().arn("execution", machine + ":" + name);
    ObjectNode context =
        ExecutionRun.context(
            arn,
            name,
            item,
            time.now(),
            parent.path("Execution").path("RoleArn").asText(),
            parent.path("StateMachine").path("Id").textValue() + "/" + map.label(),
            machine,
            0);
    ExecutionRun child =
        new ExecutionRun(run.engine(), arn, History.counting(time), context, run.maps());
    StateRunner runner =
        new StateRunner(child, new Scope(), itemContext, StateRunner.Journal.NONE, 0);
    StateRunner.Position start =
        new StateRunner.Position(map.processor().startAt(), item, Optional.empty());
    if (!map.express()) {
      return runner.run(map.processor(), start);
    }
    try {
      return TimeLimit.run(
          time, Limits.EXPRESS, "express " + arn, () -> runner.run(map.processor(), start));
    } catch (TaskFailedException e) {
      throw new StateFailure(e.error(), e.explanation());
    }
  }

  private ItemSource source() {
    if (map.reader().isEmpty()) {
      return ItemSource.of(items());
    }
    State.Reader reader = map.reader().get();
    JsonNode arguments = reader.bucketAndKey().evaluate(bindings);
    JsonNode bucket = arguments.path("Bucket");
    JsonNode key = arguments.path("Key");
    if (!bucket.isTextual() || !key.isTextual() || arguments.size() != 2) {
      throw new StateFailure(
          StateFailure.QUERY_EVALUATION_ERROR,
          "The ItemReader's arguments are not Bucket and Key but " + arguments);
    }
    long maxItems =
        reader.maxItems().map(field -> (long) field.evaluate(bindings)).orElse(Long.MAX_VALUE);
    return ItemSource.read(
        run.engine().objects(), bucket.textValue(), key.textValue(), run.roleArn(), maxItems);
  }

  /**
   * The outputs of children in the items' order. Once they are more than a payload holds, they are
   * no longer kept: the state is going to fail for it.
   */
  private static final class Results {
    private final String mapName;
    private final List<JsonNode> outputs = new ArrayList<>();
    private long bytes = 2;

    Results(String mapName) {
      this.mapName = mapName;
    }

    synchronized void put(long index, JsonNode output) {
      bytes += Limits.bytes(output) + 1L;
      if (bytes - 1 > Limits.PAYLOAD) {
        outputs.clear();
        return;
      }
      while (outputs.size() <= index) {
        outputs.add(NullNode.getInstance());
      }
      outputs.set((int) index, output);
    }

    synchronized JsonNode toJson() {
      if (bytes - 1 > Limits.PAYLOAD) {
        throw new StateFailure(
            StateFailure.DATA_LIMIT_EXCEEDED,
            "The state/task '"
                + mapName
                + "' returned a result with a size exceeding the maximum number of bytes service"
                + " limit.");
      }
      ArrayNode array = JsonNodeFactory.instance.arrayNode(outputs.size());
      outputs.forEach(array::add);
      return array;
    }
  }
}
