package io.vmferry.functions.aws;

import static io.vmferry.functions.aws.TestClients.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.error.ErrorCode;
import io.vmferry.functions.aws.ScriptedServer.Answer;
import io.vmferry.functions.port.SnapshotStore;
import io.vmferry.functions.task.Effect;
import java.net.URI;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AwsFailuresTest {
  private static final String TASK = "import-ami-0123456789abcdef0";

  private final ScriptedServer server = new ScriptedServer();

  @AfterEach
  void close() {
    server.close();
  }

  private EbsSnapshotStore snapshots() {
    return new EbsSnapshotStore(
        () -> TestClients.ebs(server.endpoint()), () -> TestClients.ec2(server.endpoint()));
  }

  private static Answer json(int status, String code) {
    return Answer.of(
        status,
        Map.of("x-amzn-ErrorType", code, "x-amzn-RequestId", "request-1"),
        "{\"__type\":\"%s\",\"message\":\"it  went\\nwrong\",\"Message\":\"it  went\\nwrong\"}"
            .formatted(code));
  }

  private static Answer xml(int status, String code) {
    return Answer.of(
        status,
        Map.of("Content-Type", "text/xml"),
        "<Response><Errors><Error><Code>%s</Code><Message>it went wrong</Message></Error></Errors><RequestID>request-1</RequestID></Response>"
            .formatted(code));
  }

  private static SnapshotStore.Request request() {
    return new SnapshotStore.Request(1, "", "token", Optional.empty(), Optional.empty(), Map.of());
  }

  @ParameterizedTest
  @CsvSource({
    "400, ThrottlingException, SERVICE_THROTTLED, 3",
    "400, RequestThrottledException, SERVICE_THROTTLED, 3",
    "429, TooManyRequests, SERVICE_THROTTLED, 3",
    "402, ServiceQuotaExceededException, SERVICE_THROTTLED, 1",
    "403, AccessDeniedException, SERVICE_ACCESS_DENIED, 1",
    "403, UnrecognizedClientException, SERVICE_ACCESS_DENIED, 1",
    "403, ExpiredTokenException, SERVICE_UNAVAILABLE, 1",
    "500, InternalServerException, SERVICE_UNAVAILABLE, 3",
    "503, ServiceUnavailable, SERVICE_UNAVAILABLE, 3",
    "400, ValidationException, PARAMETER_INVALID, 1",
    "409, ConflictException, CLIENT_TOKEN_CONFLICT, 1",
    "400, SomethingNew, INTERNAL, 1",
  })
  void tellsWhatAFailureOfEbsMeans(int status, String code, ErrorCode expected, int attempts) {
    server.answer(json(status, code));

    assertFails(expected, () -> snapshots().start(request()))
        .hasMessageContaining(code)
        .hasMessageContaining("'it went wrong' (HTTP " + status);
    assertThat(server.requests()).hasSize(attempts);
  }

  @ParameterizedTest
  @CsvSource({
    "503, RequestLimitExceeded, SERVICE_THROTTLED",
    "400, UnauthorizedOperation, SERVICE_ACCESS_DENIED",
    "400, AuthFailure, SERVICE_ACCESS_DENIED",
    "500, InternalError, SERVICE_UNAVAILABLE",
    "503, Unavailable, SERVICE_UNAVAILABLE",
    "400, InvalidSnapshot.NotFound, SNAPSHOT_NOT_FOUND",
    "400, UnknownParameter, INTERNAL",
  })
  void tellsWhatAFailureOfEc2Means(int status, String code, ErrorCode expected) {
    server.answer(xml(status, code));

    assertFails(expected, () -> snapshots().state("snap-1")).hasMessageContaining("snap-1");
  }

  @ParameterizedTest
  @CsvSource({
    "400, com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException, SERVICE_THROTTLED",
    "400, com.amazon.coral.service#ThrottlingException, SERVICE_THROTTLED",
    "400, com.amazon.coral.service#AccessDeniedException, SERVICE_ACCESS_DENIED",
    "500, com.amazonaws.dynamodb.v20120810#InternalServerError, SERVICE_UNAVAILABLE",
    "400, com.amazonaws.dynamodb.v20120810#ResourceNotFoundException, INTERNAL",
  })
  void tellsWhatAFailureOfDynamoDbMeans(int status, String type, ErrorCode expected) {
    server.answer(
        Answer.of(
            status,
            Map.of("x-amzn-RequestId", "request-1"),
            "{\"__type\":\"%s\",\"message\":\"it went wrong\"}".formatted(type)));
    DynamoDbEffectStore store =
        new DynamoDbEffectStore(
            () -> TestClients.dynamoDb(server.endpoint()), "table", Clock.systemUTC());

    assertFails(expected, () -> store.record(TASK, new Effect(Effect.Kind.IMAGE, "ami-1")))
        .hasMessageContaining("dynamodb:PutItem on an effect of " + TASK);
  }

  @Test
  void namesThePermissionThatIsMissingAndTheRequest() {
    server.answer(json(403, "AccessDeniedException"));

    assertFails(ErrorCode.SERVICE_ACCESS_DENIED, () -> snapshots().start(request()))
        .hasMessageContaining("ebs:StartSnapshot on a snapshot of 1 GiB: AccessDeniedException")
        .hasMessageContaining("request request-1");
  }

  @Test
  void aConnectionThatIsCutIsAServiceThatDoesNotAnswer() {
    server.answer(Answer.cut(200, Map.of(), new byte[1000], 10));

    assertFails(ErrorCode.SERVICE_UNAVAILABLE, () -> snapshots().start(request()));
    assertThat(server.requests()).hasSize(3);
  }

  @Test
  void aPortNobodyListensOnIsAServiceThatDoesNotAnswer() {
    URI endpoint = server.endpoint();
    server.close();
    EbsSnapshotStore store =
        new EbsSnapshotStore(() -> TestClients.ebs(endpoint), () -> TestClients.ec2(endpoint));

    assertFails(ErrorCode.SERVICE_UNAVAILABLE, () -> store.start(request()))
        .hasMessageContaining("ebs:StartSnapshot")
        .hasMessageContaining("no answer");
  }

  @Test
  void anInterruptedCallEndsAndTheThreadStaysInterrupted() {
    server.answer(json(200, ""));
    try {
      Thread.currentThread().interrupt();

      assertFails(ErrorCode.SERVICE_UNAVAILABLE, () -> snapshots().start(request()));
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
    } finally {
      Thread.interrupted();
    }
  }
}
