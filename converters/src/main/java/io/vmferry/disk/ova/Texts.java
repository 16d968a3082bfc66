package io.vmferry.disk.ova;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Bytes whose encoding nobody declares, as text. */
final class Texts {
  private Texts() {}

  /** The bytes as UTF-8 or, where they are none, as Latin-1, which anything is. */
  static String decode(byte[] bytes) {
    return strictly(bytes, StandardCharsets.UTF_8)
        .orElseGet(() -> new String(bytes, StandardCharsets.ISO_8859_1));
  }

  /** The bytes in that encoding; empty if they are not valid in it. */
  static Optional<String> strictly(byte[] bytes, Charset charset) {
    try {
      return Optional.of(
          charset
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT)
              .decode(ByteBuffer.wrap(bytes))
              .toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }
}
