package io.vmferry.local.edge;

import java.util.Optional;

/** Decides which requests may be carried out. Safe for use by many threads at once. */
public interface Authorizer {
  /** Lets everybody do everything. */
  Authorizer EVERYBODY =
      new Authorizer() {
        @Override
        public boolean restricts(String accessKeyId) {
          return false;
        }

        @Override
        public Optional<String> denial(AuthorizedCall call) {
          return Optional.empty();
        }
      };

  /** Whether requests of these credentials are to be looked at. */
  boolean restricts(String accessKeyId);

  /** Why a request is denied; empty if it is allowed. */
  Optional<String> denial(AuthorizedCall call);
}
