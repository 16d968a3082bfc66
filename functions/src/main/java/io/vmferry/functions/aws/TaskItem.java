package io.vmferry.functions.aws;

import static io.vmferry.functions.aws.TaskTable.number;
import static io.vmferry.functions.aws.TaskTable.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** A task as an item of the table, and back. */
final class TaskItem {
  /** The sort key of tasks. */
  static final String SORT = "task";

  static final String VERSION = "version";

  /** Names the last writes: a writer whose answer was lost knows its own again. */
  private static final String WRITES = "writes";

  /** More than others can make while a writer whose answer was lost tries again. */
  private static final int REMEMBERED_WRITES = 32;

  /** What follows the prefix of a task's id. */
  private static final int ID_DIGITS = 17;

  private static final String DOCUMENT = "document";
  private static final String DOCUMENT_GZIP = "documentGzip";

  /** Documents up to this size, in bytes, are stored as text that people can read. */
  private static final int PLAIN = 64 << 10;

  /** DynamoDB's limit of an item is 400 KB; the other attributes take less than the difference. */
  private static final int LARGEST = 390 << 10;

  // Of fixed width, so that the order of texts is the order of time.
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.nnnnnnnnn'Z'").withZone(ZoneOffset.UTC);

  private TaskItem() {}

  /**
   * The item of a task.
   *
   * @param writes names the writes that led to it, the last one last
   * @param retention how long the item stays once the task has ended
   */
  static Map<String, AttributeValue> of(Task task, List<String> writes, Duration retention) {
    Map<String, AttributeValue> item = new HashMap<>(TaskTable.key(task.id(), SORT));
    String kind = task.request().kind().name();
    item.put(TaskTable.KIND, text(kind));
    item.put(TaskTable.LIST_KEY, text(listKey(task)));
    item.put("status", text(task.status().name()));
    item.put(VERSION, number(task.version()));
    item.put(WRITES, AttributeValue.fromL(writes.stream().map(TaskTable::text).toList()));
    if (task.status().isFinal()) {
      item.put(TaskTable.EXPIRES_AT, expiry(task, retention));
    } else {
      item.put(TaskTable.ACTIVE_KIND, text(kind));
    }
    byte[] document = Json.write(task).getBytes(StandardCharsets.UTF_8);
    if (document.length <= PLAIN) {
      item.put(DOCUMENT, text(new String(document, StandardCharsets.UTF_8)));
    } else {
      byte[] packed = gzip(document);
      if (packed.length > LARGEST) {
        throw new VmferryException(
            ErrorCode.PARAMETER_INVALID,
            "the task's %d disks are read from so many files that its record takes %d bytes; at most %d can be stored"
                .formatted(task.disks().size(), packed.length, LARGEST));
      }
      item.put(DOCUMENT_GZIP, AttributeValue.fromB(SdkBytes.fromByteArrayUnsafe(packed)));
    }
    return item;
  }

  static AttributeValue expiry(Task task, Duration retention) {
    return number(task.updatedAt().plus(retention).getEpochSecond());
  }

  static String listKey(Task task) {
    return time(task.createdAt()) + "#" + task.id();
  }

  /** A time as text, in the order of time. */
  static String time(Instant time) {
    return TIME.format(time);
  }

  /** The key in the index {@link TaskTable#BY_KIND} that a page ended with. */
  static Map<String, AttributeValue> indexKey(TaskKind kind, String listKey) {
    try {
      int separator = listKey.indexOf('#');
      TIME.parse(listKey.substring(0, separator), Instant::from);
      String id = listKey.substring(separator + 1);
      if (!id.startsWith(kind.idPrefix()) || id.length() != kind.idPrefix().length() + ID_DIGITS) {
        throw noPlace(listKey, null);
      }
      Map<String, AttributeValue> key = new HashMap<>(TaskTable.key(id, SORT));
      key.put(TaskTable.KIND, text(kind.name()));
      key.put(TaskTable.LIST_KEY, text(listKey));
      return key;
    } catch (DateTimeException | IndexOutOfBoundsException e) {
      throw noPlace(listKey, e);
    }
  }

  private static VmferryException noPlace(String listKey, @Nullable Exception cause) {
    return new VmferryException(
        ErrorCode.PARAMETER_INVALID, "'%s' is not the place of a page".formatted(listKey), cause);
  }

  /** The names of the last writes of an item. */
  static List<String> writes(Map<String, AttributeValue> item) {
    return attribute(item, WRITES).l().stream().map(AttributeValue::s).toList();
  }

  /** The names of an item's last writes with one more. */
  static List<String> writes(List<String> before, String write) {
    List<String> writes = new ArrayList<>(before);
    writes.add(write);
    return writes.subList(Math.max(0, writes.size() - REMEMBERED_WRITES), writes.size());
  }

  /** The task of an item. */
  static Task task(Map<String, AttributeValue> item) {
    AttributeValue packed = item.get(DOCUMENT_GZIP);
    AttributeValue plain = item.get(DOCUMENT);
    try {
      if (packed != null) {
        return Json.mapper().readValue(gunzip(packed.b()), Task.class);
      }
      if (plain != null) {
        return Json.mapper().readValue(plain.s(), Task.class);
      }
    } catch (IOException e) {
      throw unreadable(item, e.getMessage(), e);
    }
    throw unreadable(item, "it has no document", null);
  }

  private static VmferryException unreadable(
      Map<String, AttributeValue> item, @Nullable String why, @Nullable Exception cause) {
    return new VmferryException(
        ErrorCode.INTERNAL,
        "the stored task %s cannot be read: %s".formatted(item.get(TaskTable.PK), why),
        cause);
  }

  /** An attribute that items of its kind always have. */
  static AttributeValue attribute(Map<String, AttributeValue> item, String name) {
    AttributeValue value = item.get(name);
    if (value == null) {
      throw new VmferryException(
          ErrorCode.INTERNAL, "the item %s has no %s".formatted(item.get(TaskTable.PK), name));
    }
    return value;
  }

  /** A digest of all that makes a request: the same for requests that are equal. */
  static String requestHash(ImportRequest request) {
    try {
      return Digests.sha256Hex(
          Json.mapper()
              .writer()
              .with(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
              .writeValueAsBytes(request));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("a request that cannot be written", e);
    }
  }

  private static byte[] gzip(byte[] bytes) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return packed.toByteArray();
  }

  private static byte[] gunzip(SdkBytes bytes) throws IOException {
    try (GZIPInputStream gzip =
        new GZIPInputStream(new ByteArrayInputStream(bytes.asByteArrayUnsafe()))) {
      return gzip.readAllBytes();
    }
  }
}
