package io.vmferry.functions.handler;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.functions.fake.FakeLeftovers;
import io.vmferry.functions.fake.InMemoryAnnouncementStore;
import io.vmferry.functions.fake.InMemoryUploadedObjects;
import io.vmferry.functions.fake.RecordingMetrics;
import io.vmferry.functions.fake.RecordingPublisher;
import io.vmferry.functions.fake.TestClock;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.port.EventPorts;
import io.vmferry.functions.port.ExecutionReader;
import io.vmferry.functions.port.TaskChanges;
import io.vmferry.functions.service.UploadArea;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The functions around tasks on stores in memory. */
final class EventsFixture {
  static final String IMAGES = "images";
  static final Duration SWEEP_AGE = Duration.ofHours(24);

  final Pipeline pipeline = new Pipeline(1);
  final InMemoryUploadedObjects uploaded = new InMemoryUploadedObjects(pipeline.objects);
  final RecordingPublisher publisher = new RecordingPublisher();
  final InMemoryAnnouncementStore announcements = new InMemoryAnnouncementStore();
  final FakeLeftovers leftovers = new FakeLeftovers();
  final RecordingMetrics metrics = new RecordingMetrics();
  final TestClock clock = new TestClock(Instant.now());
  final List<TaskChanges.Change> changes = new ArrayList<>();
  Optional<ExecutionReader.Reason> reason = Optional.empty();

  private final EventsWiring wiring =
      new EventsWiring(
          new EventsConfig(
              Optional.of(new UploadArea(IMAGES, "imports/")),
              "default",
              Optional.of("topic"),
              SWEEP_AGE),
          pipeline.config,
          pipeline.wiring,
          pipeline.ports,
          new EventPorts(
              uploaded,
              publisher,
              announcements,
              batch -> List.copyOf(changes),
              arn -> reason,
              leftovers,
              metrics),
          clock);

  void upload(String key, String content) {
    upload(key, content.getBytes(StandardCharsets.UTF_8), Map.of());
  }

  void upload(String key, byte[] content, Map<String, String> metadata) {
    uploaded.upload(IMAGES, key, content, metadata);
  }

  /** What the trigger makes of the event of an object. */
  JsonNode created(String key) throws IOException {
    return created(IMAGES, key);
  }

  JsonNode created(String bucket, String key) throws IOException {
    String event =
        """
        {"version": "0", "id": "17793124-05d4-b198-2fde-7ededc63b103",
         "detail-type": "Object Created", "source": "aws.s3", "account": "111122223333",
         "time": "2026-11-12T00:00:00Z", "region": "ca-central-1",
         "resources": ["arn:aws:s3:::images"],
         "detail": {"version": "0", "bucket": {"name": %s},
                    "object": {"key": %s, "size": 5, "etag": "b1946ac92492d2347c6235b4d2611184",
                               "version-id": "IYV3p45BT0ac8hjHg1houSdS1a.Mro8e",
                               "sequencer": "617f08299329d189"},
                    "request-id": "N4N7GDK58NMKJ12R", "requester": "123456789012",
                    "source-ip-address": "1.2.3.4", "reason": "PutObject"}}"""
            .formatted(Json.write(bucket), Json.write(key));
    return Pipeline.call(new UploadTriggerHandler(wiring.uploadTrigger()), event);
  }

  JsonNode announce() throws IOException {
    return Pipeline.call(
        new AnnounceHandler(wiring.changes(), wiring.announce()), "{\"Records\": []}");
  }

  JsonNode executionEnded(String event) throws IOException {
    return Pipeline.call(new CleanupEventHandler(wiring.cleanup(), wiring.executions()), event);
  }

  JsonNode sweep() throws IOException {
    return Pipeline.call(new SweepHandler(wiring.sweep()), "{\"source\": \"aws.scheduler\"}");
  }

  List<Task> tasks() {
    return pipeline.tasks.list(TaskKind.IMPORT_IMAGE, 100, null).tasks();
  }

  Optional<JsonNode> result(String key) throws IOException {
    if (!pipeline.objects.keys(IMAGES).contains(key + ".result.json")) {
      return Optional.empty();
    }
    try (InputStream in = pipeline.objects.read(IMAGES, key + ".result.json")) {
      return Optional.of(Json.mapper().readTree(in));
    }
  }
}
