package io.vmferry.disk.vhdx;

import io.vmferry.disk.block.SparseSource;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/** Writes entries into the log of an image of {@link VhdxBuilder}, and marks the log as in use. */
final class LogWriter {
  static final UUID GUID = UUID.fromString("12345678-9abc-def0-1122-334455667788");

  private static final int SECTOR = 4096;

  private final SparseSource file;
  private UUID guid = GUID;
  private int position;
  private int tail;
  private long sequenceNumber = 7;
  private long flushedFileOffset;
  private long lastFileOffset;

  private final List<byte[]> descriptors = new ArrayList<>();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();

  LogWriter(SparseSource file) {
    this.file = file;
    this.flushedFileOffset = file.size();
    this.lastFileOffset = file.size();
    file.put(VhdxBuilder.HEADER_1, VhdxBuilder.header(3, GUID));
  }

  /** Where the next entry goes, and what it names as its tail. */
  LogWriter at(int newPosition) {
    position = newPosition;
    tail = newPosition;
    return this;
  }

  LogWriter tail(int newTail) {
    tail = newTail;
    return this;
  }

  LogWriter guid(UUID newGuid) {
    guid = newGuid;
    return this;
  }

  LogWriter sequenceNumber(long number) {
    sequenceNumber = number;
    return this;
  }

  LogWriter flushedFileOffset(long offset) {
    flushedFileOffset = offset;
    return this;
  }

  LogWriter lastFileOffset(long offset) {
    lastFileOffset = offset;
    return this;
  }

  SparseSource file() {
    return file;
  }

  int position() {
    return position;
  }

  LogWriter zeros(long offset, long length) {
    ByteBuffer descriptor = VhdxBuilder.littleEndian(32);
    descriptor.put(0, "zero".getBytes(StandardCharsets.US_ASCII));
    descriptor.putLong(8, length).putLong(16, offset).putLong(24, sequenceNumber);
    descriptors.add(VhdxBuilder.bytes(descriptor));
    return this;
  }

  LogWriter sector(long offset, byte[] content) {
    ByteBuffer bytes = ByteBuffer.wrap(content.clone()).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer descriptor = VhdxBuilder.littleEndian(32);
    descriptor.put(0, "desc".getBytes(StandardCharsets.US_ASCII));
    descriptor.putInt(4, bytes.getInt(SECTOR - 4)).putLong(8, bytes.getLong(0));
    descriptors.add(VhdxBuilder.bytes(descriptor.putLong(16, offset).putLong(24, sequenceNumber)));
    bytes.put(0, "data".getBytes(StandardCharsets.US_ASCII));
    bytes.putInt(4, (int) (sequenceNumber >>> 32)).putInt(SECTOR - 4, (int) sequenceNumber);
    data.writeBytes(Arrays.copyOf(VhdxBuilder.bytes(bytes), SECTOR));
    return this;
  }

  /** Ends an entry: writes it with the descriptors since the last, wrapped where the log ends. */
  LogWriter write() {
    int descriptorBytes = Math.ceilDiv(64 + 32 * descriptors.size(), SECTOR) * SECTOR;
    int length = descriptorBytes + data.size();
    ByteBuffer entry = VhdxBuilder.littleEndian(length);
    entry.put(0, "loge".getBytes(StandardCharsets.US_ASCII)).putInt(8, length).putInt(12, tail);
    entry.putLong(16, sequenceNumber).putInt(24, descriptors.size());
    entry.put(32, VhdxBuilder.guid(guid));
    entry.putLong(48, flushedFileOffset).putLong(56, lastFileOffset);
    for (int i = 0; i < descriptors.size(); i++) {
      entry.put(64 + 32 * i, descriptors.get(i));
    }
    entry.put(descriptorBytes, data.toByteArray());
    byte[] bytes = VhdxBuilder.seal(VhdxBuilder.bytes(entry));
    for (int done = 0; done < length; done += SECTOR) {
      int at = (position + done) % VhdxBuilder.MIB;
      file.put(VhdxBuilder.LOG + at, Arrays.copyOfRange(bytes, done, done + SECTOR));
    }
    position = (position + length) % VhdxBuilder.MIB;
    sequenceNumber++;
    descriptors.clear();
    data.reset();
    return this;
  }
}
