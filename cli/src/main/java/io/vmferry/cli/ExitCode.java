package io.vmferry.cli;

import io.vmferry.error.ErrorCode;

/** What the process ends with. The numbers are API: scripts rely on them. */
final class ExitCode {
  static final int OK = 0;
  static final int INTERNAL = 1;
  static final int USAGE = 2;
  static final int USER = 3;
  static final int EXTERNAL = 4;
  static final int CAPACITY = 5;
  static final int INTERRUPTED = 130;

  /** The table of the top command's help; in {@code @Command} it has to be constant. */
  static final String[] DOCUMENTED = {
    OK + ":Done.",
    INTERNAL + ":INTERNAL: a fault of vmferry.",
    USAGE + ":The command line is wrong.",
    USER + ":USER: the request or the image must change.",
    EXTERNAL + ":EXTERNAL: something outside failed; trying again can help.",
    CAPACITY + ":CAPACITY: a limit is reached; trying again later helps.",
    INTERRUPTED + ":Interrupted; 143 if terminated."
  };

  private ExitCode() {}

  /** The exit code of a failure's category. */
  static int of(ErrorCode.Category category) {
    return switch (category) {
      case USER -> USER;
      case EXTERNAL -> EXTERNAL;
      case CAPACITY -> CAPACITY;
      case INTERNAL -> INTERNAL;
    };
  }
}
