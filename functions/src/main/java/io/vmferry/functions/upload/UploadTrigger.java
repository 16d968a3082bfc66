package io.vmferry.functions.upload;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.announce.ErrorDocument;
import io.vmferry.functions.announce.ImportRefused;
import io.vmferry.functions.announce.ResultDocument;
import io.vmferry.functions.announce.ResultFile;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.port.EventPublisher;
import io.vmferry.functions.port.Metrics;
import io.vmferry.functions.port.ObjectStore;
import io.vmferry.functions.port.UploadedObjects;
import io.vmferry.functions.port.UploadedObjects.Uploaded;
import io.vmferry.functions.service.StartImport;
import io.vmferry.functions.service.UploadArea;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Task;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts an import for an image that was uploaded: one task for each version of an object, however
 * often and in whatever order its events arrive. What counts is the newest version at the moment an
 * event is looked at.
 */
public final class UploadTrigger {
  private static final Logger LOG = LoggerFactory.getLogger(UploadTrigger.class);

  /** What the name of an options file is longer by than the image's. */
  static final String OPTIONS = ".import.json";

  private static final int LARGEST_OPTIONS = 64 << 10;
  private static final int TOKEN_DIGITS = 56;

  private final UploadArea area;
  private final UploadedObjects uploaded;
  private final ObjectStore objects;
  private final StartImport startImport;
  private final EventPublisher publisher;
  private final Metrics metrics;
  private final ResultFile results;
  private final UploadSet sets;
  private final Clock clock;

  /**
   * A trigger on these ports.
   *
   * @param area where uploads start imports
   */
  public UploadTrigger(
      UploadArea area,
      UploadedObjects uploaded,
      ObjectStore objects,
      StartImport startImport,
      EventPublisher publisher,
      Metrics metrics,
      Clock clock) {
    this.area = area;
    this.uploaded = uploaded;
    this.objects = objects;
    this.startImport = startImport;
    this.publisher = publisher;
    this.metrics = metrics;
    this.results = new ResultFile(objects);
    this.sets = new UploadSet(uploaded, objects, area.prefix());
    this.clock = clock;
  }

  /**
   * What came of an event.
   *
   * @param outcome {@code started}, {@code waiting}, {@code refused} or {@code ignored}
   * @param key the object it is about: of a set the one that stands for it
   * @param taskId the task
   * @param reason why there is none
   */
  public record Result(
      String outcome, String key, Optional<String> taskId, Optional<String> reason) {}

  /**
   * Looks at an object that was created.
   *
   * @throws VmferryException of the categories EXTERNAL, CAPACITY and INTERNAL: the event has to
   *     come again
   * @throws IOException if the object cannot be read
   */
  public Result created(String bucket, String key) throws IOException {
    if (!bucket.equals(area.bucket()) || !key.startsWith(area.prefix())) {
      return ignored(key, "it is not below s3://%s/%s".formatted(area.bucket(), area.prefix()));
    }
    String lower = key.toLowerCase(Locale.ROOT);
    if (lower.endsWith(OPTIONS) || lower.endsWith(ResultFile.SUFFIX)) {
      return ignored(key, "it goes with an image");
    }
    if (!UploadSet.isImage(key)) {
      return ignored(key, "it has no image's name");
    }
    Optional<Uploaded> object = uploaded.find(bucket, key);
    if (object.isEmpty()) {
      return ignored(key, "it is not there any more");
    }
    UploadSet.Role role;
    try {
      role = roleOf(object.get());
    } catch (VmferryException e) {
      return refused(object.get(), e);
    }
    return switch (role) {
      case UploadSet.Ignored(String why) -> ignored(key, why);
      // It tells of its own refusal, beside the object that stands for the set.
      case UploadSet.Complete(Uploaded main) -> start(main);
      case UploadSet.Waiting(String standsFor, List<String> missing) ->
          new Result(
              "waiting",
              standsFor,
              Optional.empty(),
              Optional.of("missing: " + String.join(", ", missing)));
    };
  }

  /**
   * What an object is. Tells what is missing beside it, and looks again: what arrived in between
   * has looked before there was anything to tell.
   */
  private UploadSet.Role roleOf(Uploaded object) throws IOException {
    UploadSet.Role role = sets.roleOf(object);
    if (role instanceof UploadSet.Waiting(String standsFor, List<String> missing)
        && object.key().equals(standsFor)) {
      results.write(
          object.bucket(),
          object.key(),
          ResultDocument.waiting(url(object), object.lastModified(), missing));
      return sets.roleOf(object);
    }
    return role;
  }

  private Result start(Uploaded main) throws IOException {
    Task task;
    try {
      ImportRequest request =
          options(main)
              .request(url(main), UploadSet.suggestedFormat(main.key()), clientToken(main));
      task = startImport.start(request);
    } catch (VmferryException e) {
      if (e.code() == ErrorCode.CLIENT_TOKEN_CONFLICT) {
        // Its options were changed since; what was started stays.
        return ignored(main.key(), "its import was started before, with other options");
      }
      return refused(main, e);
    }
    LOG.info("s3://{}/{} is imported by {}", main.bucket(), main.key(), task.id());
    return new Result("started", main.key(), Optional.of(task.id()), Optional.empty());
  }

  private UploadOptions options(Uploaded image) throws IOException {
    boolean inMetadata = UploadOptions.areIn(image.metadata());
    String name = image.key().substring(image.key().lastIndexOf('/') + 1);
    Optional<Uploaded> file = uploaded.find(image.bucket(), image.key() + OPTIONS);
    if (file.isEmpty()) {
      return inMetadata ? UploadOptions.ofMetadata(name, image.metadata()) : UploadOptions.none();
    }
    if (inMetadata) {
      throw new VmferryException(
          ErrorCode.UPLOAD_OPTIONS_INVALID,
          "%s has options in its metadata and in %s beside it; give them one way"
              .formatted(name, name + OPTIONS));
    }
    if (file.get().size() > LARGEST_OPTIONS) {
      throw new VmferryException(
          ErrorCode.UPLOAD_OPTIONS_INVALID,
          "%s has %d bytes; at most %d are read"
              .formatted(name + OPTIONS, file.get().size(), LARGEST_OPTIONS));
    }
    try (InputStream in = objects.read(image.bucket(), image.key() + OPTIONS)) {
      return UploadOptions.ofFile(name + OPTIONS, in.readNBytes(LARGEST_OPTIONS));
    }
  }

  /** One for each version of an object. */
  static String clientToken(Uploaded object) {
    String version = String.join("\0", object.bucket(), object.key(), object.version());
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(version.getBytes(StandardCharsets.UTF_8));
      return "upload-" + HexFormat.of().formatHex(digest).substring(0, TOKEN_DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static String url(Uploaded object) {
    return "s3://" + object.bucket() + "/" + object.key();
  }

  /** Tells why there is no import. What trying again can help is told as well, and thrown. */
  private Result refused(Uploaded object, VmferryException e) {
    Instant now = clock.instant();
    ErrorDocument error = ErrorDocument.of(e.code(), String.valueOf(e.getMessage()));
    boolean forGood =
        switch (e.code().category()) {
          case USER -> true;
          case EXTERNAL, CAPACITY, INTERNAL -> false;
        };
    try {
      results.write(
          object.bucket(),
          object.key(),
          ResultDocument.refused(url(object), object.lastModified(), now, error));
    } catch (VmferryException failure) {
      if (forGood) {
        throw failure;
      }
      e.addSuppressed(failure);
    }
    if (!forGood) {
      throw e;
    }
    metrics.count(
        "ImportsRefused",
        1,
        Map.of("ErrorCode", e.code().name(), "Category", e.code().category().name()));
    ImportRefused detail = new ImportRefused(url(object), object.version(), now, error);
    publisher.put(
        new EventPublisher.Event(ImportRefused.DETAIL_TYPE, Json.write(detail), List.of(), now));
    publisher.send(
        new EventPublisher.Message(
            "vmferry: an import was refused",
            Json.write(detail),
            Map.of("event", "import-refused", "errorCode", e.code().name())));
    LOG.info("{} is not imported: {}", url(object), e.getMessage());
    return new Result(
        "refused", object.key(), Optional.empty(), Optional.of(String.valueOf(e.getMessage())));
  }

  private static Result ignored(String key, String why) {
    LOG.debug("{} is ignored: {}", key, why);
    return new Result("ignored", key, Optional.empty(), Optional.of(why));
  }
}
