package io.vmferry.local.sns;

import io.vmferry.local.edge.AwsService;
import io.vmferry.local.edge.ServiceRequest;
import io.vmferry.local.edge.ServiceResponse;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The SNS Query API (version 2010-03-31): CreateTopic, ListTopics and Publish. Parameters that are
 * not known are refused.
 */
public final class SnsService implements AwsService {
  private static final String VERSION = "2010-03-31";
  private static final String NAMESPACE = "http://sns.amazonaws.com/doc/2010-03-31/";
  private static final String INVALID = "InvalidParameter";
  private static final int MAX_BODY = 1 << 20;
  private static final int LONGEST_MESSAGE = 256 << 10;
  private static final int LONGEST_SUBJECT = 100;

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,256}");
  private static final Pattern SUBJECT = Pattern.compile("[\\x21-\\x7e][\\x20-\\x7e]*");
  private static final Pattern ATTRIBUTE =
      Pattern.compile(
          "MessageAttributes\\.entry\\.(\\d{1,2})\\.(Name|Value\\.(DataType|StringValue))");

  private final Topics topics;

  /** The API of topics. */
  public SnsService(Topics topics) {
    this.topics = topics;
  }

  /** An error of the API. */
  private static final class SnsException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final String code;
    private final int status;

    SnsException(String code, int status, String message) {
      super(message);
      this.code = code;
      this.status = status;
    }
  }

  @Override
  public String signingName() {
    return "sns";
  }

  @Override
  public ServiceResponse handle(ServiceRequest request) throws IOException {
    try {
      Map<String, String> parameters = parameters(request);
      String action = parameters.getOrDefault("Action", "");
      parameters.remove("Action");
      String version = parameters.remove("Version");
      if (!VERSION.equals(version)) {
        throw new SnsException(
            "InvalidAction", 400, "The version " + version + " of " + action + " is not known");
      }
      String result =
          switch (action) {
            case "CreateTopic" -> createTopic(parameters);
            case "ListTopics" -> listTopics(parameters);
            case "Publish" -> publish(parameters);
            default ->
                throw new SnsException(
                    "InvalidAction", 400, "The action " + action + " is not supported here");
          };
      String xml =
          "<%1$sResponse xmlns=\"%2$s\"><%1$sResult>%3$s</%1$sResult><ResponseMetadata><RequestId>%4$s</RequestId></ResponseMetadata></%1$sResponse>"
              .formatted(action, NAMESPACE, result, request.requestId());
      return ServiceResponse.of(200, "text/xml", xml);
    } catch (SnsException e) {
      String xml =
          "<ErrorResponse xmlns=\"%s\"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>%s</RequestId></ErrorResponse>"
              .formatted(
                  NAMESPACE, e.code, escaped(String.valueOf(e.getMessage())), request.requestId());
      return ServiceResponse.of(e.status, "text/xml", xml);
    }
  }

  private static Map<String, String> parameters(ServiceRequest request) throws IOException {
    byte[] body = request.body().readNBytes(MAX_BODY + 1);
    if (body.length > MAX_BODY) {
      throw new SnsException(INVALID, 400, "The request has more than 1 MiB");
    }
    Map<String, String> parameters = new LinkedHashMap<>();
    request.query().forEach((name, values) -> parameters.put(name, values.getFirst()));
    String form = new String(body, StandardCharsets.UTF_8);
    for (String pair : form.isEmpty() ? new String[0] : form.split("&", -1)) {
      int equals = pair.indexOf('=');
      try {
        String name =
            URLDecoder.decode(pair.substring(0, Math.max(0, equals)), StandardCharsets.UTF_8);
        String value = URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8);
        if (equals < 0 || parameters.put(name, value) != null) {
          throw new SnsException(INVALID, 400, "'" + pair + "' is not understood");
        }
      } catch (IllegalArgumentException e) {
        throw new SnsException(INVALID, 400, "'" + pair + "' is not encoded as it should be");
      }
    }
    return parameters;
  }

  private static void refuseOthers(Map<String, String> parameters, Set<String> known) {
    for (String name : parameters.keySet()) {
      if (!known.contains(name)) {
        throw new SnsException(INVALID, 400, "The parameter " + name + " is not supported here");
      }
    }
  }

  private String createTopic(Map<String, String> parameters) {
    refuseOthers(parameters, Set.of("Name"));
    String name = parameters.getOrDefault("Name", "");
    if (!NAME.matcher(name).matches()) {
      throw new SnsException(INVALID, 400, "Invalid parameter: Topic Name");
    }
    return "<TopicArn>" + topics.create(name) + "</TopicArn>";
  }

  private String listTopics(Map<String, String> parameters) {
    refuseOthers(parameters, Set.of());
    return topics.arns().stream()
        .map(arn -> "<member><TopicArn>" + arn + "</TopicArn></member>")
        .collect(Collectors.joining("", "<Topics>", "</Topics>"));
  }

  private String publish(Map<String, String> parameters) {
    Map<String, String> attributes = attributes(parameters);
    refuseOthers(parameters, Set.of("TopicArn", "Subject", "Message"));
    String topic = parameters.getOrDefault("TopicArn", "");
    String message = parameters.getOrDefault("Message", "");
    Optional<String> subject = Optional.ofNullable(parameters.get("Subject"));
    if (message.isEmpty()) {
      throw new SnsException(INVALID, 400, "Invalid parameter: Empty message");
    }
    if (message.getBytes(StandardCharsets.UTF_8).length > LONGEST_MESSAGE) {
      throw new SnsException(INVALID, 400, "Invalid parameter: Message too long");
    }
    subject
        .filter(text -> text.length() > LONGEST_SUBJECT || !SUBJECT.matcher(text).matches())
        .ifPresent(
            text -> {
              throw new SnsException(INVALID, 400, "Invalid parameter: Subject");
            });
    if (!topics.has(topic)) {
      throw new SnsException("NotFound", 404, "Topic does not exist");
    }
    return "<MessageId>" + topics.publish(topic, subject, message, attributes) + "</MessageId>";
  }

  /** Takes the attributes out of the parameters. */
  private static Map<String, String> attributes(Map<String, String> parameters) {
    Map<Integer, Map<String, String>> entries = new TreeMap<>();
    parameters
        .entrySet()
        .removeIf(
            parameter -> {
              Matcher matcher = ATTRIBUTE.matcher(parameter.getKey());
              if (!matcher.matches()) {
                return false;
              }
              entries
                  .computeIfAbsent(
                      Integer.parseInt(matcher.group(1)), ignored -> new LinkedHashMap<>())
                  .put(matcher.group(2), parameter.getValue());
              return true;
            });
    Map<String, String> attributes = new TreeMap<>();
    for (Map<String, String> entry : entries.values()) {
      String name = entry.getOrDefault("Name", "");
      String value = entry.getOrDefault("Value.StringValue", "");
      if (name.isEmpty() || !"String".equals(entry.get("Value.DataType")) || value.isEmpty()) {
        throw new SnsException(
            "ParameterValueInvalid",
            400,
            "The message attribute '" + name + "' must contain a non-empty value of type String");
      }
      attributes.put(name, value);
    }
    return attributes;
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
