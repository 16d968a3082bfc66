package io.vmferry.functions.aws;

import static io.vmferry.functions.aws.TestClients.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.error.ErrorCode;
import io.vmferry.functions.aws.ScriptedServer.Answer;
import io.vmferry.functions.aws.ScriptedServer.Request;
import io.vmferry.functions.fake.TestClock;
import io.vmferry.functions.port.SnapshotReader;
import io.vmferry.functions.port.SnapshotStore;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class EbsSnapshotStoreTest {
  private static final String ID = "snap-0123456789abcdef0";
  private static final Instant START = Instant.parse("2026-03-01T10:00:00Z");
  private static final Answer WRITTEN =
      Answer.of(201, Map.of("x-amz-Checksum", "abc", "x-amz-Checksum-Algorithm", "SHA256"), "");

  private final ScriptedServer server = new ScriptedServer();
  private final TestClock clock = new TestClock(START);
  private final AtomicInteger pauses = new AtomicInteger();

  @AfterEach
  void close() {
    server.close();
  }

  private EbsSnapshotStore store(Sleeper sleeper) {
    var ebs = TestClients.ebs(server.endpoint());
    var ec2 = TestClients.ec2(server.endpoint());
    return new EbsSnapshotStore(
        () -> ebs,
        () -> ec2,
        clock,
        duration -> {
          pauses.incrementAndGet();
          sleeper.sleep(duration);
        });
  }

  private EbsSnapshotStore store() {
    return store(clock::advance);
  }

  private static Answer error(int status, String code, String reason) {
    return Answer.of(
        status,
        Map.of("x-amzn-ErrorType", code),
        "{\"Message\":\"as told\",\"Reason\":\"%s\"}".formatted(reason));
  }

  private static final Answer UNKNOWN =
      error(404, "ResourceNotFoundException", "SNAPSHOT_NOT_FOUND");

  private static Answer ec2Error(String code) {
    return Answer.of(
        400,
        Map.of("Content-Type", "text/xml"),
        "<Response><Errors><Error><Code>%s</Code><Message>as told</Message></Error></Errors></Response>"
            .formatted(code));
  }

  private static void put(SnapshotStore store) {
    ByteBuffer block = ByteBuffer.allocate(SnapshotStore.BLOCK_SIZE).put(0, (byte) 42);
    store.putBlock(ID, 7, block, new byte[32]);
  }

  @Test
  void sendsABlockWithItsChecksumAndTriesAgainWithTheWholeOfIt() {
    server.answer(error(500, "InternalServerException", ""), WRITTEN);

    put(store());

    assertThat(server.requests()).hasSize(2);
    Request sent = server.requests().getLast();
    assertThat(sent.method()).isEqualTo("PUT");
    assertThat(sent.uri().getPath()).isEqualTo("/snapshots/" + ID + "/blocks/7");
    assertThat(sent.length()).isEqualTo(SnapshotStore.BLOCK_SIZE);
    assertThat(sent.firstBytes().getFirst()).isEqualTo((byte) 42);
    assertThat(sent.header("x-amz-Checksum"))
        .contains(Base64.getEncoder().encodeToString(new byte[32]));
    assertThat(sent.header("x-amz-Data-Length")).contains("524288");
    assertThat(sent.header("Content-Encoding")).isEmpty();
    assertThat(sent.header("x-amz-trailer")).isEmpty();
  }

  @Test
  void waitsForASnapshotThatIsNotThereYet() {
    server.answer(UNKNOWN, UNKNOWN, UNKNOWN, WRITTEN);

    put(store());

    assertThat(server.requests()).hasSize(4);
    assertThat(pauses).hasValue(3);
  }

  @Test
  void givesASnapshotUpThatDoesNotComeWithinTwoMinutes() {
    server.answer(UNKNOWN);
    EbsSnapshotStore store = store();

    assertFails(ErrorCode.SNAPSHOT_NOT_FOUND, () -> put(store)).hasMessageContaining(ID);

    assertThat(Duration.between(START, clock.instant()))
        .isBetween(Duration.ofMinutes(2), Duration.ofSeconds(126));
    int requests = server.requests().size();
    assertFails(ErrorCode.SNAPSHOT_NOT_FOUND, () -> put(store));
    // The next block does not wait anew.
    assertThat(server.requests()).hasSize(requests + 1);
  }

  @Test
  void doesNotWaitForASnapshotThatWasThere() {
    server.answer(WRITTEN, UNKNOWN);
    EbsSnapshotStore store = store();
    put(store);

    assertFails(ErrorCode.SNAPSHOT_NOT_FOUND, () -> put(store));

    assertThat(pauses).hasValue(0);
  }

  @Test
  void stopsWaitingWhenInterrupted() {
    server.answer(UNKNOWN);
    EbsSnapshotStore store =
        store(
            duration -> {
              throw new InterruptedException("stop");
            });
    try {
      assertFails(ErrorCode.SERVICE_UNAVAILABLE, () -> put(store));

      assertThat(Thread.currentThread().isInterrupted()).isTrue();
      assertThat(server.requests()).hasSize(1);
    } finally {
      Thread.interrupted();
    }
  }

  @Test
  void getsThroughBothKindsOfThrottlingWithTheClientsOfTheFunctions() {
    server.answer(
        error(400, "RequestThrottledException", "RESOURCE_LEVEL_THROTTLE"),
        error(400, "ThrottlingException", "ACCOUNT_THROTTLED"),
        WRITTEN);
    try (AwsClients clients =
        AwsClients.forEndpoint(server.endpoint(), "eu-west-1", "id", "secret")) {
      put(new EbsSnapshotStore(clients::ebs, clients::ec2));
    }

    assertThat(server.requests()).hasSize(3);
    // The block's own checksum is the only one that is computed.
    assertThat(server.requests())
        .allMatch(
            request ->
                request.header("x-amz-content-sha256").equals(Optional.of("UNSIGNED-PAYLOAD")))
        .allMatch(request -> request.header("Authorization").orElse("").startsWith("AWS4-HMAC"))
        .noneMatch(request -> request.headers().containsKey("X-amz-trailer"));
  }

  @Test
  void aSnapshotThatTakesNoBlocksMoreButExistsWasCompletedBefore() {
    server.answer(
        error(400, "ValidationException", "INVALID_SNAPSHOT_ID"),
        Answer.of(
            200,
            Map.of("Content-Type", "text/xml"),
            "<DescribeSnapshotsResponse><snapshotSet><item><snapshotId>%s</snapshotId><status>completed</status></item></snapshotSet></DescribeSnapshotsResponse>"
                .formatted(ID)));

    store().complete(ID, 1, new byte[32]);

    assertThat(server.requests()).hasSize(2);
  }

  @Test
  void aWrongCountIsNotTakenForCompletedBefore() {
    server.answer(error(400, "ValidationException", "INVALID_PARAMETER_VALUE"));

    assertFails(ErrorCode.INTERNAL, () -> store().complete(ID, 1, new byte[32]));
  }

  @Test
  void asksForNoChecksumOverNothing() {
    server.answer(Answer.of(202, Map.of(), "{\"Status\":\"pending\"}"));

    store().complete(ID, 0, new byte[32]);

    assertThat(server.requests().getFirst().header("x-amz-Checksum")).isEmpty();
    assertThat(server.requests().getFirst().header("x-amz-ChangedBlocksCount")).contains("0");
  }

  @Test
  void aSnapshotInUseIsDeletedOnceItIsNot() {
    server.answer(
        ec2Error("InvalidSnapshot.InUse"),
        ec2Error("InvalidSnapshot.InUse"),
        Answer.of(
            200,
            Map.of(),
            "<DeleteSnapshotResponse><return>true</return></DeleteSnapshotResponse>"));

    store().delete(ID);

    assertThat(server.requests()).hasSize(3);
  }

  @Test
  void aSnapshotThatStaysInUseIsATransientFailure() {
    server.answer(ec2Error("InvalidSnapshot.InUse"));

    assertFails(ErrorCode.SERVICE_UNAVAILABLE, () -> store().delete(ID))
        .hasMessageContaining("still in use");
  }

  @Test
  void aBlockThatIsDamagedOnItsWayIsReadAgain() {
    byte[] good = new byte[SnapshotStore.BLOCK_SIZE];
    good[5] = 1;
    byte[] bad = good.clone();
    bad[100] = 1;
    Map<String, String> headers =
        Map.of(
            "x-amz-Data-Length",
            "524288",
            "x-amz-Checksum",
            Base64.getEncoder().encodeToString(Digests.sha256(ByteBuffer.wrap(good))),
            "x-amz-Checksum-Algorithm",
            "SHA256");
    server.answer(
        Answer.of(200, headers, bad),
        Answer.cut(200, headers, good, 1000),
        Answer.of(200, headers, good));
    var ebs = TestClients.ebs(server.endpoint());
    ByteBuffer destination = ByteBuffer.allocate(SnapshotStore.BLOCK_SIZE + 3).position(3);

    new EbsSnapshotReader(ebs).read(ID, new SnapshotReader.Block(7, "token"), destination);

    assertThat(destination.slice(3, SnapshotStore.BLOCK_SIZE)).isEqualTo(ByteBuffer.wrap(good));
    assertThat(server.requests()).hasSize(3);
  }

  @Test
  void aBlockThatStaysDamagedIsAServiceThatFails() {
    server.answer(
        Answer.of(
            200,
            Map.of("x-amz-Data-Length", "524288", "x-amz-Checksum", "AAAA"),
            new byte[SnapshotStore.BLOCK_SIZE]));
    var ebs = TestClients.ebs(server.endpoint());

    assertFails(
            ErrorCode.SERVICE_UNAVAILABLE,
            () ->
                new EbsSnapshotReader(ebs)
                    .read(
                        ID,
                        new SnapshotReader.Block(7, "token"),
                        ByteBuffer.allocate(SnapshotStore.BLOCK_SIZE)))
        .hasMessageContaining("block 7 arrived with another SHA-256");
  }
}
