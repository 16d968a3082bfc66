package io.vmferry.local.ec2;

import io.vmferry.local.ebs.SnapshotStore;
import io.vmferry.local.edge.AwsService;
import io.vmferry.local.edge.ServiceRequest;
import io.vmferry.local.edge.ServiceResponse;
import java.io.IOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** EC2's Query API (version 2016-11-15) of images, snapshots and tags. */
public final class Ec2Service implements AwsService {
  private static final Logger LOG = LoggerFactory.getLogger(Ec2Service.class);
  private static final String VERSION = "2016-11-15";
  private static final int MAX_BODY_BYTES = 1024 * 1024;

  @FunctionalInterface
  private interface Body {
    void answer(Ec2Request request, XmlWriter xml);
  }

  private record Action(Set<String> parameters, Body body) {}

  private static final Pattern FORM_ACTION = Pattern.compile("(?:^|&)Action=([A-Za-z0-9]+)(?:&|$)");
  private static final Pattern CREDENTIAL = Pattern.compile("Credential=([^/,\\s]+)/");

  private final String region;
  private volatile @Nullable Ec2Actions others;
  private final Map<String, Action> actions = new LinkedHashMap<>();
  private final TagActions tags;

  /** Changes exclude each other: whether a snapshot is in use and what uses it belong together. */
  private final Object changes = new Object();

  /**
   * The service.
   *
   * @param root where the images are kept
   */
  public Ec2Service(SnapshotStore snapshots, Path root, Clock clock, String region)
      throws IOException {
    this.region = region;
    ImageStore images = new ImageStore(root.resolve("images"));
    ImageActions image = new ImageActions(snapshots, images, clock);
    SnapshotActions snapshot = new SnapshotActions(snapshots, images);
    TagActions tag = new TagActions(snapshots, images);
    this.tags = tag;
    reading(
        "DescribeSnapshots",
        snapshot::describe,
        "SnapshotId.N",
        "Owner.N",
        "RestorableBy.N",
        "MaxResults",
        "NextToken");
    reading(
        "DescribeImages",
        image::describe,
        "ImageId.N",
        "Owner.N",
        "ExecutableBy.N",
        "IncludeDeprecated",
        "IncludeDisabled",
        "MaxResults",
        "NextToken");
    reading("DescribeTags", tag::describe, "MaxResults", "NextToken");
    reading("DescribeRegions", this::regions, "RegionName.N", "AllRegions");
    reading("DescribeAvailabilityZones", this::zones, "ZoneName.N", "AllAvailabilityZones");
    changing("DeleteSnapshot", (request, xml) -> snapshot.delete(request), Set.of("SnapshotId"));
    changing("DeregisterImage", (request, xml) -> image.deregister(request), Set.of("ImageId"));
    changing(
        "CreateTags",
        (request, xml) -> tag.create(request),
        Set.of("ResourceId.N", "Tag.N.Key", "Tag.N.Value"));
    changing(
        "DeleteTags",
        (request, xml) -> tag.delete(request),
        Set.of("ResourceId.N", "Tag.N.Key", "Tag.N.Value"));
    Action register = new Action(with(RegisterImage.PARAMETERS, "DryRun"), image::register);
    actions.put("RegisterImage", register);
  }

  private static Set<String> with(Set<String> parameters, String... more) {
    Set<String> all = new TreeSet<>(parameters);
    all.addAll(List.of(more));
    return all;
  }

  private void reading(String name, Body body, String... parameters) {
    Set<String> all = with(Filters.PARAMETERS, parameters);
    all.add("DryRun");
    actions.put(
        name,
        new Action(
            all,
            (request, xml) -> {
              stopIfDryRun(request);
              body.answer(request, xml);
            }));
  }

  private void changing(String name, Body body, Set<String> parameters) {
    actions.put(
        name,
        new Action(
            with(parameters, "DryRun"),
            (request, xml) -> {
              body.answer(request, xml);
              xml.element("return", true);
            }));
  }

  /** Ends a request that only asks whether it would succeed. */
  static void stopIfDryRun(Ec2Request request) {
    if (request.isTrue("DryRun")) {
      throw new Ec2Exception(
          412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
    }
  }

  /** Whether a list of owners leaves the account's own things in. */
  static boolean ownedBySelf(List<String> owners, String accountId) {
    return owners.isEmpty() || owners.contains("self") || owners.contains(accountId);
  }

  /** The tags of a snapshot or an image, by its id; none if there is no such thing. */
  public Map<String, String> tagsOf(String resourceId) {
    try {
      return tags.tagsOf(resourceId);
    } catch (Ec2Exception e) {
      LOG.debug("{} has no tags: {}", resourceId, e.getMessage());
      return Map.of();
    }
  }

  @Override
  public String signingName() {
    return "ec2";
  }

  /** Lets somebody else answer some actions. */
  public void attach(Ec2Actions actions) {
    others = actions;
  }

  @Override
  public ServiceResponse handle(ServiceRequest request) throws IOException {
    String id = request.requestId();
    // One byte more shows that there is too much.
    String form = new String(request.body().readNBytes(MAX_BODY_BYTES + 1), StandardCharsets.UTF_8);
    Ec2Actions attached = others;
    if (attached != null && action(request, form).filter(attached::has).isPresent()) {
      return attached.answer(
          new Ec2Actions.Call(request.method(), encoded(request), form, accessKey(request), id));
    }
    try {
      Map<String, String> parameters = parameters(request, form);
      String name = parameters.remove("Action");
      String version = parameters.remove("Version");
      if (name == null) {
        throw new Ec2Exception("MissingAction", "The request has no parameter Action");
      }
      Action action = actions.get(name);
      if (action == null) {
        throw unsupported(name);
      }
      if (version != null && !version.equals(VERSION)) {
        throw new Ec2Exception("NoSuchVersion", "The version " + version + " is not " + VERSION);
      }
      Ec2Request call = Ec2Request.of(parameters);
      call.refuseOthers(name, action.parameters());
      XmlWriter xml = XmlWriter.answer(name, id);
      synchronized (changes) {
        action.body().answer(call, xml);
      }
      return ServiceResponse.of(200, "text/xml;charset=UTF-8", xml.end(name));
    } catch (Ec2Exception e) {
      LOG.debug("{}: {}", e.code(), e.getMessage());
      String message = String.valueOf(e.getMessage());
      return ServiceResponse.of(
          e.status(), "text/xml;charset=UTF-8", XmlWriter.error(e.code(), message, id));
    }
  }

  private static Ec2Exception unsupported(String action) {
    return Ec2Model.hasAction(action)
        ? new Ec2Exception(
            "UnsupportedOperation", "The action " + action + " is not supported here")
        : new Ec2Exception(
            "InvalidAction", "The action " + action + " is not valid for this web service.");
  }

  /** The action that is asked for first; a request that asks for two is refused by either. */
  private static Optional<String> action(ServiceRequest request, String form) {
    Optional<String> inQuery = request.queryParameter("Action");
    if (inQuery.isPresent()) {
      return inQuery;
    }
    Matcher matcher = FORM_ACTION.matcher(form);
    return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  private static String encoded(ServiceRequest request) {
    return request.query().entrySet().stream()
        .flatMap(
            parameter ->
                parameter.getValue().stream()
                    .map(value -> encoded(parameter.getKey()) + "=" + encoded(value)))
        .collect(Collectors.joining("&"));
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static String accessKey(ServiceRequest request) {
    Matcher matcher = CREDENTIAL.matcher(request.header("Authorization").orElse(""));
    return matcher.find()
        ? matcher.group(1)
        : request.queryParameter("X-Amz-Credential").orElse("").split("/", 2)[0];
  }

  private static Map<String, String> parameters(ServiceRequest request, String form) {
    Map<String, String> parameters = new LinkedHashMap<>();
    request
        .query()
        .forEach(
            (name, values) -> {
              if (!name.startsWith("X-Amz-")) {
                values.forEach(value -> put(parameters, name, value));
              }
            });
    for (String pair : form.split("&", -1)) {
      if (!pair.isEmpty()) {
        int equals = pair.indexOf('=');
        put(
            parameters,
            decode(equals < 0 ? pair : pair.substring(0, equals)),
            decode(equals < 0 ? "" : pair.substring(equals + 1)));
      }
    }
    return parameters;
  }

  private static void put(Map<String, String> parameters, String name, String value) {
    if (parameters.put(name, value) != null) {
      throw new Ec2Exception(
          "InvalidQueryParameter", "The parameter " + name + " is given more than once");
    }
  }

  private static String decode(String encoded) {
    try {
      return URLDecoder.decode(encoded, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new Ec2Exception("MalformedQueryString", "The parameters cannot be decoded");
    }
  }

  private void regions(Ec2Request request, XmlWriter xml) {
    Filters filters = Filters.of(request);
    filters.refuseUnknown(Set.of("region-name"));
    List<String> names = request.strings("RegionName");
    if (!names.isEmpty() && !names.equals(List.of(region))) {
      throw new Ec2Exception("InvalidParameterValue", "Invalid region names provided: " + names);
    }
    boolean matches = filters.match(region, Map.of("region-name", name -> List.of(name)), Map.of());
    xml.open("regionInfo");
    if (matches) {
      xml.open("item")
          .element("regionName", region)
          .element("regionEndpoint", "ec2." + region + ".amazonaws.com")
          .element("optInStatus", "opt-in-not-required")
          .close("item");
    }
    xml.close("regionInfo");
  }

  private void zones(Ec2Request request, XmlWriter xml) {
    Filters filters = Filters.of(request);
    filters.refuseUnknown(Set.of("region-name", "zone-name"));
    List<String> names = request.strings("ZoneName");
    xml.open("availabilityZoneInfo");
    for (String letter : List.of("a", "b", "c")) {
      String zone = region + letter;
      boolean matches =
          filters.match(
              zone,
              Map.of("region-name", name -> List.of(region), "zone-name", name -> List.of(name)),
              Map.of());
      if (matches && (names.isEmpty() || names.contains(zone))) {
        xml.open("item")
            .element("zoneName", zone)
            .element("zoneState", "available")
            .element("regionName", region)
            .close("item");
      }
    }
    xml.close("availabilityZoneInfo");
  }
}
