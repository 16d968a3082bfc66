package io.vmferry.local.ebs;

import io.vmferry.local.state.AtomicFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Block tokens and page tokens. They carry what they are for, until when they are good, and a
 * message authentication code under a key of the state directory; so they need no memory, survive a
 * restart, and cannot be used for another snapshot or block.
 */
final class Tokens {
  static final Duration BLOCK_TOKEN_LIFE = Duration.ofDays(7);
  static final Duration PAGE_TOKEN_LIFE = Duration.ofMinutes(60);

  private static final int KEY_BYTES = 32;
  private static final int MAC_BYTES = 16;
  private static final int BODY_BYTES = Integer.BYTES + Long.BYTES;

  private final SecretKeySpec key;
  private final Clock clock;

  Tokens(Path keyFile, Clock clock) throws IOException {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(keyFile);
    } catch (NoSuchFileException e) {
      bytes = new byte[KEY_BYTES];
      new SecureRandom().nextBytes(bytes);
      AtomicFiles.write(keyFile, bytes);
    }
    if (bytes.length != KEY_BYTES) {
      throw new IOException(keyFile + " has " + bytes.length + " bytes, not " + KEY_BYTES);
    }
    this.key = new SecretKeySpec(bytes, "HmacSHA256");
    this.clock = clock;
  }

  /** When block tokens made now expire. */
  Instant blockTokenExpiry() {
    return clock.instant().plus(BLOCK_TOKEN_LIFE);
  }

  /** A token to read one block of one snapshot. */
  String block(String snapshotId, int block, Instant expiry) {
    return issue("block:" + snapshotId, block, expiry);
  }

  /** Whether a token allows to read this block of this snapshot now. */
  boolean allowsBlock(String token, String snapshotId, int block) {
    Optional<Integer> index = verify("block:" + snapshotId, token);
    return index.isPresent() && index.get() == block;
  }

  /** A token to go on with a listing at a block. */
  String page(String listing, int nextBlock) {
    return issue("page:" + listing, nextBlock, clock.instant().plus(PAGE_TOKEN_LIFE));
  }

  /**
   * The block at which the listing goes on; empty if the token is of another listing or expired.
   */
  Optional<Integer> nextBlock(String token, String listing) {
    return verify("page:" + listing, token);
  }

  private String issue(String purpose, int block, Instant expiry) {
    byte[] body =
        ByteBuffer.allocate(BODY_BYTES).putInt(block).putLong(expiry.toEpochMilli()).array();
    ByteBuffer token =
        ByteBuffer.allocate(BODY_BYTES + MAC_BYTES).put(body).put(mac(purpose, body));
    return Base64.getEncoder().encodeToString(token.array());
  }

  private Optional<Integer> verify(String purpose, String token) {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(token);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    if (bytes.length != BODY_BYTES + MAC_BYTES) {
      return Optional.empty();
    }
    byte[] body = Arrays.copyOf(bytes, BODY_BYTES);
    byte[] given = Arrays.copyOfRange(bytes, BODY_BYTES, bytes.length);
    ByteBuffer fields = ByteBuffer.wrap(body);
    int block = fields.getInt();
    boolean alive = clock.millis() < fields.getLong();
    return alive && MessageDigest.isEqual(given, mac(purpose, body))
        ? Optional.of(block)
        : Optional.empty();
  }

  private byte[] mac(String purpose, byte[] body) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      mac.update(purpose.getBytes(StandardCharsets.UTF_8));
      mac.update((byte) 0);
      return Arrays.copyOf(mac.doFinal(body), MAC_BYTES);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HMAC-SHA-256 is missing from the Java runtime", e);
    }
  }
}
