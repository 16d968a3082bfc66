package io.vmferry.local.iam;

/**
 * A policy that is wrong, or says something that is not evaluated here. Nothing is ignored: a
 * condition that is not understood would allow or deny what AWS does not.
 */
public final class InvalidPolicyException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /**
   * A refusal.
   *
   * @param policy the policy's name
   * @param path where in it
   * @param message what is wrong
   */
  public InvalidPolicyException(String policy, String path, String message) {
    super("policy " + policy + ", " + path + ": " + message);
  }
}
