package io.vmferry.functions.announce;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.port.ObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes results beside uploads. */
public final class ResultFile {
  /** What a result's key is longer by than the upload's. */
  public static final String SUFFIX = ".result.json";

  private static final Logger LOG = LoggerFactory.getLogger(ResultFile.class);

  /** The longest key S3 has, in bytes. */
  private static final int LONGEST_KEY = 1024;

  /** More than any result has. */
  private static final int LARGEST = 1 << 20;

  private final ObjectStore objects;

  /** Results in a store. */
  public ResultFile(ObjectStore objects) {
    this.objects = objects;
  }

  /**
   * Writes a result, unless one is there that started later.
   *
   * @return whether it was written
   * @throws VmferryException if S3 fails
   */
  public boolean write(String bucket, String key, ResultDocument result) {
    String resultKey = key + SUFFIX;
    if (resultKey.getBytes(StandardCharsets.UTF_8).length > LONGEST_KEY) {
      LOG.warn("the result of s3://{}/{} cannot be written: its key is too long", bucket, key);
      return false;
    }
    if (started(bucket, resultKey).filter(other -> other.isAfter(result.startedAt())).isPresent()) {
      return false;
    }
    objects.put(bucket, resultKey, json(result));
    return true;
  }

  private static byte[] json(ResultDocument result) {
    try {
      return Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(result);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("a result that cannot be written", e);
    }
  }

  /** When the import started whose result is there; empty if none is there, or not one of ours. */
  private Optional<Instant> started(String bucket, String key) {
    byte[] content;
    try (InputStream in = objects.read(bucket, key)) {
      content = in.readNBytes(LARGEST);
    } catch (VmferryException e) {
      if (e.code() == ErrorCode.SOURCE_NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try {
      JsonNode json = Json.mapper().readTree(content);
      return Optional.of(Instant.parse(json.path("startedAt").asText()));
    } catch (IOException | DateTimeException e) {
      LOG.debug("s3://{}/{} is no result, and is replaced", bucket, key, e);
      return Optional.empty();
    }
  }
}
