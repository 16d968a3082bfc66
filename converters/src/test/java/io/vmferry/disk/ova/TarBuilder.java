package io.vmferry.disk.ova;

import io.vmferry.disk.io.ByteArraySource;
import io.vmferry.disk.io.ByteSource;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Makes tar archives header by header, also ones that no tar would make. */
final class TarBuilder {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /** A header block; its checksum is put in at the end. */
  static final class Header {
    private final byte[] block = new byte[TarHeader.BLOCK];

    Header(String name, long size, char type) {
      text(0, name);
      text(100, "0000644\0");
      text(108, "0000000\0");
      text(116, "0000000\0");
      text(124, "%011o\0".formatted(size));
      text(136, "00000000000\0");
      block[156] = (byte) type;
      text(257, "ustar\00000");
    }

    Header text(int offset, String text) {
      byte[] raw = text.getBytes(StandardCharsets.UTF_8);
      System.arraycopy(raw, 0, block, offset, raw.length);
      return this;
    }

    Header bytes(int offset, int... values) {
      for (int i = 0; i < values.length; i++) {
        block[offset + i] = (byte) values[i];
      }
      return this;
    }

    Header gnu() {
      return text(257, "ustar  \0");
    }

    /** GNU's base 256. */
    Header binarySize(long size) {
      bytes(124, 0x80, 0, 0, 0);
      for (int i = 0; i < 8; i++) {
        block[128 + i] = (byte) (size >>> (56 - 8 * i));
      }
      return this;
    }

    byte[] checked() {
      byte[] checked = block.clone();
      Arrays.fill(checked, 148, 156, (byte) ' ');
      int sum = 0;
      for (byte b : checked) {
        sum += b & 0xff;
      }
      byte[] digits = "%06o\0 ".formatted(sum).getBytes(StandardCharsets.US_ASCII);
      System.arraycopy(digits, 0, checked, 148, 8);
      return checked;
    }
  }

  TarBuilder file(String name, byte[] content) {
    return entry(new Header(name, content.length, '0'), content);
  }

  TarBuilder file(String name, String content) {
    return file(name, content.getBytes(StandardCharsets.UTF_8));
  }

  TarBuilder entry(Header header, byte[] content) {
    return raw(header.checked()).raw(content).raw(new byte[-content.length & 511]);
  }

  TarBuilder entry(Header header, String content) {
    return entry(header, content.getBytes(StandardCharsets.UTF_8));
  }

  /** A pax header of that type, 'x' or 'g', with {@code key=value} records. */
  TarBuilder pax(char type, String... records) {
    StringBuilder data = new StringBuilder();
    for (String record : records) {
      int length = record.getBytes(StandardCharsets.UTF_8).length + 2;
      int total = length + Integer.toString(length).length();
      total = length + Integer.toString(total).length();
      data.append(total).append(' ').append(record).append('\n');
    }
    byte[] content = data.toString().getBytes(StandardCharsets.UTF_8);
    return entry(new Header("PaxHeaders/entry", content.length, type), content);
  }

  TarBuilder raw(byte[] more) {
    bytes.writeBytes(more);
    return this;
  }

  TarBuilder end() {
    return raw(new byte[2 * TarHeader.BLOCK]);
  }

  byte[] toBytes() {
    return bytes.toByteArray();
  }

  ByteSource toSource() {
    return new ByteArraySource("test.ova", toBytes());
  }
}
