package io.vmferry.functions.api;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The pages of Describe…Tasks: by ids, or the newest first. */
final class Listing {
  static final int MOST_RESULTS = 500;
  private static final int RESULTS = 100;

  /** Tasks looked at for one page; it is shorter if a filter leaves few of them. */
  private static final int MOST_LOOKED_AT = 2_000;

  private static final int LONGEST_TOKEN = 1_000;
  private static final String TOKEN_PREFIX = "tasks:";
  private static final List<String> STATES = List.of("active", "completed", "deleting", "deleted");

  private final TaskStore tasks;

  Listing(TaskStore tasks) {
    this.tasks = tasks;
  }

  /**
   * A page.
   *
   * @param tasks the tasks
   * @param next what asks for the next page; empty if this is the last
   */
  record Page(List<Task> tasks, Optional<String> next) {}

  /** The page that a request asks for. */
  Page page(QueryRequest request, TaskKind kind, String filters) {
    Set<String> states = states(request, filters);
    List<String> ids = request.strings("ImportTaskId");
    int most = maxResults(request);
    Optional<String> after = request.get("NextToken").map(Listing::decode);
    if (ids.isEmpty()) {
      return list(kind, states, most, after.orElse(null));
    }
    if (request.get("MaxResults").isPresent() || after.isPresent()) {
      throw ApiException.combination(
          "The parameter ImportTaskId cannot be used with the parameters MaxResults and NextToken");
    }
    List<Task> found = new ArrayList<>();
    for (String id : new LinkedHashSet<>(ids)) {
      checkId(id, kind);
      Task task = tasks.find(id).orElseThrow(() -> notFound(id));
      if (states.contains(TaskView.state(task.status()))) {
        found.add(task);
      }
    }
    return new Page(found, Optional.empty());
  }

  private Page list(TaskKind kind, Set<String> states, int most, @Nullable String start) {
    List<Task> found = new ArrayList<>();
    @Nullable String after = start;
    int lookedAt = 0;
    do {
      TaskStore.Page page = read(kind, most - found.size(), after);
      page.tasks().stream()
          .filter(task -> states.contains(TaskView.state(task.status())))
          .forEach(found::add);
      lookedAt += page.tasks().size();
      after = page.next();
    } while (after != null && found.size() < most && lookedAt < MOST_LOOKED_AT);
    return new Page(found, Optional.ofNullable(after).map(Listing::encode));
  }

  private TaskStore.Page read(TaskKind kind, int most, @Nullable String after) {
    try {
      return tasks.list(kind, most, after);
    } catch (VmferryException e) {
      if (e.code() == ErrorCode.PARAMETER_INVALID && after != null) {
        throw invalidToken();
      }
      throw e;
    }
  }

  static int maxResults(QueryRequest request) {
    int most = request.integer("MaxResults").orElse(RESULTS);
    if (most < 1 || most > MOST_RESULTS) {
      throw ApiException.invalidValue(
          "MaxResults", String.valueOf(most), "1 to %d".formatted(MOST_RESULTS));
    }
    return most;
  }

  /** The states that the filters leave; all if there are none. */
  static Set<String> states(QueryRequest request, String filters) {
    Set<String> states = new HashSet<>(STATES);
    for (QueryRequest filter : request.members(filters)) {
      String name = filter.require("Name");
      if (!name.equals("task-state")) {
        throw new ApiException(
            "InvalidParameterValue",
            "The filter '%s' is invalid; there is task-state".formatted(ApiException.shown(name)));
      }
      List<String> values = filter.strings("Value");
      if (values.isEmpty() || values.size() > 200) {
        throw new ApiException(
            "InvalidParameterValue", "The filter 'task-state' needs 1 to 200 values");
      }
      for (String value : values) {
        if (!STATES.contains(value)) {
          throw ApiException.invalidValue(filter.name("Value"), value, String.join(" | ", STATES));
        }
      }
      states.retainAll(new HashSet<>(values));
    }
    return states;
  }

  /** Checks the form of a task's id. */
  static void checkId(String id, TaskKind... kinds) {
    for (TaskKind kind : kinds) {
      if (Pattern.matches(kind.idPrefix() + "([0-9a-f]{8}|[0-9a-f]{17})", id)) {
        return;
      }
    }
    throw new ApiException(
        "InvalidConversionTaskId.Malformed",
        "The import task ID '%s' is malformed; expected: %s and 17 hexadecimal digits"
            .formatted(ApiException.shown(id), kinds[0].idPrefix()));
  }

  static ApiException notFound(String id) {
    return new ApiException(
        "InvalidConversionTaskId", "The import task ID '%s' does not exist".formatted(id));
  }

  private static String encode(String place) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString((TOKEN_PREFIX + place).getBytes(StandardCharsets.UTF_8));
  }

  static String decode(String token) {
    if (token.length() > LONGEST_TOKEN) {
      throw invalidToken();
    }
    try {
      String text = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
      if (text.startsWith(TOKEN_PREFIX)) {
        return text.substring(TOKEN_PREFIX.length());
      }
    } catch (IllegalArgumentException e) {
      throw invalidToken();
    }
    throw invalidToken();
  }

  private static ApiException invalidToken() {
    return new ApiException("InvalidNextToken", "The token given as NextToken is not valid");
  }
}
