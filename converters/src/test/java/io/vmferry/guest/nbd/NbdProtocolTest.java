package io.vmferry.guest.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.io.ByteArraySource;
import io.vmferry.disk.raw.RawFormat;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.nbd.NbdClient.Chunk;
import io.vmferry.guest.nbd.NbdClient.Reply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class NbdProtocolTest {
  private static final int SIZE = 4 << 20;
  private static final int EINVAL = 22;
  private static final int ENOSPC = 28;
  private static final int EPERM = 1;
  private static final int EIO = 5;

  @TempDir Path directory;
  private TestDisk disk = new TestDisk(new byte[0]);
  private NbdServer server;

  @BeforeEach
  void start() throws IOException {
    byte[] content = new byte[SIZE];
    new Random(5).nextBytes(content);
    disk = new TestDisk(content);
    DiskImage readOnly =
        new RawFormat()
            .open(new ByteArraySource("fixed", content.clone()), ReferenceResolver.REFUSE);
    server =
        NbdServer.start(
            List.of(new NbdExport("disk", disk), new NbdExport("fixed", readOnly)), directory);
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
    try (var left = Files.list(directory)) {
      assertThat(left).isEmpty();
    }
  }

  private NbdClient connect() throws IOException {
    return new NbdClient(server.socket());
  }

  private NbdClient structured() throws IOException {
    NbdClient client = connect().greet();
    client.option(8, new byte[0]);
    assertThat(client.outcome()).isEqualTo(1);
    client.option(10, NbdClient.contexts("disk", "base:allocation", "qemu:other"));
    assertThat(client.outcome()).isEqualTo(1);
    client.option(7, NbdClient.choose("disk"));
    assertThat(client.outcome()).isEqualTo(1);
    return client;
  }

  @Test
  void keepsItsSocketFromOthers() throws IOException {
    Path parent = Objects.requireNonNull(server.socket().getParent());
    assertThat(Files.getPosixFilePermissions(parent))
        .extracting(Enum::name)
        .containsExactlyInAnyOrder("OWNER_READ", "OWNER_WRITE", "OWNER_EXECUTE");
  }

  @ParameterizedTest
  @CsvSource({"3,10", "1,134"})
  void answersTheOldWayOfNamingAnExport(int flags, int length) throws IOException {
    try (NbdClient client = connect().greet(flags)) {
      client.option(1, "disk".getBytes(StandardCharsets.UTF_8));
      ByteBuffer answer = client.read(length);
      assertThat(answer.getLong()).isEqualTo(SIZE);
      client.request(0, 0, 1, 10, 20);
      assertThat(client.reply(20).data()).isEqualTo(ByteBuffer.wrap(disk.content(), 10, 20));
    }
  }

  @Test
  void disconnectsWhereAnUnknownNameHasNoErrorReply() throws IOException {
    try (NbdClient client = connect().greet()) {
      client.option(1, new byte[] {'x'});
      assertThat(client.isDisconnected()).isTrue();
    }
  }

  @Test
  void tellsUnknownExportsAndOptionsAndGoesOn() throws IOException {
    try (NbdClient client = connect().greet()) {
      client.option(7, NbdClient.choose("nothing"));
      assertThat(client.outcome()).isEqualTo(0x80000006);
      client.option(5, new byte[0]);
      assertThat(client.outcome()).isEqualTo(0x80000002);
      client.option(4711, new byte[100]);
      assertThat(client.outcome()).isEqualTo(0x80000001);
      client.option(3, new byte[1]);
      assertThat(client.outcome()).isEqualTo(0x80000003);
      client.option(4711, new byte[1 << 20]);
      assertThat(client.outcome()).isEqualTo(0x80000009);
      client.option(6, new byte[] {0, 0, 0, 9, 'd'});
      assertThat(client.outcome()).isEqualTo(0x80000003);
      client.option(10, NbdClient.contexts("disk", "base:allocation"));
      assertThat(client.outcome()).as("without structured replies").isEqualTo(0x80000003);
      client.option(9, NbdClient.contexts("disk"));
      assertThat(client.outcome()).isEqualTo(1);
      client.option(2, new byte[0]);
      assertThat(client.outcome()).isEqualTo(1);
      assertThat(client.isDisconnected()).isTrue();
    }
  }

  @Test
  void disconnectsAStrangerToTheProtocol() throws IOException {
    try (NbdClient client = connect().greet(0x80)) {
      assertThat(client.isDisconnected()).isTrue();
    }
    try (NbdClient client = connect().greet()) {
      client.send(ByteBuffer.wrap("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
      assertThat(client.isDisconnected()).isTrue();
    }
    try (NbdClient client = connect().go()) {
      client.send(ByteBuffer.allocate(28));
      assertThat(client.isDisconnected()).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, 4194304, 1, 22", // read
    "0, 0, -1, 1, 22",
    "0, 0, 0, 33554433, 22",
    "0, 4, 4194303, 2, 22", // trim
    "0, 6, 4194303, 2, 28", // write zeroes
    "0, 7, 0, 10, 22", // block status that was not negotiated
    "0, 99, 0, 0, 22", // no command
    "4, 0, 0, 10, 22", // don't fragment was not offered
    "16, 0, 0, 10, 22" // fast zero on a read
  })
  void answersWhatItCannotDoWithAnError(int flags, int type, long offset, int length, int error)
      throws IOException {
    try (NbdClient client = connect().go()) {
      client.request(flags, type, 77, offset, length);
      assertThat(client.reply(0)).isEqualTo(new Reply(error, 77, null));
      client.request(0, 0, 78, 0, 16);
      assertThat(client.reply(16))
          .isEqualTo(new Reply(0, 78, ByteBuffer.wrap(disk.content(), 0, 16)));
    }
  }

  @Test
  void passesOverTheBytesOfAWriteItRefuses() throws IOException {
    try (NbdClient client = connect().go()) {
      client.request(0, 1, 1, SIZE - 1, 2, new byte[2]);
      assertThat(client.reply(0).error()).isEqualTo(ENOSPC);
      client.request(0, 1, 2, 0, 32 << 20, new byte[32 << 20]);
      assertThat(client.reply(0).error()).isEqualTo(ENOSPC);
      client.request(0, 0, 3, 0, 16);
      assertThat(client.reply(16).cookie()).isEqualTo(3);
    }
  }

  @Test
  void writesInOnePieceAndInMany() throws IOException {
    byte[] large = new byte[(1 << 20) + 700];
    new Random(6).nextBytes(large);
    try (NbdClient client = connect().go()) {
      client.request(1, 1, 1, 5, 4, (byte) 1, (byte) 2, (byte) 3, (byte) 4);
      assertThat(client.reply(0).error()).isZero();
      client.request(0, 1, 2, 2_000_001, large.length, large);
      assertThat(client.reply(0).error()).isZero();
      client.request(0, 3, 3, 0, 0);
      assertThat(client.reply(0).error()).isZero();
      client.request(0, 0, 4, 0, SIZE);
      assertThat(client.reply(SIZE).data()).isEqualTo(ByteBuffer.wrap(disk.content()));
    }
    assertThat(Arrays.copyOfRange(disk.content(), 5, 9)).containsExactly(1, 2, 3, 4);
    assertThat(Arrays.copyOfRange(disk.content(), 2_000_001, 2_000_001 + large.length))
        .isEqualTo(large);
  }

  @Test
  void refusesToChangeAReadOnlyDisk() throws IOException {
    try (NbdClient client = connect().greet()) {
      client.option(7, NbdClient.choose("fixed", 1, 3));
      assertThat(client.outcome()).isEqualTo(1);
      client.request(0, 1, 1, 0, 4, new byte[4]);
      assertThat(client.reply(0).error()).isEqualTo(EPERM);
      client.request(0, 6, 2, 0, 4);
      assertThat(client.reply(0).error()).isEqualTo(EPERM);
      client.request(0, 4, 3, 0, 4);
      assertThat(client.reply(0).error()).isEqualTo(EPERM);
      client.request(0, 3, 4, 0, 0);
      assertThat(client.reply(0).error()).isZero();
      client.request(0, 5, 5, 0, 4096);
      assertThat(client.reply(0).error()).isZero();
    }
  }

  @Test
  void sendsHolesWithoutTheirZeros() throws IOException {
    try (NbdClient client = structured()) {
      client.request(0, 0, 9, SIZE / 4 - 4, 8);
      Chunk data = client.chunk();
      assertThat(data.type()).isEqualTo(1);
      assertThat(data.data().getLong()).isEqualTo(SIZE / 4 - 4);
      assertThat(data.data()).isEqualTo(ByteBuffer.wrap(disk.content(), SIZE / 4 - 4, 4));
      Chunk hole = client.chunk();
      assertThat(hole.flags()).isEqualTo(1);
      assertThat(hole.type()).isEqualTo(2);
      assertThat(hole.data().getLong()).isEqualTo(SIZE / 4);
      assertThat(hole.data().getInt()).isEqualTo(4);
      client.request(0, 0, 10, 5, 0);
      assertThat(client.chunk()).isEqualTo(new Chunk(1, 0, 10, ByteBuffer.allocate(0)));
    }
  }

  @Test
  void tellsWhatIsAllocated() throws IOException {
    try (NbdClient client = structured()) {
      client.request(0, 7, 1, 0, SIZE);
      assertThat(numbers(client.chunk().data()))
          .containsExactly(1, SIZE / 4, 0, SIZE / 4, 3, SIZE / 2, 0);
      client.request(8, 7, 2, SIZE / 4 + 1, SIZE / 2);
      assertThat(numbers(client.chunk().data())).containsExactly(1, SIZE / 4 - 1, 3);
      client.request(0, 7, 3, 0, 0);
      assertThat(client.chunk().type()).isEqualTo(0x8001);
    }
  }

  private static int[] numbers(ByteBuffer data) {
    int[] numbers = new int[data.remaining() / 4];
    data.asIntBuffer().get(numbers);
    return numbers;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 700_000})
  void tellsFailuresBelowAndKeepsTheFirst(int failsAt) throws IOException {
    disk.failsAt = failsAt;
    try (NbdClient client = structured()) {
      client.request(0, 0, 1, 0, 1 << 20);
      Chunk chunk = client.chunk();
      while (chunk.type() == 1) {
        chunk = client.chunk();
      }
      assertThat(chunk.type()).isEqualTo(0x8001);
      assertThat(chunk.flags()).isEqualTo(1);
      assertThat(chunk.data().getInt()).isEqualTo(EIO);
      client.request(0, 0, 2, 1 << 20, 16);
      assertThat(client.chunk().cookie()).isEqualTo(2);
    }
    assertThat(server.failure())
        .get()
        .hasToString("java.io.IOException: the source cannot be read at " + failsAt);
  }

  @Test
  void disconnectsWhenASimpleReplyCannotBeFinished() throws IOException {
    disk.failsAt = 700_000;
    try (NbdClient client = connect().go()) {
      client.request(0, 0, 1, 699_999, 16);
      assertThat(client.reply(0).error()).isEqualTo(EIO);
      client.request(0, 0, 2, 0, 1 << 20);
      client.read(16 + Transmission.PIECE_BYTES);
      assertThat(client.isDisconnected()).isTrue();
    }
    try (NbdClient other = connect().go()) {
      other.request(0, 0, 1, 0, 16);
      assertThat(other.reply(16).error()).isZero();
    }
  }

  @Test
  void failsWhereThereIsNoRoomSoThatQemuGoesOn() throws IOException {
    disk.full = true;
    try (NbdClient client = connect().go()) {
      client.request(0, 1, 1, 0, 4, new byte[4]);
      assertThat(client.reply(0).error()).isEqualTo(EIO);
      client.request(0, 1, 2, 0, 1 << 20, new byte[1 << 20]);
      assertThat(client.reply(0).error()).isEqualTo(EIO);
    }
    assertThat(server.failure())
        .get()
        .isInstanceOfSatisfying(
            VmferryException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OVERLAY_FULL));
  }

  @Test
  void answersAllRequestsThatAreUnderWayAtOnce() throws Exception {
    int count = 500;
    try (NbdClient client = connect().go()) {
      // Sent beside the reading of the replies, of which the server sends no more than are read.
      Thread sender = Thread.ofVirtual().start(() -> sendReads(client, count));
      boolean[] seen = new boolean[count];
      for (int i = 0; i < count; i++) {
        Reply reply = client.reply(1000);
        int cookie = (int) reply.cookie();
        seen[cookie] = true;
        assertThat(reply.data()).isEqualTo(ByteBuffer.wrap(disk.content(), cookie * 1000, 1000));
      }
      assertThat(seen).doesNotContain(false);
      sender.join();
    }
  }

  private static void sendReads(NbdClient client, int count) {
    try {
      for (int i = 0; i < count; i++) {
        client.request(0, 0, i, i * 1000L, 1000);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void closesThoughAClientReadsNothing() throws IOException {
    try (NbdClient client = connect().go()) {
      for (int i = 0; i < 10; i++) {
        client.request(0, 0, i, 0, SIZE);
      }
      server.close();
    }
    assertThat(server.failure()).isEmpty();
  }

  @Test
  void leavesOthersWaitingWhenTooManyAreConnected() throws IOException {
    NbdClient[] clients = new NbdClient[20];
    try {
      for (int i = 0; i < clients.length; i++) {
        clients[i] = connect();
      }
      for (NbdClient client : clients) {
        client.go();
        client.close();
      }
    } finally {
      for (NbdClient client : clients) {
        if (client != null) {
          client.close();
        }
      }
    }
  }

  @Test
  void hasFewNumbersOfErrorsThatClientsKnow() {
    assertThat(List.of(Protocol.EINVAL, Protocol.ENOSPC, Protocol.EPERM, Protocol.EIO))
        .containsExactly(EINVAL, ENOSPC, EPERM, EIO);
  }
}
