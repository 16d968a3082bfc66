package io.vmferry.local.ec2;

import io.vmferry.local.edge.ServiceResponse;

/** Actions of EC2's Query API that somebody else answers. Safe for use by many threads at once. */
public interface Ec2Actions {

  /** Whether an action is one of these. */
  boolean has(String action);

  /** Answers a request of one of these actions. */
  ServiceResponse answer(Call call);

  /**
   * A request.
   *
   * @param method {@code GET} or {@code POST}
   * @param query the query, encoded
   * @param body the form, encoded
   * @param accessKeyId the key that the request is signed with
   * @param requestId the id the answer will carry
   */
  record Call(String method, String query, String body, String accessKeyId, String requestId) {}
}
