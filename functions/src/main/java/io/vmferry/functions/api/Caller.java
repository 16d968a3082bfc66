package io.vmferry.functions.api;

/**
 * Who calls, as IAM has found it.
 *
 * @param accountId the account, 12 digits
 * @param region the Region of the call
 * @param partition {@code aws}, {@code aws-cn}, …
 */
public record Caller(String accountId, String region, String partition) {}
