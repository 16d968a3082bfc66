package io.vmferry.disk.partition;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;

/** Makes disks with a GPT of one partition, for sector sizes that sfdisk cannot write to a file. */
final class GptBuilder {
  private GptBuilder() {}

  /** A disk with a protective MBR, a primary header and one Linux partition of 100 sectors. */
  static byte[] gpt(int bytes, int sectorBytes) {
    byte[] disk = new byte[bytes];
    PartitionTableReaderTest.entry(disk, 0, 0, 0xee, 1, bytes / sectorBytes - 1, 0);
    ByteBuffer entries = ByteBuffer.wrap(disk, 2 * sectorBytes, 128 * 128).slice();
    entries
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(0x477284830fc63dafL)
        .putLong(0xe47d47d8693d798eL);
    entries.putLong(1).putLong(2).putLong(256).putLong(355);
    seal(disk, sectorBytes);
    return disk;
  }

  /** Gives a header at sector 1 the checksums of itself and its entries, where they fit. */
  static void seal(byte[] disk, int sectorBytes) {
    ByteBuffer header = ByteBuffer.wrap(disk, sectorBytes, sectorBytes).slice();
    header.order(ByteOrder.LITTLE_ENDIAN).putLong(0, 0x5452415020494645L).putInt(8, 0x10000);
    header.putInt(12, 92).putLong(24, 1).putLong(72, 2).putInt(80, 128).putInt(84, 128);
    header.putInt(88, crc(disk, 2 * sectorBytes, 128 * 128)).putInt(16, 0);
    header.putInt(16, crc(disk, sectorBytes, 92));
  }

  private static int crc(byte[] bytes, int offset, int length) {
    CRC32 crc = new CRC32();
    crc.update(bytes, offset, length);
    return (int) crc.getValue();
  }
}
