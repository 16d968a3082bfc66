package io.vmferry.functions.api;

import io.vmferry.functions.fake.InMemoryAdmissionStore;
import io.vmferry.functions.fake.InMemoryEffectStore;
import io.vmferry.functions.fake.InMemoryObjectStore;
import io.vmferry.functions.fake.InMemoryProgressStore;
import io.vmferry.functions.fake.InMemorySnapshotStore;
import io.vmferry.functions.fake.InMemoryTaskStore;
import io.vmferry.functions.fake.RecordingWorkflow;
import io.vmferry.functions.fake.TestClock;
import io.vmferry.functions.service.Admission;
import io.vmferry.functions.service.ComputePolicy;
import io.vmferry.functions.service.StartImport;
import io.vmferry.functions.service.TaskLimits;
import io.vmferry.functions.service.WorkFiles;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;

/** The API on stores in memory, with an object {@code s3://images/disk.vmdk}. */
final class Service {
  static final int MOST_ACTIVE = 1_000;
  static final String REQUEST_ID = "5d2f0000-1111-2222-3333-444455556666";
  static final Caller CALLER = new Caller("111122223333", "eu-west-1", "aws");

  final TestClock clock = new TestClock(Instant.parse("2026-01-31T12:00:00Z"));
  final InMemoryTaskStore tasks = new InMemoryTaskStore(clock);
  final InMemoryEffectStore effects = new InMemoryEffectStore();
  final InMemoryProgressStore progress = new InMemoryProgressStore();
  final InMemoryObjectStore objects = new InMemoryObjectStore();
  final InMemorySnapshotStore snapshots = new InMemorySnapshotStore();
  final RecordingWorkflow workflow = new RecordingWorkflow();

  private final Api api =
      new Api(
          new StartImport(
              tasks,
              effects,
              new Admission(
                  tasks,
                  new InMemoryAdmissionStore(clock),
                  workflow,
                  new TaskLimits(MOST_ACTIVE, false, Duration.ZERO),
                  clock),
              new WorkFiles("work"),
              clock,
              new Random(1),
              Optional.empty(),
              ComputePolicy.FUNCTIONS_ONLY),
          new WorkflowCancellation(tasks, workflow),
          tasks,
          progress,
          objects,
          snapshots,
          "vmimport");

  Service() {
    objects.put("images", "disk.vmdk", new byte[] {1});
  }

  /** Answers a POST with a form as it is sent. */
  ApiResponse post(String form) {
    return api.answer(new ApiRequest("POST", "", form, Optional.of(CALLER), REQUEST_ID));
  }

  ApiResponse answer(ApiRequest request) {
    return api.answer(request);
  }

  /** Answers a POST with parameters: name, value, name, value. */
  Answer call(String action, String... parameters) {
    StringBuilder form = new StringBuilder("Action=" + action + "&Version=2016-11-15");
    for (int i = 0; i < parameters.length; i += 2) {
      form.append('&').append(encode(parameters[i])).append('=').append(encode(parameters[i + 1]));
    }
    return Answer.of(post(form.toString()));
  }

  /** Imports the object as an image; returns the task's id. */
  String importImage(String... parameters) {
    String[] all = new String[parameters.length + 4];
    all[0] = "DiskContainer.1.Url";
    all[1] = "s3://images/disk.vmdk";
    all[2] = "DiskContainer.1.Format";
    all[3] = "VMDK";
    System.arraycopy(parameters, 0, all, 4, parameters.length);
    return call("ImportImage", all).text("importTaskId");
  }

  static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
