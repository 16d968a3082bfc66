package io.vmferry.functions.api;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.ObjectReader;
import io.vmferry.functions.port.ProgressStore;
import io.vmferry.functions.port.SnapshotStore;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.service.StartImport;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.SourceLocation;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers requests to EC2's Query API. Every request gets an answer that EC2's clients understand,
 * whatever it holds.
 */
public final class Api {
  private static final Logger LOG = LoggerFactory.getLogger(Api.class);
  private static final String VERSION = "2016-11-15";
  private static final int LONGEST_REASON = 255;

  private final StartImport start;
  private final Cancellation cancellation;
  private final TaskStore tasks;
  private final ObjectReader objects;
  private final SnapshotStore snapshots;
  private final ImportRequests requests;
  private final TaskView view;
  private final Listing listing;

  /**
   * The API on these.
   *
   * @param roleName the one service role that requests may name
   */
  public Api(
      StartImport start,
      Cancellation cancellation,
      TaskStore tasks,
      ProgressStore progress,
      ObjectReader objects,
      SnapshotStore snapshots,
      String roleName) {
    this.start = start;
    this.cancellation = cancellation;
    this.tasks = tasks;
    this.objects = objects;
    this.snapshots = snapshots;
    this.requests = new ImportRequests(roleName);
    this.view = new TaskView(progress);
    this.listing = new Listing(tasks);
  }

  /** Answers a request. */
  public ApiResponse answer(ApiRequest request) {
    try {
      return new ApiResponse(200, checkedAnswer(request));
    } catch (ApiException e) {
      return error(e, request.requestId());
    } catch (VmferryException e) {
      if (e.code().category() != ErrorCode.Category.USER) {
        LOG.warn("request {} failed", request.requestId(), e);
      }
      return error(Ec2Errors.of(e), request.requestId());
    } catch (RuntimeException e) {
      LOG.error("request {} failed", request.requestId(), e);
      return error(
          new ApiException(500, "InternalError", "An internal error has occurred"),
          request.requestId());
    }
  }

  private static ApiResponse error(ApiException e, String requestId) {
    return ApiResponse.error(e.status(), e.code(), e.text(), requestId);
  }

  private String checkedAnswer(ApiRequest request) {
    Caller caller =
        request
            .caller()
            .orElseThrow(
                () ->
                    new ApiException(
                        403, "MissingAuthenticationToken", "The request is not signed"));
    if (!request.method().equals("GET") && !request.method().equals("POST")) {
      throw new ApiException(
          405,
          "MethodNotAllowed",
          "The method %s is not GET or POST".formatted(ApiException.shown(request.method())));
    }
    Map<String, String> parameters = QueryString.parse(request.query(), request.body());
    ApiAction action = action(parameters.remove("Action"));
    @Nullable String version = parameters.remove("Version");
    if (version != null && !version.equals(VERSION)) {
      throw new ApiException(
          "NoSuchVersion",
          "The version %s is not %s".formatted(ApiException.shown(version), VERSION));
    }
    action.check(parameters);
    XmlWriter xml = XmlWriter.answer(action.actionName(), request.requestId());
    answer(action, QueryRequest.of(parameters), caller, xml);
    return xml.end(action.actionName());
  }

  private ApiAction action(@Nullable String name) {
    if (name == null || name.isEmpty()) {
      throw new ApiException("MissingAction", "The request has no parameter Action");
    }
    return ApiAction.of(name)
        .orElseThrow(
            () ->
                Ec2Actions.has(name)
                    ? ApiException.unsupported(
                        "The action %s is not supported here".formatted(name))
                    : new ApiException(
                        "InvalidAction",
                        "The action %s is not valid for this web service."
                            .formatted(ApiException.shown(name))));
  }

  private void answer(ApiAction action, QueryRequest request, Caller caller, XmlWriter xml) {
    switch (action) {
      case IMPORT_IMAGE -> view.image(xml, start(requests.image(request, caller), request));
      case IMPORT_SNAPSHOT ->
          view.snapshot(xml, start(requests.snapshot(request, caller), request));
      case DESCRIBE_IMPORT_IMAGE_TASKS ->
          describe(request, TaskKind.IMPORT_IMAGE, xml, "importImageTaskSet");
      case DESCRIBE_IMPORT_SNAPSHOT_TASKS ->
          describe(request, TaskKind.IMPORT_SNAPSHOT, xml, "importSnapshotTaskSet");
      case CANCEL_IMPORT_TASK -> cancel(request, xml);
      case EXPORT_IMAGE -> Exports.exportImage(request);
      case DESCRIBE_EXPORT_IMAGE_TASKS -> Exports.describeImageTasks(request, xml);
      case CREATE_INSTANCE_EXPORT_TASK -> Exports.exportInstance(request);
      case DESCRIBE_EXPORT_TASKS -> Exports.describeInstanceTasks(request, xml);
      case CANCEL_EXPORT_TASK -> Exports.cancel(request);
    }
  }

  private Task start(ImportRequest request, QueryRequest parameters) {
    StartImport.check(request);
    stopIfDryRun(parameters);
    boolean repeated =
        request
            .clientToken()
            .flatMap(token -> tasks.findByToken(request.kind(), token))
            .isPresent();
    if (!repeated) {
      request.containers().forEach(this::look);
    }
    return start.start(request);
  }

  /**
   * Looks whether a source is there, so that a wrong location fails the call and not a task later.
   */
  private void look(DiskContainer container) {
    switch (SourceLocation.parse(container.url())) {
      case SourceLocation.S3 at -> objects.head(at.bucket(), at.key());
      case SourceLocation.Snapshot at -> lookAtSnapshot(at.id());
      // Fetching is the tasks' own: their functions alone keep from private addresses.
      case SourceLocation.Web web -> {}
    }
  }

  private void lookAtSnapshot(String id) {
    SnapshotStore.State state = snapshots.state(id);
    if (state != SnapshotStore.State.COMPLETED) {
      throw new ApiException(
          "IncorrectState",
          "The snapshot %s is in state %s and cannot be imported; completed ones can"
              .formatted(id, state.name().toLowerCase(Locale.ROOT)));
    }
  }

  private void describe(QueryRequest request, TaskKind kind, XmlWriter xml, String list) {
    stopIfDryRun(request);
    Listing.Page page = listing.page(request, kind, "Filters");
    xml.open(list);
    for (Task task : page.tasks()) {
      xml.open("item");
      switch (kind) {
        case IMPORT_IMAGE -> view.image(xml, task);
        case IMPORT_SNAPSHOT -> view.snapshot(xml, task);
      }
      xml.close("item");
    }
    xml.close(list).element("nextToken", page.next());
  }

  private void cancel(QueryRequest request, XmlWriter xml) {
    String id = request.require("ImportTaskId");
    Listing.checkId(id, TaskKind.values());
    String reason = request.get("CancelReason").orElse("by the user");
    if (reason.length() > LONGEST_REASON) {
      throw ApiException.invalidValue(
          "CancelReason", reason, "at most %d characters".formatted(LONGEST_REASON));
    }
    Task before = tasks.find(id).orElseThrow(() -> Listing.notFound(id));
    stopIfDryRun(request);
    Task after = cancellation.cancel(id, reason);
    xml.element("importTaskId", id)
        .element("state", TaskView.state(after.status()))
        .element("previousState", TaskView.state(before.status()));
  }

  /** Ends a request that only asks whether it would succeed. */
  static void stopIfDryRun(QueryRequest request) {
    if (request.isTrue("DryRun")) {
      throw new ApiException(
          412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
    }
  }
}
