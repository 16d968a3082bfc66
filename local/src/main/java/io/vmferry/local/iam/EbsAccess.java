package io.vmferry.local.iam;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.local.edge.AuthorizedCall;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** What the EBS direct APIs' requests ask for. */
final class EbsAccess {
  private final String snapshots;
  private final Function<String, Map<String, String>> tags;

  EbsAccess(String region, Function<String, Map<String, String>> tags) {
    this.snapshots = "arn:aws:ec2:%s::snapshot/".formatted(region);
    this.tags = tags;
  }

  List<Access> of(AuthorizedCall call) {
    String action = "ebs:" + call.operation();
    if (call.operation().equals("StartSnapshot")) {
      return List.of(new Access(action, snapshots + "*", start(JsonBody.of(call))));
    }
    String[] segments = call.path().split("/", -1);
    if (segments.length < 3) {
      return List.of(Access.to(action, "*"));
    }
    boolean completes = segments[2].equals("completion") && segments.length > 3;
    String id = completes ? segments[3] : segments[2];
    return List.of(new Access(action, snapshots + id, Tagged.context(tags.apply(id))));
  }

  private static Map<String, List<String>> start(JsonBody body) {
    Map<String, String> requested = new HashMap<>();
    for (JsonNode tag : body.members("Tags")) {
      requested.put(tag.path("Key").asText(), tag.path("Value").asText());
    }
    Map<String, List<String>> context = new HashMap<>(Tagged.requested(requested));
    body.text("Description").ifPresent(text -> context.put("ebs:Description", List.of(text)));
    body.text("ParentSnapshotId")
        .ifPresent(parent -> context.put("ebs:ParentSnapshot", List.of(parent)));
    if (body.root().path("VolumeSize").isNumber()) {
      context.put("ebs:VolumeSize", List.of(body.root().path("VolumeSize").asText()));
    }
    return context;
  }
}
