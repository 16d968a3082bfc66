package io.vmferry.local.lambda;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmferry.local.state.AtomicFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ExpiredIteratorException;
import software.amazon.awssdk.services.dynamodb.model.GetRecordsResponse;
import software.amazon.awssdk.services.dynamodb.model.Record;
import software.amazon.awssdk.services.dynamodb.model.Shard;
import software.amazon.awssdk.services.dynamodb.model.ShardIteratorType;
import software.amazon.awssdk.services.dynamodb.model.StreamRecord;
import software.amazon.awssdk.services.dynamodb.model.TrimmedDataAccessException;
import software.amazon.awssdk.services.dynamodb.streams.DynamoDbStreamsClient;

/**
 * An event source mapping: passes the records of a table's stream to a function, in their order,
 * batch by batch, at least once. A batch that fails, or the part of it that the function names in
 * {@code batchItemFailures}, comes again. How far it came is written down, and the next process
 * goes on from there.
 *
 * <p>It reads when it is {@linkplain #wake() woken} by a write, and now and then.
 */
public final class StreamMapping implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StreamMapping.class);
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int BATCH = 100;

  /** How long writes may gather before they are read. */
  private static final Duration GATHER = Duration.ofMillis(30);

  private static final Duration IDLE = Duration.ofSeconds(20);
  private static final Duration AFTER_FAILURE = Duration.ofMillis(500);

  /** DynamoDB Local takes interrupts of its callers ill. */
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(3);

  private static final Duration CLOSE_GRACE = Duration.ofSeconds(10);

  private final Options options;
  private final DynamoDbClient dynamoDb;
  private final DynamoDbStreamsClient streams;
  private final LambdaRuntime lambda;
  private final Semaphore woken = new Semaphore(0);
  private final Map<String, String> iterators = new HashMap<>();
  private final Map<String, String> positions;
  private final Thread thread;
  private volatile boolean closed;

  /**
   * What is mapped.
   *
   * @param table the table
   * @param function the function's name
   * @param sortKeys the records that are passed, by the item's sort key {@code sk}; others are left
   *     out
   * @param checkpoint the file that holds how far it came
   * @param region the Region in the records
   */
  public record Options(
      String table, String function, Predicate<String> sortKeys, Path checkpoint, String region) {}

  /** A mapping that does not run yet; the caller closes the clients. */
  public StreamMapping(
      Options options,
      DynamoDbClient dynamoDb,
      DynamoDbStreamsClient streams,
      LambdaRuntime lambda) {
    this.options = options;
    this.dynamoDb = dynamoDb;
    this.streams = streams;
    this.lambda = lambda;
    this.positions = readCheckpoint(options.checkpoint());
    this.thread =
        Thread.ofPlatform().daemon().name("stream-" + options.table()).unstarted(this::run);
  }

  private static Map<String, String> readCheckpoint(Path file) {
    Map<String, String> positions = new HashMap<>();
    try {
      if (Files.exists(file)) {
        MAPPER
            .readTree(Files.readAllBytes(file))
            .properties()
            .forEach(member -> positions.put(member.getKey(), member.getValue().asText()));
      }
    } catch (IOException e) {
      LOG.warn("{} cannot be read; the stream is read from its start", file, e);
    }
    return positions;
  }

  /** Begins to pass records. */
  public void start() {
    thread.start();
    wake();
  }

  /** Tells that the table was written to. */
  public void wake() {
    if (woken.availablePermits() == 0) {
      woken.release();
    }
  }

  private void run() {
    try {
      while (!closed) {
        if (woken.tryAcquire(IDLE.toMillis(), TimeUnit.MILLISECONDS)) {
          Thread.sleep(GATHER);
          woken.drainPermits();
        }
        if (closed) {
          return;
        }
        try {
          readAll();
        } catch (SdkException | IOException e) {
          if (!closed) {
            LOG.warn("the stream of {} cannot be read now: {}", options.table(), e.getMessage(), e);
            Thread.sleep(AFTER_FAILURE);
            wake();
          }
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("{} ends", Thread.currentThread().getName());
    } catch (IllegalStateException e) {
      // The runtime is closed: what is left comes in the next process.
      LOG.debug("{} ends", Thread.currentThread().getName(), e);
    }
  }

  private void readAll() throws IOException, InterruptedException {
    String stream =
        dynamoDb.describeTable(r -> r.tableName(options.table())).table().latestStreamArn();
    if (stream == null) {
      return;
    }
    Set<String> there = new HashSet<>();
    for (Shard shard : shards(stream)) {
      there.add(shard.shardId());
      if (!read(stream, shard)) {
        // Children come after their parents.
        return;
      }
    }
    if (positions.keySet().retainAll(there)) {
      writeCheckpoint();
    }
  }

  /** The shards, parents before their children. */
  private List<Shard> shards(String stream) {
    List<Shard> unordered = new ArrayList<>();
    String after = null;
    do {
      String start = after;
      var page =
          streams
              .describeStream(r -> r.streamArn(stream).exclusiveStartShardId(start))
              .streamDescription();
      unordered.addAll(page.shards());
      after = page.lastEvaluatedShardId();
    } while (after != null);
    List<Shard> ordered = new ArrayList<>();
    Set<String> unplaced = new HashSet<>();
    unordered.forEach(shard -> unplaced.add(shard.shardId()));
    while (!unordered.isEmpty()) {
      List<Shard> next =
          unordered.stream()
              .filter(
                  shard ->
                      shard.parentShardId() == null || !unplaced.contains(shard.parentShardId()))
              .toList();
      if (next.isEmpty()) {
        throw new IllegalStateException("the shards of " + stream + " descend from each other");
      }
      next.forEach(shard -> unplaced.remove(shard.shardId()));
      ordered.addAll(next);
      unordered.removeAll(next);
    }
    return ordered;
  }

  /** Passes what a shard holds; returns false if a part of it has to come again. */
  private boolean read(String stream, Shard shard) throws IOException, InterruptedException {
    String id = shard.shardId();
    while (!closed) {
      String iterator = iterators.get(id);
      if (iterator == null) {
        iterator = iterator(stream, id);
      }
      if (iterator.isEmpty()) {
        return true;
      }
      GetRecordsResponse page;
      try {
        String at = iterator;
        page = streams.getRecords(r -> r.shardIterator(at).limit(BATCH));
      } catch (ExpiredIteratorException e) {
        iterators.remove(id);
        continue;
      } catch (TrimmedDataAccessException e) {
        positions.remove(id);
        iterators.remove(id);
        continue;
      }
      if (!page.records().isEmpty() && !pass(stream, id, page.records())) {
        return false;
      }
      String next = page.nextShardIterator();
      iterators.put(id, next == null ? "" : next);
      if (page.records().isEmpty()) {
        return true;
      }
    }
    return false;
  }

  private String iterator(String stream, String shard) {
    Optional<String> position = Optional.ofNullable(positions.get(shard));
    try {
      return streams
          .getShardIterator(
              r ->
                  r.streamArn(stream)
                      .shardId(shard)
                      .shardIteratorType(
                          position.isPresent()
                              ? ShardIteratorType.AFTER_SEQUENCE_NUMBER
                              : ShardIteratorType.TRIM_HORIZON)
                      .sequenceNumber(position.orElse(null)))
          .shardIterator();
    } catch (TrimmedDataAccessException e) {
      positions.remove(shard);
      return streams
          .getShardIterator(
              r ->
                  r.streamArn(stream)
                      .shardId(shard)
                      .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
          .shardIterator();
    }
  }

  /** Invokes the function; returns false if records have to come again. */
  private boolean pass(String stream, String shard, List<Record> records)
      throws IOException, InterruptedException {
    List<Record> passed =
        records.stream().filter(record -> options.sortKeys().test(sortKey(record))).toList();
    if (!passed.isEmpty()) {
      Optional<String> failed = invoke(stream, passed);
      if (failed.isPresent()) {
        // What came before it is done.
        String last = null;
        for (Record record : records) {
          String sequence = record.dynamodb().sequenceNumber();
          if (sequence.equals(failed.get())) {
            break;
          }
          last = sequence;
        }
        if (last != null) {
          positions.put(shard, last);
          writeCheckpoint();
        }
        iterators.remove(shard);
        Thread.sleep(AFTER_FAILURE);
        wake();
        return false;
      }
    }
    positions.put(shard, records.getLast().dynamodb().sequenceNumber());
    writeCheckpoint();
    return true;
  }

  private static String sortKey(Record record) {
    AttributeValue key = record.dynamodb().keys().get("sk");
    return key == null || key.s() == null ? "" : key.s();
  }

  /** The sequence number of the first record that has to come again. */
  private Optional<String> invoke(String stream, List<Record> records)
      throws InterruptedException, IOException {
    String first = records.getFirst().dynamodb().sequenceNumber();
    ObjectNode batch = MAPPER.createObjectNode();
    ArrayNode list = batch.putArray("Records");
    records.forEach(record -> list.add(json(stream, record)));
    Invocation invocation;
    try {
      invocation =
          lambda.invoke(options.function(), batch.toString().getBytes(StandardCharsets.UTF_8));
    } catch (FunctionNotFoundException e) {
      throw new IllegalStateException("the mapping has no function", e);
    }
    if (invocation.functionError().isPresent()) {
      LOG.warn("{} failed: {}", options.function(), invocation.text());
      return Optional.of(first);
    }
    JsonNode failures = MAPPER.readTree(invocation.payload()).path("batchItemFailures");
    return failures.isEmpty()
        ? Optional.empty()
        : Optional.of(failures.get(0).path("itemIdentifier").asText(first));
  }

  private ObjectNode json(String stream, Record record) {
    StreamRecord change = record.dynamodb();
    ObjectNode json = MAPPER.createObjectNode();
    json.put("eventID", record.eventID())
        .put("eventName", record.eventNameAsString())
        .put("eventVersion", "1.1")
        .put("eventSource", "aws:dynamodb")
        .put("awsRegion", options.region())
        .put("eventSourceARN", stream);
    if (record.userIdentity() != null) {
      json.putObject("userIdentity")
          .put("principalId", record.userIdentity().principalId())
          .put("type", record.userIdentity().type());
    }
    ObjectNode dynamodb = json.putObject("dynamodb");
    dynamodb
        .put("ApproximateCreationDateTime", change.approximateCreationDateTime().getEpochSecond())
        .put("SequenceNumber", change.sequenceNumber())
        .put("SizeBytes", change.sizeBytes())
        .put("StreamViewType", change.streamViewTypeAsString());
    dynamodb.set("Keys", item(change.keys()));
    if (change.hasNewImage() && !change.newImage().isEmpty()) {
      dynamodb.set("NewImage", item(change.newImage()));
    }
    if (change.hasOldImage() && !change.oldImage().isEmpty()) {
      dynamodb.set("OldImage", item(change.oldImage()));
    }
    return json;
  }

  private static ObjectNode item(Map<String, AttributeValue> attributes) {
    ObjectNode item = MAPPER.createObjectNode();
    attributes.forEach((name, value) -> item.set(name, typed(value)));
    return item;
  }

  private static ObjectNode typed(AttributeValue value) {
    ObjectNode typed = MAPPER.createObjectNode();
    switch (value.type()) {
      case S -> typed.put("S", value.s());
      case N -> typed.put("N", value.n());
      case BOOL -> typed.put("BOOL", value.bool());
      case NUL -> typed.put("NULL", true);
      case B -> typed.put("B", Base64.getEncoder().encodeToString(value.b().asByteArrayUnsafe()));
      case L -> {
        ArrayNode list = typed.putArray("L");
        value.l().forEach(element -> list.add(typed(element)));
      }
      case M -> typed.set("M", item(value.m()));
      case SS -> texts(typed.putArray("SS"), value.ss().stream());
      case NS -> texts(typed.putArray("NS"), value.ns().stream());
      case BS ->
          texts(
              typed.putArray("BS"),
              value.bs().stream()
                  .map(bytes -> Base64.getEncoder().encodeToString(bytes.asByteArrayUnsafe())));
      case UNKNOWN_TO_SDK_VERSION ->
          throw new IllegalStateException("an attribute of an unknown type");
    }
    return typed;
  }

  private static void texts(ArrayNode into, Stream<String> texts) {
    texts.forEach(into::add);
  }

  private void writeCheckpoint() throws IOException {
    ObjectNode json = MAPPER.createObjectNode();
    positions.forEach(json::put);
    AtomicFiles.write(options.checkpoint(), json.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** Lets it end what it does, interrupts it then, and leaves the rest to the next process. */
  @Override
  public void close() {
    closed = true;
    woken.release();
    try {
      if (thread.isAlive() && !thread.join(CLOSE_PATIENCE)) {
        thread.interrupt();
      }
      if (thread.isAlive() && !thread.join(CLOSE_GRACE)) {
        LOG.warn("{} ignores that it was interrupted", thread.getName());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
