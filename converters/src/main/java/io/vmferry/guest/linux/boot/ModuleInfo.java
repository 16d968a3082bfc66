package io.vmferry.guest.linux.boot;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The {@code .modinfo} section of a kernel module: strings {@code name=value}, each ended by a zero
 * byte. Read where a guest has no modules.dep. 64-bit ELF only, as EC2 boots nothing else.
 */
final class ModuleInfo {
  private static final int ELF_MAGIC = 0x7f454c46;
  private static final int CLASS_64 = 2;
  private static final int SECTION_TABLE_OFFSET = 0x28;
  private static final int SECTION_ENTRY_SIZE = 0x3a;
  private static final int SECTION_COUNT = 0x3c;
  private static final int SECTION_NAMES = 0x3e;
  private static final int SECTION_HEADER_BYTES = 64;

  private ModuleInfo() {}

  /**
   * The modules one depends on, by their names; empty if this is no module.
   *
   * @param elf an uncompressed module
   */
  static Optional<List<String>> dependencies(byte[] elf) {
    try {
      return section(ByteBuffer.wrap(elf), ".modinfo").map(ModuleInfo::depends);
    } catch (IOException | BufferUnderflowException | IndexOutOfBoundsException e) {
      return Optional.empty();
    }
  }

  private static List<String> depends(ByteBuffer section) {
    String text = StandardCharsets.ISO_8859_1.decode(section).toString();
    List<String> names = new ArrayList<>();
    for (String entry : text.split("\0", -1)) {
      if (entry.startsWith("depends=")) {
        Arrays.stream(entry.substring("depends=".length()).split(",", -1))
            .filter(name -> !name.isEmpty())
            .forEach(names::add);
      }
    }
    return names;
  }

  private static Optional<ByteBuffer> section(ByteBuffer elf, String name) throws IOException {
    if (elf.remaining() < 64 || elf.getInt(0) != ELF_MAGIC || elf.get(4) != CLASS_64) {
      throw new IOException("no 64-bit ELF file");
    }
    elf.order(elf.get(5) == 2 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    long table = elf.getLong(SECTION_TABLE_OFFSET);
    int entry = Short.toUnsignedInt(elf.getShort(SECTION_ENTRY_SIZE));
    int count = Short.toUnsignedInt(elf.getShort(SECTION_COUNT));
    int names = Short.toUnsignedInt(elf.getShort(SECTION_NAMES));
    if (entry < SECTION_HEADER_BYTES
        || names >= count
        || table < 0
        || table > elf.capacity() - (long) entry * count) {
      throw new IOException("section table outside of the file");
    }
    ByteBuffer strings = content(elf, (int) table + names * entry);
    for (int i = 0; i < count; i++) {
      int header = (int) table + i * entry;
      if (nameAt(strings, elf.getInt(header)).equals(name)) {
        return Optional.of(content(elf, header));
      }
    }
    return Optional.empty();
  }

  private static ByteBuffer content(ByteBuffer elf, int header) throws IOException {
    long offset = elf.getLong(header + 0x18);
    long size = elf.getLong(header + 0x20);
    if (offset < 0 || size < 0 || offset > elf.capacity() || size > elf.capacity() - offset) {
      throw new IOException("section outside of the file");
    }
    return elf.slice((int) offset, (int) size);
  }

  private static String nameAt(ByteBuffer strings, int offset) {
    if (offset < 0 || offset >= strings.limit()) {
      return "";
    }
    int end = offset;
    while (end < strings.limit() && strings.get(end) != 0) {
      end++;
    }
    return StandardCharsets.ISO_8859_1.decode(strings.slice(offset, end - offset)).toString();
  }
}
