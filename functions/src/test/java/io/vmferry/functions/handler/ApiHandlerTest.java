package io.vmferry.functions.handler;

import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.lambda.runtime.ClientContext;
import com.amazonaws.services.lambda.runtime.CognitoIdentity;
import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.LambdaLogger;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmferry.functions.json.Json;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Events as Lambda's documentation of function URLs shows them. */
class ApiHandlerTest {
  private static final String EVENT =
      """
      {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/",
        "rawQueryString": "",
        "cookies": ["cookie1"],
        "headers": {"content-type": "application/x-www-form-urlencoded; charset=utf-8"},
        "requestContext": {
          "accountId": "123456789012",
          "apiId": "<urlid>",
          "authentication": null,
          "authorizer": {
            "iam": {
              "accessKey": "AKIAEXAMPLE",
              "accountId": "111122223333",
              "callerId": "AIDAEXAMPLE",
              "cognitoIdentity": null,
              "principalOrgId": null,
              "userArn": "arn:aws:iam::111122223333:user/example-user",
              "userId": "AIDAEXAMPLE"
            }
          },
          "domainName": "<url-id>.lambda-url.us-west-2.on.aws",
          "http": {
            "method": "POST",
            "path": "/",
            "protocol": "HTTP/1.1",
            "sourceIp": "203.0.113.1",
            "userAgent": "agent"
          },
          "requestId": "id-of-the-request",
          "time": "12/Mar/2026:19:03:58 +0000",
          "timeEpoch": 1583348638390
        },
        "body": "Action=DescribeImportImageTasks&Version=2016-11-15",
        "pathParameters": null,
        "isBase64Encoded": false,
        "stageVariables": null,
        "addedByLambdaTomorrow": {"x": 1}
      }
      """;

  private final Pipeline pipeline = new Pipeline(1);

  private JsonNode handle(ObjectNode event) throws IOException {
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    new ApiHandler(pipeline.api())
        .handleRequest(
            new ByteArrayInputStream(event.toString().getBytes(StandardCharsets.UTF_8)),
            output,
            new OfFunction());
    return Json.mapper().readTree(output.toByteArray());
  }

  private static ObjectNode event() {
    return (ObjectNode) Json.read(EVENT, JsonNode.class);
  }

  @Test
  void answersAnEventOfAFunctionUrl() throws IOException {
    JsonNode response = handle(event());

    assertThat(response.path("statusCode").asInt()).isEqualTo(200);
    assertThat(response.path("headers").path("Content-Type").asText())
        .isEqualTo("text/xml;charset=UTF-8");
    assertThat(response.path("isBase64Encoded").asBoolean()).isFalse();
    assertThat(response.path("body").asText())
        .contains("<DescribeImportImageTasksResponse")
        .contains("<requestId>id-of-the-request</requestId>");
  }

  @Test
  void readsABodyThatLambdaHasEncoded() throws IOException {
    ObjectNode event = event();
    byte[] form = "Action=CancelImportTask&ImportTaskId=x%20y".getBytes(StandardCharsets.UTF_8);
    event.put("isBase64Encoded", true).put("body", Base64.getEncoder().encodeToString(form));

    assertThat(handle(event).path("body").asText())
        .contains("InvalidConversionTaskId.Malformed")
        .contains("'x y'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"%%%", "not base64!"})
  void aBodyThatIsNotWhatItSaysIsMalformed(String body) throws IOException {
    ObjectNode event = event();
    event.put("isBase64Encoded", true).put("body", body);

    JsonNode response = handle(event);

    assertThat(response.path("statusCode").asInt()).isEqualTo(400);
    assertThat(response.path("body").asText()).contains("MalformedQueryString");
  }

  @Test
  void readsAGetRequest() throws IOException {
    ObjectNode event = event();
    event.put("rawQueryString", "Action=DescribeImportSnapshotTasks&Version=2016-11-15");
    event.remove("body");
    ((ObjectNode) event.path("requestContext").path("http")).put("method", "GET");

    assertThat(handle(event).path("body").asText())
        .contains("<DescribeImportSnapshotTasksResponse");
  }

  @ParameterizedTest
  @ValueSource(strings = {"iam", "authorizer", "requestContext"})
  void refusesWhomIamHasNotFound(String missing) throws IOException {
    ObjectNode event = event();
    event.findParents(missing).forEach(parent -> ((ObjectNode) parent).remove(missing));

    JsonNode response = handle(event);

    assertThat(response.path("statusCode").asInt()).isEqualTo(403);
    assertThat(response.path("body").asText()).contains("MissingAuthenticationToken");
  }

  @Test
  void aKeysIdIsOfTheFunctionsAccountAndRegion() throws IOException {
    pipeline.objects.put("b", "disk.raw", new byte[] {1});
    ObjectNode event = event();
    event.put(
        "body",
        "Action=ImportSnapshot&DiskContainer.Url=s3%3A%2F%2Fb%2Fdisk.raw&DiskContainer.Format=raw"
            + "&Encrypted=true&KmsKeyId=0ea3fef3");

    assertThat(handle(event).path("body").asText())
        .contains("<kmsKeyId>arn:aws-cn:kms:cn-north-1:444455556666:key/0ea3fef3</kmsKeyId>");
  }

  /** The context of an invocation; of it the handler reads the function's ARN. */
  private static final class OfFunction implements Context {
    @Override
    public String getAwsRequestId() {
      return "another";
    }

    @Override
    public String getLogGroupName() {
      return "";
    }

    @Override
    public String getLogStreamName() {
      return "";
    }

    @Override
    public String getFunctionName() {
      return "api";
    }

    @Override
    public String getFunctionVersion() {
      return "1";
    }

    @Override
    public String getInvokedFunctionArn() {
      return "arn:aws-cn:lambda:cn-north-1:444455556666:function:api:live";
    }

    @Override
    public CognitoIdentity getIdentity() {
      throw new UnsupportedOperationException();
    }

    @Override
    public ClientContext getClientContext() {
      throw new UnsupportedOperationException();
    }

    @Override
    public int getRemainingTimeInMillis() {
      return 1000;
    }

    @Override
    public int getMemoryLimitInMB() {
      return 512;
    }

    @Override
    public LambdaLogger getLogger() {
      throw new UnsupportedOperationException();
    }
  }
}
