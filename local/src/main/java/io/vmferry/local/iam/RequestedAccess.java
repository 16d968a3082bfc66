package io.vmferry.local.iam;

import io.vmferry.local.edge.AuthorizedCall;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** What requests of the services ask for, in the terms of policies. */
final class RequestedAccess {
  private final String region;
  private final String account;
  private final DynamoDbAccess dynamoDb;
  private final EbsAccess ebs;
  private final Ec2Access ec2;

  /**
   * For the services of an account.
   *
   * @param tags the tags of a snapshot or an image
   */
  RequestedAccess(String region, String account, Function<String, Map<String, String>> tags) {
    this.region = region;
    this.account = account;
    this.dynamoDb = new DynamoDbAccess("arn:aws:dynamodb:%s:%s:table/".formatted(region, account));
    this.ebs = new EbsAccess(region, tags);
    this.ec2 = new Ec2Access(region, tags);
  }

  /** Everything that must be allowed for the request to be. */
  List<Access> of(AuthorizedCall call) {
    return switch (call.service()) {
      case "s3" -> S3Access.of(call);
      case "dynamodb" -> dynamoDb.of(call);
      case "ebs" -> ebs.of(call);
      case "ec2" -> ec2.of(call);
      case "states" -> states(call);
      case "lambda" -> lambda(call);
      case "events" -> events(call);
      case "sns" ->
          List.of(Access.to("sns:" + call.operation(), call.parameter("TopicArn").orElse("*")));
      default -> List.of(Access.to(prefix(call.service()) + call.operation(), "*"));
    };
  }

  /** Of these services policies use another name than signatures. */
  private static String prefix(String service) {
    return (service.equals("monitoring") ? "cloudwatch" : service) + ":";
  }

  private static List<Access> states(AuthorizedCall call) {
    JsonBody body = JsonBody.of(call);
    String resource = body.text("executionArn").or(() -> body.text("stateMachineArn")).orElse("*");
    return List.of(Access.to("states:" + call.operation(), resource));
  }

  private List<Access> lambda(AuthorizedCall call) {
    String[] segments = call.path().split("/", -1);
    if (segments.length < 4 || !segments[2].equals("functions")) {
      return List.of(Access.to("lambda:ListFunctions", "*"));
    }
    String name = URLDecoder.decode(segments[3], StandardCharsets.UTF_8);
    String arn =
        name.startsWith("arn:")
            ? name
            : "arn:aws:lambda:%s:%s:function:%s".formatted(region, account, name);
    String qualified =
        call.parameter("Qualifier").map(qualifier -> arn + ":" + qualifier).orElse(arn);
    boolean invokes = segments.length == 5 && segments[4].equals("invocations");
    return List.of(Access.to(invokes ? "lambda:InvokeFunction" : "lambda:GetFunction", qualified));
  }

  private List<Access> events(AuthorizedCall call) {
    if (!call.operation().equals("PutEvents")) {
      return List.of(Access.to("events:" + call.operation(), "*"));
    }
    return JsonBody.of(call).members("Entries").stream()
        .map(
            entry -> {
              String bus = entry.path("EventBusName").asText("default");
              String arn =
                  bus.startsWith("arn:")
                      ? bus
                      : "arn:aws:events:%s:%s:event-bus/%s".formatted(region, account, bus);
              return new Access(
                  "events:PutEvents",
                  arn,
                  Map.of(
                      "events:source", List.of(entry.path("Source").asText()),
                      "events:detail-type", List.of(entry.path("DetailType").asText())));
            })
        .toList();
  }
}
