package io.vmferry.local.stack;

import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.handler.ApiHandler;
import io.vmferry.functions.handler.ApplyChangesHandler;
import io.vmferry.functions.handler.CheckSnapshotsHandler;
import io.vmferry.functions.handler.CleanupHandler;
import io.vmferry.functions.handler.CompleteSnapshotsHandler;
import io.vmferry.functions.handler.ConvertChunkHandler;
import io.vmferry.functions.handler.DownloadRangeHandler;
import io.vmferry.functions.handler.Failure;
import io.vmferry.functions.handler.ModifyOsHandler;
import io.vmferry.functions.handler.NoteFailureHandler;
import io.vmferry.functions.handler.PlanHandler;
import io.vmferry.functions.handler.RegisterHandler;
import io.vmferry.functions.handler.StartImportHandler;
import io.vmferry.functions.handler.TaskReference;
import io.vmferry.functions.handler.ValidateHandler;
import io.vmferry.functions.handler.VerifyManifestHandler;
import io.vmferry.functions.handler.Wiring;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.local.lambda.FunctionNotFoundException;
import io.vmferry.local.lambda.FunctionSettings;
import io.vmferry.local.lambda.Invocation;
import io.vmferry.local.lambda.LambdaRuntime;
import io.vmferry.local.stepfunctions.Execution;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
  CLEANUP("Cleanup");

  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedFunctions.class);

  /** As long as a Lambda function may run. */
  private static final FunctionSettings SETTINGS =
      new FunctionSettings(Duration.ofMinutes(15), 1769);

  /** As often as Lambda tries an asynchronous invocation. */
  private static final int CLEANUP_ATTEMPTS = 3;

  private final String id;

  EmbeddedFunctions(String id) {
    this.id = id;
  }

  private RequestStreamHandler handler(Wiring wiring) {
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
    };
  }

  String functionName() {
    return "vmferry-" + id;
  }

  /** What the state machines' placeholders for functions stand for. */
  static Map<String, String> substitutions() {
    return Arrays.stream(values())
        .collect(Collectors.toMap(f -> f.id + "Function", EmbeddedFunctions::functionName));
  }

  /** Registers them all. */
  static void register(LambdaRuntime lambda, Wiring wiring) {
    for (EmbeddedFunctions function : values()) {
      lambda.register(function.functionName(), function.handler(wiring), SETTINGS);
    }
  }

  /**
   * Calls {@link #START_IMPORT}.
   *
   * @throws VmferryException as the function refuses the request
   */
  static String startImport(LambdaRuntime lambda, ImportRequest request) {
    try {
      Invocation invocation =
          lambda.invoke(
              START_IMPORT.functionName(), Json.write(request).getBytes(StandardCharsets.UTF_8));
      if (invocation.functionError().isPresent()) {
        throw new Failure("", null, invocation.text()).reason().toException();
      }
      return Json.read(invocation.text(), TaskReference.class).taskId();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new VmferryException(ErrorCode.INTERNAL, "interrupted while starting an import", e);
    } catch (FunctionNotFoundException e) {
      throw new IllegalStateException("every stack starts imports", e);
    }
  }

  /** Cleans up after an execution that ended without success. Its name is the task's id. */
  static void cleanUp(LambdaRuntime lambda, Execution execution) {
    Failure failure =
        new Failure(
            execution.name(), execution.error().orElse(null), execution.cause().orElse(null));
    byte[] payload = Json.write(failure).getBytes(StandardCharsets.UTF_8);
    try {
      for (int attempt = 1; attempt <= CLEANUP_ATTEMPTS; attempt++) {
        Invocation invocation = lambda.invoke(CLEANUP.functionName(), payload);
        if (invocation.functionError().isEmpty()) {
          return;
        }
        LOG.warn("cleaning up after {} failed: {}", execution.name(), invocation.text());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (FunctionNotFoundException e) {
      throw new IllegalStateException("every stack has a cleanup", e);
    }
  }
}
