package io.vmferry.disk.convert;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * The SHA-256s of the blocks a chunk has written, in the order of their indexes; what completing a
 * snapshot needs. Stored as 36 bytes a block: the index, big-endian, and the digest.
 */
public final class BlockDigests {
  private static final int DIGEST_BYTES = 32;
  private static final int RECORD_BYTES = Integer.BYTES + DIGEST_BYTES;

  private final List<BlockDigest> digests;

  /** The digests of {@code blocks}, which may come in any order. */
  public BlockDigests(Collection<BlockDigest> blocks) {
    List<BlockDigest> sorted = new ArrayList<>(blocks);
    sorted.sort(Comparator.comparingInt(BlockDigest::index));
    this.digests = sorted;
  }

  /**
   * A block's digest.
   *
   * @param index the block's index
   * @param sha256 32 bytes; not to be changed
   */
  // The array is never changed, and records of it are not compared.
  @SuppressWarnings("ArrayRecordComponent")
  public record BlockDigest(int index, byte[] sha256) {}

  /** Takes the digests of a stored file, one by one. */
  @FunctionalInterface
  public interface Visitor {
    /** Takes the next digest. */
    void visit(int index, byte[] sha256);
  }

  /** How many blocks there are. */
  public int size() {
    return digests.size();
  }

  /** The stored form. */
  public byte[] toBytes() {
    ByteBuffer buffer = ByteBuffer.allocate(digests.size() * RECORD_BYTES);
    for (BlockDigest digest : digests) {
      buffer.putInt(digest.index()).put(digest.sha256());
    }
    return buffer.array();
  }

  /**
   * Reads the stored form without holding it.
   *
   * @return how many digests there were
   * @throws VmferryException {@link ErrorCode#INTERNAL} if it is cut off
   * @throws IOException if the stream cannot be read
   */
  public static int read(InputStream stored, Visitor visitor) throws IOException {
    DataInputStream in = new DataInputStream(stored);
    int count = 0;
    while (true) {
      byte[] record = in.readNBytes(RECORD_BYTES);
      if (record.length == 0) {
        return count;
      }
      if (record.length < RECORD_BYTES) {
        throw new VmferryException(
            ErrorCode.INTERNAL,
            "a file of block digests ends in the middle of record %d".formatted(count),
            new EOFException());
      }
      ByteBuffer buffer = ByteBuffer.wrap(record);
      int index = buffer.getInt();
      byte[] sha256 = new byte[DIGEST_BYTES];
      buffer.get(sha256);
      visitor.visit(index, sha256);
      count++;
    }
  }
}
