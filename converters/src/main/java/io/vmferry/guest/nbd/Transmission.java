package io.vmferry.guest.nbd;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.Extent;
import io.vmferry.disk.WritableDiskImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/**
 * The transmission phase of one connection: reads requests, and answers several at once in the
 * order in which they are ready.
 *
 * <p>At most {@link #MAX_IN_FLIGHT} requests are in hand, and none holds more than {@link
 * #PIECE_BYTES} of data, so a connection takes 9 MiB of heap at the most. A longer read goes out
 * piece by piece; a longer write is done while it comes in.
 */
final class Transmission {
  static final int MAX_IN_FLIGHT = 16;
  static final int PIECE_BYTES = 512 << 10;

  private static final int REQUEST_BYTES = 28;
  private static final int MAX_EXTENTS = 512;

  /** The longest run one descriptor tells of, for its length has 32 bits. */
  private static final long MAX_EXTENT_BYTES = 1L << 30;

  private final Wire wire;
  private final Replies replies;
  private final DiskImage image;
  private final Optional<WritableDiskImage> writable;
  private final boolean allocation;
  private final Consumer<Exception> failures;
  private final Semaphore room = new Semaphore(MAX_IN_FLIGHT);

  /**
   * A connection that has agreed.
   *
   * @param failures is told what failed below: the client learns no more than a number
   */
  Transmission(Wire wire, Negotiation.Agreed agreed, Consumer<Exception> failures) {
    this.wire = wire;
    this.replies = new Replies(wire, agreed.structuredReplies());
    this.image = agreed.export().image();
    this.writable = agreed.export().writable();
    this.allocation = agreed.allocation();
    this.failures = failures;
  }

  /** A request as it came; offset and length may be anything. */
  private record Request(int flags, int type, long cookie, long offset, long length) {
    boolean has(int flag) {
      return (flags & flag) != 0;
    }
  }

  /** What is done for a request. */
  @FunctionalInterface
  private interface Work {
    void run() throws IOException;
  }

  /** Serves requests until the client leaves; returns when all of them are answered. */
  void run() throws IOException {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      while (true) {
        ByteBuffer header = wire.read(REQUEST_BYTES);
        if (header.getInt() != Protocol.REQUEST_MAGIC) {
          return;
        }
        Request request =
            new Request(
                Short.toUnsignedInt(header.getShort()),
                Short.toUnsignedInt(header.getShort()),
                header.getLong(),
                header.getLong(),
                Integer.toUnsignedLong(header.getInt()));
        if (request.type() == Protocol.CMD_DISC) {
          return;
        }
        Optional<Work> work = accept(request);
        if (work.isPresent()) {
          room.acquireUninterruptibly();
          threads.execute(() -> answer(request, work.get()));
        }
      }
    }
  }

  /** Does a request's work, and answers if it fails. A client that has gone needs no answer. */
  private void answer(Request request, Work work) {
    boolean answered = false;
    try {
      attempt(request, work);
      answered = true;
    } catch (IOException _) {
      // The client has gone, so there is nobody to tell.
    } finally {
      room.release();
      if (!answered) {
        leave();
      }
    }
  }

  private void leave() {
    try {
      wire.abort();
    } catch (IOException _) {
      // Nothing is lost with a connection that is of no use any more.
    }
  }

  private void attempt(Request request, Work work) throws IOException {
    try {
      work.run();
    } catch (IOException | RuntimeException e) {
      if (!wire.isBroken()) {
        failures.accept(e);
      }
      // Even where there is no room: qemu stops a machine at ENOSPC until somebody makes some.
      replies.error(
          request.cookie(),
          Protocol.EIO,
          Optional.ofNullable(e.getMessage()).orElse(e.getClass().getSimpleName()));
    }
  }

  /** Checks a request, and reads what belongs to it; empty if it is answered already. */
  private Optional<Work> accept(Request request) throws IOException {
    int allowed =
        switch (request.type()) {
          case Protocol.CMD_WRITE_ZEROES ->
              Protocol.CMD_FLAG_FUA | Protocol.CMD_FLAG_NO_HOLE | Protocol.CMD_FLAG_FAST_ZERO;
          case Protocol.CMD_BLOCK_STATUS -> Protocol.CMD_FLAG_FUA | Protocol.CMD_FLAG_REQ_ONE;
          default -> Protocol.CMD_FLAG_FUA;
        };
    boolean inside =
        request.offset() >= 0 && request.offset() <= image.virtualSize() - request.length();
    boolean changes =
        switch (request.type()) {
          case Protocol.CMD_WRITE, Protocol.CMD_TRIM, Protocol.CMD_WRITE_ZEROES -> true;
          default -> false;
        };
    if ((request.flags() & ~allowed) != 0) {
      return refuse(request, Protocol.EINVAL, "flags %#x".formatted(request.flags()));
    }
    if (changes && writable.isEmpty()) {
      return refuse(request, Protocol.EPERM, "the export is read-only");
    }
    if (!inside) {
      return refuse(
          request,
          changes && request.type() != Protocol.CMD_TRIM ? Protocol.ENOSPC : Protocol.EINVAL,
          "%d bytes at %d are outside of a disk of %d bytes"
              .formatted(request.length(), request.offset(), image.virtualSize()));
    }
    if (request.length() > Protocol.MAX_BLOCK
        && (request.type() == Protocol.CMD_READ || request.type() == Protocol.CMD_WRITE)) {
      return refuse(request, Protocol.EINVAL, "more than %d bytes".formatted(Protocol.MAX_BLOCK));
    }
    return switch (request.type()) {
      case Protocol.CMD_READ -> Optional.of(() -> read(request));
      case Protocol.CMD_WRITE -> write(request, writable.orElseThrow());
      case Protocol.CMD_FLUSH -> Optional.of(() -> flush(request));
      case Protocol.CMD_TRIM ->
          changing(request, () -> writable.orElseThrow().trim(request.offset(), request.length()));
      case Protocol.CMD_WRITE_ZEROES ->
          changing(
              request,
              () -> writable.orElseThrow().writeZeroes(request.offset(), request.length()));
      case Protocol.CMD_CACHE -> Optional.of(() -> cache(request));
      case Protocol.CMD_BLOCK_STATUS -> blockStatus(request);
      default -> refuse(request, Protocol.EINVAL, "unknown command " + request.type());
    };
  }

  /** Answers a request with a failure, after passing over what belongs to it. */
  private Optional<Work> refuse(Request request, int error, String message) throws IOException {
    if (request.type() == Protocol.CMD_WRITE) {
      wire.skip(request.length());
    }
    replies.error(request.cookie(), error, message);
    return Optional.empty();
  }

  private Optional<Work> changing(Request request, Work change) {
    return Optional.of(
        () -> {
          change.run();
          finish(request);
        });
  }

  private void finish(Request request) throws IOException {
    if (request.has(Protocol.CMD_FLAG_FUA)) {
      writable.orElseThrow().flush();
    }
    replies.done(request.cookie());
  }

  private void flush(Request request) throws IOException {
    if (writable.isPresent()) {
      writable.get().flush();
    }
    replies.done(request.cookie());
  }

  private Optional<Work> write(Request request, WritableDiskImage disk) throws IOException {
    if (request.length() <= PIECE_BYTES) {
      ByteBuffer bytes = wire.read((int) request.length());
      return changing(request, () -> disk.write(request.offset(), bytes));
    }
    ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES);
    long at = request.offset();
    long end = at + request.length();
    Optional<Exception> failure = Optional.empty();
    while (at < end) {
      piece.clear().limit((int) Math.min(PIECE_BYTES, end - at));
      wire.readFully(piece);
      piece.flip();
      int length = piece.remaining();
      if (failure.isEmpty()) {
        failure = failureOf(disk, at, piece);
      }
      at += length;
    }
    Optional<Exception> outcome = failure;
    return changing(request, () -> rethrow(outcome));
  }

  private static Optional<Exception> failureOf(WritableDiskImage disk, long at, ByteBuffer bytes) {
    try {
      disk.write(at, bytes);
      return Optional.empty();
    } catch (IOException | RuntimeException e) {
      return Optional.of(e);
    }
  }

  private static void rethrow(Optional<Exception> failure) throws IOException {
    if (failure.isPresent()) {
      switch (failure.get()) {
        case IOException e -> throw e;
        case RuntimeException e -> throw e;
        default -> throw new IllegalStateException(failure.get());
      }
    }
  }

  private void read(Request request) throws IOException {
    if (replies.structured()) {
      readInChunks(request);
      return;
    }
    ByteBuffer piece = ByteBuffer.allocate((int) Math.min(PIECE_BYTES, request.length()));
    image.readFully(request.offset(), piece);
    piece.flip();
    ByteBuffer header = Replies.simpleHeader(request.cookie(), 0);
    long end = request.offset() + request.length();
    long[] at = {request.offset()};
    wire.sendPieces(
        header,
        () -> {
          if (at[0] > request.offset() && at[0] < end) {
            piece.clear().limit((int) Math.min(PIECE_BYTES, end - at[0]));
            image.readFully(at[0], piece);
            piece.flip();
          }
          at[0] += piece.remaining();
          return piece.hasRemaining() ? Optional.of(piece) : Optional.empty();
        });
  }

  private void readInChunks(Request request) throws IOException {
    long end = request.offset() + request.length();
    if (request.length() == 0) {
      replies.nothing(request.cookie());
      return;
    }
    ByteBuffer piece = ByteBuffer.allocate((int) Math.min(PIECE_BYTES, request.length()));
    long at = request.offset();
    while (at < end) {
      Extent extent = image.extentAt(at, Math.min(PIECE_BYTES, end - at));
      int length = (int) extent.length();
      boolean last = extent.end() == end;
      if (extent.isData()) {
        piece.clear().limit(length);
        image.readFully(at, piece);
        replies.data(request.cookie(), at, piece.flip(), last);
      } else {
        replies.hole(request.cookie(), at, length, last);
      }
      at = extent.end();
    }
  }

  /** Reads a range, so that the caches below have it. As much as a read may ask for, no more. */
  private void cache(Request request) throws IOException {
    long end = request.offset() + Math.min(request.length(), Protocol.MAX_BLOCK);
    ByteBuffer piece = ByteBuffer.allocate((int) Math.min(PIECE_BYTES, request.length()));
    for (long at = request.offset(); at < end; at += piece.limit()) {
      piece.clear().limit((int) Math.min(PIECE_BYTES, end - at));
      image.readFully(at, piece);
    }
    replies.done(request.cookie());
  }

  private Optional<Work> blockStatus(Request request) throws IOException {
    if (!allocation) {
      return refuse(request, Protocol.EINVAL, "no meta context was chosen");
    }
    if (request.length() == 0) {
      return refuse(request, Protocol.EINVAL, "the status of 0 bytes");
    }
    return Optional.of(
        () -> {
          List<Extent> extents = extents(request);
          replies.allocation(request.cookie(), extents, extents.size());
        });
  }

  /** The extents of a range's start, joined as far as they are of one kind. */
  private List<Extent> extents(Request request) throws IOException {
    int most = request.has(Protocol.CMD_FLAG_REQ_ONE) ? 1 : MAX_EXTENTS;
    List<Extent> extents = new ArrayList<>();
    long end = request.offset() + request.length();
    long at = request.offset();
    for (int asked = 0; at < end && asked < MAX_EXTENTS; asked++) {
      Extent next = image.extentAt(at, Math.min(MAX_EXTENT_BYTES, end - at));
      Extent last = extents.isEmpty() ? next : extents.getLast();
      boolean joined =
          !extents.isEmpty()
              && last.kind() == next.kind()
              && last.length() + next.length() <= MAX_EXTENT_BYTES;
      if (joined) {
        extents.set(
            extents.size() - 1,
            new Extent(last.offset(), last.length() + next.length(), next.kind()));
      } else if (extents.size() == most) {
        break;
      } else {
        extents.add(next);
      }
      at = next.end();
    }
    return extents;
  }
}
