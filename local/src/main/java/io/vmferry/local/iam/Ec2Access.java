package io.vmferry.local.iam;

import io.vmferry.local.edge.AuthorizedCall;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What EC2's requests ask for. */
final class Ec2Access {
  private static final Pattern SNAPSHOT =
      Pattern.compile("BlockDeviceMapping\\.[0-9]+\\.Ebs\\.SnapshotId");
  private static final Pattern TAG = Pattern.compile("Tag\\.([0-9]+)\\.Key");
  private static final Pattern SPECIFIED_TAG =
      Pattern.compile("TagSpecification\\.([0-9]+)\\.Tag\\.([0-9]+)\\.Key");

  private final String region;
  private final Function<String, Map<String, String>> tags;

  Ec2Access(String region, Function<String, Map<String, String>> tags) {
    this.region = region;
    this.tags = tags;
  }

  List<Access> of(AuthorizedCall call) {
    String action = "ec2:" + call.operation();
    return switch (call.operation()) {
      case "RegisterImage" -> registerImage(call);
      case "DeregisterImage" -> List.of(existing(action, call.parameter("ImageId").orElse("*")));
      case "DeleteSnapshot" -> List.of(existing(action, call.parameter("SnapshotId").orElse("*")));
      case "CreateTags", "DeleteTags" -> tagging(action, call);
      default -> List.of(Access.to(action, "*"));
    };
  }

  private List<Access> registerImage(AuthorizedCall call) {
    Map<String, List<String>> requested = Tagged.requested(specified(call));
    List<Access> asked = new ArrayList<>();
    asked.add(new Access("ec2:RegisterImage", arn("image", "*"), requested));
    call.parameters()
        .forEach(
            (name, values) -> {
              if (SNAPSHOT.matcher(name).matches()) {
                values.forEach(id -> asked.add(existing("ec2:RegisterImage", id)));
              }
            });
    if (!requested.isEmpty()) {
      Map<String, List<String>> context = new HashMap<>(requested);
      context.put("ec2:CreateAction", List.of("RegisterImage"));
      asked.add(new Access("ec2:CreateTags", arn("image", "*"), context));
    }
    return asked;
  }

  private List<Access> tagging(String action, AuthorizedCall call) {
    Map<String, String> given = new HashMap<>();
    call.parameters()
        .forEach(
            (name, values) -> {
              Matcher tag = TAG.matcher(name);
              if (tag.matches()) {
                given.put(
                    values.getFirst(), call.parameter("Tag." + tag.group(1) + ".Value").orElse(""));
              }
            });
    List<Access> asked = new ArrayList<>();
    call.parameters()
        .forEach(
            (name, values) -> {
              if (name.startsWith("ResourceId.")) {
                Access existing = existing(action, values.getFirst());
                Map<String, List<String>> context = new HashMap<>(existing.context());
                context.putAll(Tagged.requested(given));
                asked.add(new Access(action, existing.resource(), context));
              }
            });
    return asked;
  }

  private static Map<String, String> specified(AuthorizedCall call) {
    Map<String, String> specified = new HashMap<>();
    call.parameters()
        .forEach(
            (name, values) -> {
              Matcher tag = SPECIFIED_TAG.matcher(name);
              if (tag.matches()) {
                String value =
                    "TagSpecification.%s.Tag.%s.Value".formatted(tag.group(1), tag.group(2));
                specified.put(values.getFirst(), call.parameter(value).orElse(""));
              }
            });
    return specified;
  }

  private Access existing(String action, String id) {
    Map<String, List<String>> context = new HashMap<>(Tagged.context(tags.apply(id)));
    context.put("ec2:Region", List.of(region));
    String kind = id.startsWith("ami-") ? "image" : id.startsWith("snap-") ? "snapshot" : "*";
    return new Access(action, arn(kind, id), context);
  }

  /** Images and snapshots have no account in their ARNs. */
  private String arn(String kind, String id) {
    return "arn:aws:ec2:%s::%s/%s".formatted(region, kind, id);
  }
}
