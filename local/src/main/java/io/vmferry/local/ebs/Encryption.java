package io.vmferry.local.ebs;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whether a new snapshot is encrypted, and with which key. */
record Encryption(boolean encrypted, @Nullable String kmsKeyArn) {

  /** Decides by the parent, the call and the account's default, or refuses the combination. */
  static Encryption of(
      StartSnapshotCall call, Optional<SnapshotRecord> parent, EbsOptions options) {
    Boolean encrypted = call.encrypted();
    String key = call.kmsKeyArn();
    if (parent.isPresent()) {
      if (encrypted != null) {
        throw EbsException.invalidParameter(
            "Encrypted and ParentSnapshotId cannot be given together");
      }
      if (key != null) {
        throw EbsException.validation(
            "INVALID_CUSTOMER_KEY", "KmsKeyArn and ParentSnapshotId cannot be given together");
      }
      return new Encryption(parent.get().encrypted(), parent.get().kmsKeyArn());
    }
    if (Boolean.FALSE.equals(encrypted)) {
      if (key != null) {
        throw EbsException.validation(
            "INVALID_CUSTOMER_KEY", "KmsKeyArn cannot be given with Encrypted false");
      }
      if (options.encryptionByDefault()) {
        throw EbsException.invalidParameter(
            "Encrypted cannot be false: the account encrypts by default");
      }
      return new Encryption(false, null);
    }
    if (key != null) {
      return new Encryption(true, key);
    }
    return Boolean.TRUE.equals(encrypted) || options.encryptionByDefault()
        ? new Encryption(true, defaultKey(options))
        : new Encryption(false, null);
  }

  private static String defaultKey(EbsOptions options) {
    return "arn:aws:kms:%s:%s:key/00000000-0000-0000-0000-0000000000eb"
        .formatted(options.region(), options.accountId());
  }
}
