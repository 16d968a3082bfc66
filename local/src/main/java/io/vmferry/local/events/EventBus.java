package io.vmferry.local.events;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmferry.local.lambda.FunctionNotFoundException;
import io.vmferry.local.lambda.Invocation;
import io.vmferry.local.lambda.LambdaRuntime;
import io.vmferry.local.state.AtomicFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The default event bus. An event that matches a rule is delivered to the rule's function at least
 * once, in no particular order: it is written down first, and delivered by the next process if this
 * one dies. A delivery that fails is tried twice more, at once, and then given up.
 *
 * <p>What was sent is kept to be looked at: the last {@value #KEPT} events of this process.
 */
public final class EventBus implements AutoCloseable {
  /** The name of the one bus there is. */
  public static final String NAME = "default";

  /** How many events are kept. */
  static final int KEPT = 10_000;

  private static final Logger LOG = LoggerFactory.getLogger(EventBus.class);
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int ATTEMPTS = 3;
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(2);
  private static final Duration CLOSE_GRACE = Duration.ofSeconds(10);

  private final Path pending;
  private final LambdaRuntime lambda;
  private final String region;
  private final String account;
  private final Clock clock;
  private final Map<String, Rule> rules = new ConcurrentSkipListMap<>();
  private final Deque<JsonNode> sent = new ArrayDeque<>();
  private final Set<Thread> deliveries = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /**
   * A rule.
   *
   * @param name its name
   * @param pattern what it matches, JSON
   * @param function the function that is its target
   * @param matcher the pattern as it is applied
   */
  record Rule(String name, String pattern, String function, EventPattern matcher) {}

  /**
   * A bus without rules.
   *
   * @param directory where deliveries under way are; made if there is none
   */
  public EventBus(
      Path directory, LambdaRuntime lambda, String region, String account, Clock clock) {
    try {
      this.pending = Files.createDirectories(directory.resolve("pending"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    this.lambda = lambda;
    this.region = region;
    this.account = account;
    this.clock = clock;
  }

  /**
   * Makes a rule, or replaces the one of that name.
   *
   * @param pattern the event pattern, JSON
   * @param function the name of the function that is invoked with what matches
   * @throws EventsApiException if the pattern is not understood
   */
  public void putRule(String name, String pattern, String function) {
    rules.put(name, new Rule(name, pattern, function, EventPattern.parse(pattern)));
  }

  /** The rules by their names. */
  List<Rule> rules() {
    return List.copyOf(rules.values());
  }

  /** The rule's ARN. */
  String arnOf(Rule rule) {
    return "arn:aws:events:%s:%s:rule/%s".formatted(region, account, rule.name());
  }

  /** The ARN of a rule's function. */
  String targetOf(Rule rule) {
    return lambda.arnOf(rule.function());
  }

  /** The bus's ARN. */
  String arn() {
    return "arn:aws:events:%s:%s:event-bus/%s".formatted(region, account, NAME);
  }

  /**
   * Puts an event on the bus.
   *
   * @param time when it happened; empty for now
   * @param resources the ARNs it is about
   * @return its id
   */
  public String put(
      String source,
      String detailType,
      Optional<Instant> time,
      List<String> resources,
      JsonNode detail) {
    String id = UUID.randomUUID().toString();
    ObjectNode event = MAPPER.createObjectNode();
    event.put("version", "0");
    event.put("id", id);
    event.put("detail-type", detailType);
    event.put("source", source);
    event.put("account", account);
    event.put("time", time.orElseGet(clock::instant).truncatedTo(ChronoUnit.SECONDS).toString());
    event.put("region", region);
    resources.forEach(event.putArray("resources")::add);
    event.set("detail", detail);
    synchronized (sent) {
      sent.addLast(event);
      if (sent.size() > KEPT) {
        sent.removeFirst();
      }
    }
    for (Rule rule : rules.values()) {
      if (rule.matcher().matches(event)) {
        Path file = pending.resolve(rule.name() + "@" + id + ".json");
        try {
          AtomicFiles.write(file, event.toString().getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        deliver(rule, file);
      }
    }
    return id;
  }

  /** The events that were sent in this process, the oldest first. */
  public List<JsonNode> sent() {
    synchronized (sent) {
      return List.copyOf(sent);
    }
  }

  /** Delivers what an earlier process has not; returns how much that is. */
  public int resume() {
    int resumed = 0;
    try (Stream<Path> files = Files.list(pending)) {
      for (Path file : files.sorted().toList()) {
        String name = String.valueOf(file.getFileName());
        int at = name.lastIndexOf('@');
        Rule rule = at < 0 ? null : rules.get(name.substring(0, at));
        if (rule == null) {
          LOG.warn("{} is of no rule, and is forgotten", file);
          Files.deleteIfExists(file);
        } else if (deliveries.stream().noneMatch(thread -> thread.getName().equals(name))) {
          deliver(rule, file);
          resumed++;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return resumed;
  }

  private void deliver(Rule rule, Path file) {
    Thread thread =
        Thread.ofVirtual()
            .name(String.valueOf(file.getFileName()))
            .unstarted(
                () -> {
                  try {
                    if (isSettled(rule, Files.readAllBytes(file))) {
                      Files.deleteIfExists(file);
                    }
                  } catch (IOException e) {
                    LOG.error("{} cannot be delivered now", file, e);
                  } finally {
                    deliveries.remove(Thread.currentThread());
                  }
                });
    deliveries.add(thread);
    if (closed) {
      // It is written down, and the next process delivers it.
      deliveries.remove(thread);
      return;
    }
    thread.start();
  }

  /** Whether nothing more is to be done: it was delivered, or given up. */
  private boolean isSettled(Rule rule, byte[] event) {
    try {
      for (int attempt = 1; attempt <= ATTEMPTS && !closed; attempt++) {
        Invocation invocation = lambda.invoke(rule.function(), event);
        if (invocation.functionError().isEmpty()) {
          return true;
        }
        LOG.warn(
            "attempt {} to deliver to {} failed: {}", attempt, rule.function(), invocation.text());
      }
      return !closed;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (FunctionNotFoundException e) {
      LOG.error("the rule {} has no target", rule.name(), e);
      return true;
    } catch (IllegalStateException e) {
      LOG.debug("the runtime is closed", e);
      return false;
    }
  }

  /** Lets deliveries end, interrupts them then, and leaves them to the next process. */
  @Override
  public void close() {
    closed = true;
    join(CLOSE_PATIENCE);
    deliveries.forEach(Thread::interrupt);
    join(CLOSE_GRACE);
    deliveries.forEach(thread -> LOG.warn("{} ignores that it was interrupted", thread.getName()));
  }

  private void join(Duration most) {
    long deadline = System.nanoTime() + most.toNanos();
    try {
      for (Thread thread : deliveries) {
        long left = deadline - System.nanoTime();
        if (left > 0 && thread.isAlive() && !thread.join(Duration.ofNanos(left))) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
