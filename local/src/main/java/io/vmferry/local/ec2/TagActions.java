package io.vmferry.local.ec2;

import io.vmferry.local.ebs.SnapshotRecord;
import io.vmferry.local.ebs.SnapshotStore;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** CreateTags, DeleteTags and DescribeTags, of images and snapshots. */
final class TagActions {
  private record Tagged(String resourceId, String type, String key, String value) {
    String sortKey() {
      return resourceId + "|" + key;
    }
  }

  private static final Map<String, Function<Tagged, Collection<String>>> ATTRIBUTES =
      Map.of(
          "key", tag -> List.of(tag.key()),
          "resource-id", tag -> List.of(tag.resourceId()),
          "resource-type", tag -> List.of(tag.type()),
          "value", tag -> List.of(tag.value()));

  private final SnapshotStore snapshots;
  private final ImageStore images;

  TagActions(SnapshotStore snapshots, ImageStore images) {
    this.snapshots = snapshots;
    this.images = images;
  }

  void create(Ec2Request request) {
    Map<String, String> tags = Tags.of(request);
    if (tags.isEmpty()) {
      throw Ec2Exception.missing("Tag");
    }
    List<String> ids = existing(request);
    for (String id : ids) {
      Tags.add(tagsOf(id), tags);
    }
    Ec2Service.stopIfDryRun(request);
    ids.forEach(id -> change(id, old -> Tags.add(old, tags)));
  }

  void delete(Ec2Request request) {
    Map<String, Optional<String>> removed = new LinkedHashMap<>();
    for (Ec2Request member : request.members("Tag")) {
      removed.put(member.require("Key"), member.get("Value"));
    }
    List<String> ids = existing(request);
    Ec2Service.stopIfDryRun(request);
    ids.forEach(id -> change(id, old -> removed.isEmpty() ? Map.of() : Tags.remove(old, removed)));
  }

  private List<String> existing(Ec2Request request) {
    List<String> ids = request.strings("ResourceId").stream().distinct().toList();
    if (ids.isEmpty()) {
      throw Ec2Exception.missing("ResourceId");
    }
    ids.forEach(this::tagsOf);
    return ids;
  }

  Map<String, String> tagsOf(String id) {
    if (id.startsWith("snap-")) {
      return SnapshotActions.find(snapshots, id).tags();
    }
    if (id.startsWith("ami-")) {
      ImageActions.checkId(id);
      return images
          .find(id)
          .orElseThrow(
              () ->
                  new Ec2Exception(
                      "InvalidAMIID.NotFound", "The image id '[" + id + "]' does not exist"))
          .tags();
    }
    throw new Ec2Exception("InvalidID", "The ID '" + id + "' is not valid");
  }

  private void change(String id, UnaryOperator<Map<String, String>> change) {
    if (id.startsWith("snap-")) {
      snapshots.tag(id, change);
    } else {
      images.tag(id, change);
    }
  }

  void describe(Ec2Request request, XmlWriter xml) {
    Filters filters = Filters.of(request);
    filters.refuseUnknown(ATTRIBUTES.keySet());
    List<Tagged> all = new ArrayList<>();
    for (SnapshotRecord snapshot : snapshots.all()) {
      snapshot
          .tags()
          .forEach((key, value) -> all.add(new Tagged(snapshot.id(), "snapshot", key, value)));
    }
    for (ImageRecord image : images.all()) {
      image.tags().forEach((key, value) -> all.add(new Tagged(image.id(), "image", key, value)));
    }
    List<Tagged> found =
        all.stream()
            .filter(tag -> filters.match(tag, ATTRIBUTES, Map.of(tag.key(), tag.value())))
            .sorted(Comparator.comparing(Tagged::sortKey))
            .toList();
    Page<Tagged> page = Page.of(request, found, Tagged::sortKey, 5, 1000);
    xml.open("tagSet");
    for (Tagged tag : page.items()) {
      xml.open("item")
          .element("resourceId", tag.resourceId())
          .element("resourceType", tag.type())
          .element("key", tag.key())
          .element("value", tag.value())
          .close("item");
    }
    xml.close("tagSet").element("nextToken", page.nextToken());
  }
}
