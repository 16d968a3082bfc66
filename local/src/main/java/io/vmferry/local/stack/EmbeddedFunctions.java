package io.vmferry.local.stack;

import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.handler.AnnounceHandler;
import io.vmferry.functions.handler.ApiHandler;
import io.vmferry.functions.handler.ApplyChangesHandler;
import io.vmferry.functions.handler.CancelTaskHandler;
import io.vmferry.functions.handler.CheckSnapshotsHandler;
import io.vmferry.functions.handler.CleanupEventHandler;
import io.vmferry.functions.handler.CleanupHandler;
import io.vmferry.functions.handler.CompleteSnapshotsHandler;
import io.vmferry.functions.handler.ConvertChunkHandler;
import io.vmferry.functions.handler.DownloadRangeHandler;
import io.vmferry.functions.handler.EventsWiring;
import io.vmferry.functions.handler.Failure;
import io.vmferry.functions.handler.ModifyOsHandler;
import io.vmferry.functions.handler.NoteFailureHandler;
import io.vmferry.functions.handler.PlanHandler;
import io.vmferry.functions.handler.RegisterHandler;
import io.vmferry.functions.handler.ResumeTaskHandler;
import io.vmferry.functions.handler.RetryTaskHandler;
import io.vmferry.functions.handler.StartImportHandler;
import io.vmferry.functions.handler.StepHandler;
import io.vmferry.functions.handler.SweepHandler;
import io.vmferry.functions.handler.TaskReference;
import io.vmferry.functions.handler.UploadTriggerHandler;
import io.vmferry.functions.handler.ValidateHandler;
import io.vmferry.functions.handler.VerifyManifestHandler;
import io.vmferry.functions.handler.Wiring;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.local.lambda.FunctionNotFoundException;
import io.vmferry.local.lambda.FunctionSettings;
import io.vmferry.local.lambda.Invocation;
import io.vmferry.local.lambda.LambdaRuntime;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The functions of the stack, by the names their state machines know. */
enum EmbeddedFunctions {
  API("Api"),
  START_IMPORT("StartImport"),
  VALIDATE("Validate"),
  DOWNLOAD_RANGE("DownloadRange"),
  PLAN("Plan"),
  CONVERT_CHUNK("ConvertChunk"),
  VERIFY_MANIFEST("VerifyManifest"),
  MODIFY_OS("ModifyOs"),
  APPLY_CHANGES("ApplyChanges"),
  COMPLETE_SNAPSHOTS("CompleteSnapshots"),
  CHECK_SNAPSHOTS("CheckSnapshots"),
  REGISTER("Register"),
  NOTE_FAILURE("NoteFailure"),
  CLEANUP("Cleanup"),
  UPLOAD_TRIGGER("UploadTrigger"),
  ANNOUNCE("Announce"),
  CLEANUP_EVENT("CleanupEvent"),
  SWEEP("Sweep"),
  RESUME_TASK("ResumeTask"),
  CANCEL_TASK("CancelTask"),
  RETRY_TASK("RetryTask");

  /** As long as a Lambda function may run. */
  static final FunctionSettings SETTINGS = new FunctionSettings(Duration.ofMinutes(15), 1769);

  private static final String HANDLERS = "io.vmferry.functions.handler.";

  private final String id;

  EmbeddedFunctions(String id) {
    this.id = id;
  }

  /** The handler, which writes the failures of its steps down where the others do. */
  RequestStreamHandler handler(Wiring wiring, EventsWiring events) {
    RequestStreamHandler handler = made(wiring, events);
    return handler instanceof StepHandler<?, ?> step ? step.logging(wiring.taskLog()) : handler;
  }

  private RequestStreamHandler made(Wiring wiring, EventsWiring events) {
    return switch (this) {
      case API -> new ApiHandler(wiring.api());
      case START_IMPORT -> new StartImportHandler(wiring.startImport());
      case VALIDATE -> new ValidateHandler(wiring.validate());
      case DOWNLOAD_RANGE -> new DownloadRangeHandler(wiring.downloadRange());
      case PLAN -> new PlanHandler(wiring.plan());
      case CONVERT_CHUNK -> new ConvertChunkHandler(wiring.convertChunk());
      case VERIFY_MANIFEST -> new VerifyManifestHandler(wiring.verifyManifest());
      case MODIFY_OS -> new ModifyOsHandler(wiring.modifyOs());
      case APPLY_CHANGES -> new ApplyChangesHandler(wiring.applyChanges());
      case COMPLETE_SNAPSHOTS -> new CompleteSnapshotsHandler(wiring.completeSnapshots());
      case CHECK_SNAPSHOTS -> new CheckSnapshotsHandler(wiring.completeSnapshots());
      case REGISTER -> new RegisterHandler(wiring.register());
      case NOTE_FAILURE -> new NoteFailureHandler(wiring.cleanup());
      case CLEANUP -> new CleanupHandler(wiring.cleanup());
      case UPLOAD_TRIGGER -> new UploadTriggerHandler(events.uploadTrigger());
      case ANNOUNCE -> new AnnounceHandler(events.changes(), events.announce());
      case CLEANUP_EVENT -> new CleanupEventHandler(events.cleanup(), events.executions());
      case SWEEP -> new SweepHandler(events.sweep());
      case RESUME_TASK -> new ResumeTaskHandler(wiring.retryTask());
      case CANCEL_TASK -> new CancelTaskHandler(wiring.cancelTask());
      case RETRY_TASK -> new RetryTaskHandler(wiring.retryTask());
    };
  }

  String id() {
    return id;
  }

  String functionName() {
    return "vmferry-" + id;
  }

  /** The class that Lambda calls. */
  String handlerClass() {
    return HANDLERS + id + "Handler";
  }

  /** The function that a handler's class stands for. */
  static Optional<EmbeddedFunctions> ofHandler(String handlerClass) {
    return Arrays.stream(values()).filter(f -> f.handlerClass().equals(handlerClass)).findFirst();
  }

  /** What the state machines' placeholders for functions stand for. */
  static Map<String, String> substitutions() {
    return Arrays.stream(values())
        .collect(Collectors.toMap(f -> f.id + "Function", EmbeddedFunctions::functionName));
  }

  /**
   * Calls {@link #START_IMPORT}.
   *
   * @param function its name
   * @throws VmferryException as the function refuses the request
   */
  static String startImport(LambdaRuntime lambda, String function, ImportRequest request) {
    String answer = invoke(lambda, function, Json.write(request));
    return Json.read(answer, TaskReference.class).taskId();
  }

  /**
   * Invokes a function and waits for it.
   *
   * @throws VmferryException as the function fails
   */
  static String invoke(LambdaRuntime lambda, String function, String payload) {
    Invocation invocation = answer(lambda, function, payload);
    if (invocation.functionError().isPresent()) {
      throw new Failure("", null, invocation.text()).reason().toException();
    }
    return invocation.text();
  }

  /** Invokes a function and waits for it. */
  static Invocation answer(LambdaRuntime lambda, String function, String payload) {
    try {
      return lambda.invoke(function, payload.getBytes(StandardCharsets.UTF_8));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new VmferryException(ErrorCode.INTERNAL, "interrupted while calling " + function, e);
    } catch (FunctionNotFoundException e) {
      throw new IllegalStateException("the stack has no function " + function, e);
    }
  }
}
