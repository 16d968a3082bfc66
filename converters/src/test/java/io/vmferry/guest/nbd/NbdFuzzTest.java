package io.vmferry.guest.nbd;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.util.List;
import java.util.Optional;

/** Clients that send anything: they are answered or left, and the server needs no more heap. */
class NbdFuzzTest {
  private static final int SIZE = 1 << 20;

  /** Any bytes at all. */
  @FuzzTest(maxDuration = "1m")
  void servesAnyBytes(byte[] bytes) {
    serve(bytes);
  }

  /** Any bytes after an export was chosen, with structured replies if the first byte is odd. */
  @FuzzTest(maxDuration = "2m")
  void servesAnyRequests(byte[] bytes) {
    boolean structured = bytes.length > 0 && (bytes[0] & 1) == 1;
    byte[] choice = NbdClient.choose("");
    byte[] contexts = NbdClient.contexts("", "base:allocation");
    ByteBuffer all = ByteBuffer.allocate(200 + bytes.length).putInt(3);
    if (structured) {
      all.putLong(Protocol.OPTION_MAGIC).putInt(8).putInt(0);
      all.putLong(Protocol.OPTION_MAGIC).putInt(10).putInt(contexts.length).put(contexts);
    }
    all.putLong(Protocol.OPTION_MAGIC).putInt(7).putInt(choice.length).put(choice);
    // Each request takes 16 bytes of the script, so that few of them have a wrong magic number.
    ByteBuffer script = ByteBuffer.wrap(bytes);
    while (script.remaining() >= 16 && all.remaining() >= 60) {
      all.putInt(Protocol.REQUEST_MAGIC);
      all.putShort((short) (script.get() & 0x1f)).putShort((short) (script.get() & 0xf));
      all.putLong(script.getShort());
      all.putLong(script.getInt() & 0x1fffff).putInt(script.getInt() & 0x3fffff);
      script.getInt();
    }
    byte[] sent = new byte[all.position()];
    all.flip().get(sent);
    serve(sent);
  }

  private static void serve(byte[] bytes) {
    List<NbdExport> exports = List.of(new NbdExport("disk", new TestDisk(new byte[SIZE])));
    Wire wire =
        new Wire(
            Channels.newChannel(new ByteArrayInputStream(bytes)),
            Channels.newChannel(OutputStream.nullOutputStream()));
    try {
      Optional<Negotiation.Agreed> agreed = new Negotiation(wire, exports).run();
      if (agreed.isPresent()) {
        new Transmission(
                wire,
                agreed.get(),
                failure -> {
                  throw new AssertionError("a disk in memory failed", failure);
                })
            .run();
      }
    } catch (EOFException _) {
      // The bytes are at their end.
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
