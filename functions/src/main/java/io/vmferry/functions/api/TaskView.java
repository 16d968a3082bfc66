package io.vmferry.functions.api;

import io.vmferry.functions.port.ProgressStore;
import io.vmferry.functions.task.ContentFile;
import io.vmferry.functions.task.Disk;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.ImportOptions;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.SourceLocation;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.conversion.ConversionReport;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Shows tasks as EC2 does: ImportImageTask and SnapshotTaskDetail of its model. A task that failed
 * is {@code deleted} with the reason as its status message; a completed one has neither message nor
 * progress.
 */
final class TaskView {
  private static final int CONVERSION_STARTS = 5;
  private static final int CONVERSION_ENDS = 90;

  private final ProgressStore progress;

  TaskView(ProgressStore progress) {
    this.progress = progress;
  }

  /** The status as EC2 calls it. */
  static String status(TaskStatus status) {
    return status.shown(TaskKind.IMPORT_IMAGE);
  }

  /** What the filter {@code task-state} compares: of work in progress there is one state. */
  static String state(TaskStatus status) {
    return switch (status) {
      case ACTIVE, VALIDATING, VALIDATED, CONVERTING, UPDATING -> "active";
      case COMPLETED, FAILED, DELETING, DELETED -> status(status);
    };
  }

  /** The members of an ImportImageTask. */
  void image(XmlWriter xml, Task task) {
    ImportRequest request = task.request();
    ImportOptions options = request.options();
    Optional<GuestFacts> guest = task.guest().flatMap(ConversionReport::facts);
    xml.element("importTaskId", task.id())
        .element("description", request.description())
        .element("architecture", request.architecture())
        .element("bootMode", request.bootMode())
        .element("encrypted", request.encrypted())
        .element("kmsKeyId", request.kmsKeyId())
        .element("hypervisor", options.hypervisor())
        .element("platform", options.platform().or(() -> guest.map(TaskView::platform)))
        .element("licenseType", options.licenseType())
        .element("usageOperation", options.usageOperation())
        .element("imageId", task.imageId())
        .element("status", status(task.status()))
        .element("statusMessage", message(task))
        .element("progress", percent(task));
    xml.open("snapshotDetailSet");
    disks(xml, task);
    xml.close("snapshotDetailSet");
    tags(xml, options.taskTags());
  }

  private static String platform(GuestFacts facts) {
    return switch (facts.system()) {
      case LinuxFacts linux -> "Linux";
    };
  }

  /** A SnapshotDetail of each disk, as soon as they are known; else of each container. */
  private static void disks(XmlWriter xml, Task task) {
    List<DiskContainer> containers = task.request().containers();
    if (task.disks().isEmpty()) {
      for (DiskContainer container : containers) {
        xml.open("item");
        detail(xml, task, container, Optional.empty());
        xml.close("item");
      }
      return;
    }
    for (Disk disk : task.disks()) {
      xml.open("item");
      detail(xml, task, containers.get(disk.container()), Optional.of(disk));
      xml.close("item");
    }
  }

  private static void detail(
      XmlWriter xml, Task task, DiskContainer container, Optional<Disk> disk) {
    boolean gone = task.status().compareTo(TaskStatus.COMPLETED) > 0;
    xml.element("description", container.description())
        .element("deviceName", disk.flatMap(Disk::deviceName).or(container::deviceName))
        .element("diskImageSize", size(disk))
        .element("format", format(container, disk))
        .element("snapshotId", disk.flatMap(Disk::snapshotId).filter(id -> !gone))
        .element("status", state(task.status()));
    source(xml, container);
  }

  /** The members of an ImportSnapshotTask. */
  void snapshot(XmlWriter xml, Task task) {
    ImportRequest request = task.request();
    DiskContainer container = request.containers().getFirst();
    Optional<Disk> disk = task.disks().stream().findFirst();
    boolean gone = task.status().compareTo(TaskStatus.COMPLETED) > 0;
    xml.element("description", request.description()).element("importTaskId", task.id());
    xml.open("snapshotTaskDetail")
        .element("description", container.description())
        .element("diskImageSize", size(disk))
        .element("encrypted", request.encrypted())
        .element("format", format(container, disk))
        .element("kmsKeyId", request.kmsKeyId())
        .element("progress", percent(task))
        .element("snapshotId", disk.flatMap(Disk::snapshotId).filter(id -> !gone))
        .element("status", state(task.status()))
        .element("statusMessage", message(task));
    source(xml, container);
    xml.close("snapshotTaskDetail");
    tags(xml, request.options().taskTags());
  }

  /** Bytes of the image's files, as the service shows them: a number with a fraction. */
  private static String size(Optional<Disk> disk) {
    double bytes =
        disk.map(d -> d.files().stream().mapToDouble(ContentFile::length).sum()).orElse(0.0);
    return String.valueOf(bytes);
  }

  private static Optional<String> format(DiskContainer container, Optional<Disk> disk) {
    return container.format().or(() -> disk.map(d -> d.format().id().toUpperCase(Locale.ROOT)));
  }

  private static void source(XmlWriter xml, DiskContainer container) {
    DiskContainer shown = container.withoutCredentials();
    if (!container.bucketGiven()) {
      boolean snapshot = shown.url().startsWith(SourceLocation.Snapshot.SCHEME);
      xml.element("url", Optional.of(shown.url()).filter(url -> !snapshot));
      return;
    }
    String path = shown.url().substring("s3://".length());
    int slash = path.indexOf('/');
    xml.open("userBucket")
        .element("s3Bucket", path.substring(0, slash))
        .element("s3Key", path.substring(slash + 1))
        .close("userBucket");
  }

  static void tags(XmlWriter xml, Map<String, String> tags) {
    if (tags.isEmpty()) {
      return;
    }
    xml.open("tagSet");
    new TreeMap<>(tags)
        .forEach(
            (key, value) ->
                xml.open("item").element("key", key).element("value", value).close("item"));
    xml.close("tagSet");
  }

  /** What the service says of a task on its way, or why it failed. */
  private static Optional<String> message(Task task) {
    boolean snapshot = task.request().kind() == TaskKind.IMPORT_SNAPSHOT;
    return switch (task.status()) {
      case ACTIVE -> Optional.of("pending");
      case VALIDATING -> Optional.of("validating");
      case VALIDATED -> Optional.of("validated");
      case CONVERTING -> Optional.of(snapshot ? "downloading/converting" : "converting");
      case UPDATING -> Optional.of(snapshot ? "completing" : "preparing ami");
      case COMPLETED -> Optional.empty();
      case FAILED, DELETING, DELETED -> Optional.of(Ec2Errors.statusMessage(task));
    };
  }

  /** Per cent of the whole: almost all of it is the bytes that are converted. */
  private Optional<Integer> percent(Task task) {
    return switch (task.status()) {
      case ACTIVE -> Optional.of(0);
      case VALIDATING -> Optional.of(1);
      case VALIDATED -> Optional.of(3);
      case CONVERTING -> Optional.of(converted(task));
      case UPDATING -> Optional.of(CONVERSION_ENDS + 5);
      case COMPLETED, FAILED, DELETING, DELETED -> Optional.empty();
    };
  }

  private int converted(Task task) {
    long planned = task.disks().stream().mapToLong(Disk::plannedBytes).sum();
    if (planned == 0) {
      return CONVERSION_STARTS;
    }
    long done = Math.min(planned, progress.total(task.id()).doneBytes());
    double share = (double) done / planned;
    return CONVERSION_STARTS + (int) (share * (CONVERSION_ENDS - CONVERSION_STARTS));
  }
}
