package io.vmferry.guest.appliance;

import java.util.Optional;

/**
 * What a call into the appliance came to: a value, or an error of the guest's.
 *
 * @param value what was returned; empty if there is an error
 * @param errno the appliance's errno; 0 if it gave none
 * @param message the error, for people
 */
record Outcome<T>(Optional<T> value, int errno, String message) {
  static final int EPERM = 1;
  static final int ENOENT = 2;
  static final int EIO = 5;
  static final int EACCES = 13;
  static final int EEXIST = 17;
  static final int ENOTDIR = 20;
  static final int EISDIR = 21;
  static final int EFBIG = 27;
  static final int ENOSPC = 28;
  static final int EROFS = 30;
  static final int ENAMETOOLONG = 36;
  static final int ELOOP = 40;
  static final int EOPNOTSUPP = 95;
  static final int EDQUOT = 122;

  static <T> Outcome<T> of(T value) {
    return new Outcome<>(Optional.of(value), 0, "");
  }

  /** Whether the error says that nothing lies at a path, or nothing can be reached there. */
  boolean isAbsence() {
    return value.isEmpty()
        && switch (errno) {
          case ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG -> true;
          default -> false;
        };
  }

  /** Whether the error is the file system's refusal of a change, and no damage. */
  boolean isRefusal() {
    return value.isEmpty()
        && switch (errno) {
          case EPERM,
              EACCES,
              EEXIST,
              ENOENT,
              ENOTDIR,
              EISDIR,
              EFBIG,
              ENOSPC,
              EROFS,
              ENAMETOOLONG,
              ELOOP,
              EOPNOTSUPP,
              EDQUOT ->
              true;
          default -> false;
        };
  }
}
