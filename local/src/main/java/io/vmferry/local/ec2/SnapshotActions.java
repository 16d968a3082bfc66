package io.vmferry.local.ec2;

import io.vmferry.local.ebs.SnapshotRecord;
import io.vmferry.local.ebs.SnapshotStore;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;

/** DescribeSnapshots and DeleteSnapshot. */
final class SnapshotActions {
  private static final Pattern ID = Pattern.compile("snap-([0-9a-f]{8}|[0-9a-f]{17})");
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  /** What EC2 shows as the volume of a snapshot that has none. */
  private static final String NO_VOLUME = "vol-ffffffff";

  private final SnapshotStore snapshots;
  private final ImageStore images;
  private final Map<String, Function<SnapshotRecord, Collection<String>>> attributes;

  SnapshotActions(SnapshotStore snapshots, ImageStore images) {
    this.snapshots = snapshots;
    this.images = images;
    this.attributes = attributes(snapshots.accountId());
  }

  private static Map<String, Function<SnapshotRecord, Collection<String>>> attributes(
      String accountId) {
    Map<String, Function<SnapshotRecord, Collection<String>>> attributes = new LinkedHashMap<>();
    attributes.put("description", snapshot -> List.of(snapshot.description()));
    attributes.put("encrypted", snapshot -> List.of(String.valueOf(snapshot.encrypted())));
    attributes.put("owner-alias", snapshot -> List.of());
    attributes.put("owner-id", snapshot -> List.of(accountId));
    attributes.put("progress", snapshot -> List.of(snapshot.progress() + "%"));
    attributes.put("snapshot-id", snapshot -> List.of(snapshot.id()));
    attributes.put("start-time", snapshot -> List.of(time(snapshot.startMillis())));
    attributes.put("status", snapshot -> List.of(snapshot.status()));
    attributes.put("storage-tier", snapshot -> List.of("standard"));
    attributes.put("volume-id", snapshot -> List.of(NO_VOLUME));
    attributes.put("volume-size", snapshot -> List.of(String.valueOf(snapshot.volumeSize())));
    return attributes;
  }

  static String time(long millis) {
    return TIME.format(Instant.ofEpochMilli(millis));
  }

  static void checkId(String id) {
    if (!ID.matcher(id).matches()) {
      throw new Ec2Exception("InvalidSnapshotID.Malformed", "Invalid id: \"" + id + "\"");
    }
  }

  static SnapshotRecord find(SnapshotStore snapshots, String id) {
    checkId(id);
    return snapshots
        .find(id)
        .orElseThrow(
            () ->
                new Ec2Exception(
                    "InvalidSnapshot.NotFound", "The snapshot '" + id + "' does not exist."));
  }

  void describe(Ec2Request request, XmlWriter xml) {
    List<String> ids = request.strings("SnapshotId");
    if (!ids.isEmpty() && request.get("MaxResults").isPresent()) {
      throw new Ec2Exception(
          "InvalidParameterCombination",
          "The parameter snapshotIds cannot be used with the parameter maxResults");
    }
    List<SnapshotRecord> candidates = new ArrayList<>(snapshots.all());
    if (!ids.isEmpty()) {
      candidates = new ArrayList<>();
      for (String id : ids.stream().distinct().toList()) {
        candidates.add(find(snapshots, id));
      }
    }
    Filters filters = Filters.of(request);
    filters.refuseUnknown(attributes.keySet());
    boolean visible =
        Ec2Service.ownedBySelf(request.strings("Owner"), snapshots.accountId())
            && Ec2Service.ownedBySelf(request.strings("RestorableBy"), snapshots.accountId());
    List<SnapshotRecord> found =
        candidates.stream()
            .filter(record -> visible && filters.match(record, attributes, record.tags()))
            .sorted(Comparator.comparing(SnapshotRecord::id))
            .toList();
    Page<SnapshotRecord> page = Page.of(request, found, SnapshotRecord::id, 5, 1000);
    xml.open("snapshotSet");
    page.items().forEach(record -> write(xml, record));
    xml.close("snapshotSet").element("nextToken", page.nextToken());
  }

  private void write(XmlWriter xml, SnapshotRecord record) {
    xml.open("item")
        .element("snapshotId", record.id())
        .element("volumeId", NO_VOLUME)
        .element("status", record.status())
        .element("statusMessage", record.stateMessage())
        .element("startTime", time(record.startMillis()))
        .element("progress", record.progress() + "%")
        .element("ownerId", snapshots.accountId())
        .element("volumeSize", record.volumeSize())
        .element("description", record.description())
        .element("encrypted", record.encrypted())
        .element("kmsKeyId", record.kmsKeyArn())
        .element("storageTier", "standard");
    if (record.completionMillis() > 0) {
      xml.element("completionTime", time(record.completionMillis()));
    }
    Tags.write(xml, record.tags());
    xml.close("item");
  }

  void delete(Ec2Request request) {
    String id = request.require("SnapshotId");
    find(snapshots, id);
    for (ImageRecord image : images.all()) {
      if (image.uses(id)) {
        throw new Ec2Exception(
            "InvalidSnapshot.InUse",
            "The snapshot " + id + " is currently in use by " + image.id());
      }
    }
    Ec2Service.stopIfDryRun(request);
    if (!snapshots.delete(id)) {
      throw new Ec2Exception(
          "InvalidSnapshot.NotFound", "The snapshot '" + id + "' does not exist.");
    }
  }
}
