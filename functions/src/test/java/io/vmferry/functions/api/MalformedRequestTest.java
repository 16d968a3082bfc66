package io.vmferry.functions.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Generated requests that are wrong in one way or several. The seed makes each run the same; {@code
 * -Dapi.malformed=N} makes more of them.
 */
class MalformedRequestTest {
  private static final int REQUESTS = Integer.getInteger("api.malformed", 10_000);
  private static final String BOMB =
      "<!DOCTYPE b [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><b>&b;</b>";
  private static final List<String> VALUES =
      List.of(
          "",
          " ",
          "0",
          "-1",
          "2147483648",
          "99999999999999999999999999",
          "1e999",
          "NaN",
          "true",
          "TRUE",
          "yes",
          "null",
          "\u0000",
          "\uFFFF",
          "<a>&\"'",
          "]]>",
          "../../etc/passwd",
          "s3://",
          "s3://b",
          "s3:///k",
          "https://",
          "https://user:secret@127.0.0.1/x?token=secret",
          "file:///etc/passwd",
          "snapshot:snap-x",
          "snap-12345678",
          "ami-12345678",
          "import-ami-00000000000000000",
          "import-snap-0",
          "export-ami-00000000",
          "alias/x",
          "arn:aws:kms:x",
          "2026-13-45T99:00:00Z",
          "ova",
          "VMDK",
          "\uD83D\uDE00",
          "import-image-task",
          "task-state");

  private final Random random = new Random(20_161_115);
  private final Service service = new Service();

  @Test
  void everyMalformedRequestGetsAWellFormedErrorThatIsNoFaultOfOurs() {
    Map<String, Integer> codes = new HashMap<>();
    int succeeded = 0;
    for (int i = 0; i < REQUESTS; i++) {
      ApiRequest request = request();
      Answer answer = Answer.of(service.answer(request));
      String shown = request.toString();
      assertThat(answer.status())
          .as("request %d: %s", i, shown.substring(0, Math.min(2_000, shown.length())))
          .isBetween(200, 499);
      if (answer.status() == 200) {
        // What is left of a request by chance can be right.
        succeeded++;
        continue;
      }
      answer.isError(answer.status(), answer.text("Code"));
      assertThat(answer.text("Message")).hasSizeLessThan(2_000).doesNotContain("secret");
      codes.merge(answer.text("Code"), 1, Integer::sum);
    }
    assertThat(succeeded).isLessThan(REQUESTS / 10);
    // The generator reaches every kind of refusal, and not one of them only.
    assertThat(codes)
        .containsKeys(
            "MissingAction",
            "InvalidAction",
            "UnsupportedOperation",
            "UnknownParameter",
            "MissingParameter",
            "InvalidParameterValue",
            "InvalidParameterCombination",
            "InvalidQueryParameter",
            "MalformedQueryString",
            "NoSuchVersion",
            "RequestEntityTooLarge",
            "MethodNotAllowed",
            "MissingAuthenticationToken",
            "InvalidConversionTaskId.Malformed");
  }

  private ApiRequest request() {
    ApiAction action = pick(List.of(ApiAction.values()));
    List<String> pairs = new ArrayList<>();
    String name = random.nextInt(12) == 0 ? pick(VALUES) : action.actionName();
    if (random.nextInt(20) != 0) {
      pairs.add("Action=" + encode(random.nextInt(20) == 0 ? "RunInstances" : name));
    }
    pairs.add("Version=" + (random.nextInt(20) == 0 ? "1999-01-01" : "2016-11-15"));
    for (ApiParameter parameter : action.parameters()) {
      if (random.nextInt(3) == 0) {
        pairs.add(pair(parameter));
      }
    }
    int defects = 1 + random.nextInt(3);
    for (int i = 0; i < defects; i++) {
      spoil(pairs);
    }
    Collections.shuffle(pairs, random);
    String text = String.join("&", pairs);
    boolean get = random.nextInt(4) == 0;
    String method = random.nextInt(50) == 0 ? "DELETE" : get ? "GET" : "POST";
    return new ApiRequest(
        method,
        get ? text : "",
        get ? "" : body(text),
        random.nextInt(100) == 0 ? Optional.empty() : Optional.of(Service.CALLER),
        Service.REQUEST_ID);
  }

  private String pair(ApiParameter parameter) {
    String name = parameter.name();
    while (name.contains(".N")) {
      name = name.replaceFirst("\\.N", "." + (random.nextInt(10) == 0 ? index() : 1));
    }
    return encode(name) + "=" + encode(value());
  }

  private String index() {
    return pick(List.of("0", "01", "-1", "N", "99999999999", "x", "", "9999", "2"));
  }

  private String value() {
    return switch (random.nextInt(250)) {
      case 0 -> "x".repeat(1 + random.nextInt(100_000));
      case 1 -> BOMB;
      case 2 -> Base64.getEncoder().encodeToString(bytes());
      default -> pick(VALUES);
    };
  }

  private byte[] bytes() {
    byte[] bytes = new byte[1 + random.nextInt(64)];
    random.nextBytes(bytes);
    return bytes;
  }

  private void spoil(List<String> pairs) {
    switch (random.nextInt(10)) {
      case 0 -> pairs.add(pick(pairs));
      case 1 -> pairs.add("%" + "Zz");
      case 2 -> pairs.add("Description=%C3%28%FF");
      case 3 -> pairs.add(encode(value()) + "=1");
      case 4 -> pairs.add("DiskContainer=" + encode(value()));
      case 5 -> pairs.remove(random.nextInt(pairs.size()));
      case 6 -> pairs.add("DiskContainer.1.UserBucket.S3Bucket.Deeper.1=1");
      case 7 -> pairs.add("=" + encode(value()));
      case 8 -> pairs.add("DryRun=" + encode(value()));
      default -> pairs.add("DiskContainer.1." + "A".repeat(random.nextInt(300)) + "=" + value());
    }
    if (random.nextInt(400) == 0) {
      pairs.add("Description=" + "y".repeat(QueryString.MOST_BYTES));
    }
    if (pairs.isEmpty()) {
      pairs.add("Nothing=1");
    }
  }

  /** The form; now and then something else. */
  private String body(String form) {
    return switch (random.nextInt(30)) {
      case 0 -> BOMB;
      case 1 -> "{\"Action\":\"ImportImage\"}";
      case 2 -> new String(bytes(), StandardCharsets.ISO_8859_1);
      default -> form;
    };
  }

  private <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private static String encode(String text) {
    return Service.encode(text);
  }
}
