package io.vmferry.functions.aws;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;

/** Digests every Java platform has. */
final class Digests {
  private Digests() {}

  /** The MD5 as the {@code Content-MD5} header wants it: it guards a transfer, nothing else. */
  static String md5(byte[] content) {
    return Base64.getEncoder().encodeToString(digest("MD5").digest(content));
  }

  static byte[] sha256(ByteBuffer content) {
    MessageDigest digest = digest("SHA-256");
    digest.update(content.duplicate());
    return digest.digest();
  }

  static String sha256Hex(byte[] content) {
    return HexFormat.of().formatHex(digest("SHA-256").digest(content));
  }

  private static MessageDigest digest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has " + algorithm, e);
    }
  }
}
