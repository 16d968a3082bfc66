package io.vmferry.local.edge;

/** Hears of every request that reaches a service. Safe for use by many threads at once. */
@FunctionalInterface
public interface CallObserver {

  /**
   * A request is about to be answered.
   *
   * @param accessKeyId whose credentials signed it
   * @param service the service's signing name
   * @param operation the operation's name; {@code Unknown} if it cannot be told
   */
  void called(String accessKeyId, String service, String operation);
}
