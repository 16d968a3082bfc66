package io.vmferry.functions.api;

import java.util.Optional;

/**
 * A request as it arrives.
 *
 * @param method {@code GET} or {@code POST}
 * @param query the query, still encoded
 * @param body the body, still encoded; empty if there is none
 * @param caller who IAM says it is from; empty if it has said nothing
 * @param requestId the id the answer carries
 */
public record ApiRequest(
    String method, String query, String body, Optional<Caller> caller, String requestId) {}
