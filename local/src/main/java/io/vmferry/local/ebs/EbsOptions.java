package io.vmferry.local.ebs;

/**
 * How the embedded EBS behaves.
 *
 * @param accountId the account that owns the snapshots, 12 digits
 * @param region the Region in the names of keys
 * @param quotas the request rates allowed
 * @param encryptionByDefault whether the account encrypts snapshots that do not say
 * @param shortPages whether listings answer short and empty pages in between, as EBS may
 * @param flush whether completing a snapshot flushes it to the disk; without, a completed snapshot
 *     outlives the death of the process but perhaps not the loss of power
 */
public record EbsOptions(
    String accountId,
    String region,
    EbsQuotas quotas,
    boolean encryptionByDefault,
    boolean shortPages,
    boolean flush) {

  /** No quotas, no encryption by default, full pages, flushing. */
  public static EbsOptions defaults() {
    return new EbsOptions("000000000000", "us-east-1", EbsQuotas.unlimited(), false, false, true);
  }
}
