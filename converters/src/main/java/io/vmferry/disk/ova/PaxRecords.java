package io.vmferry.disk.ova;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The records of pax extended headers (POSIX.1-2001 "pax Extended Header"): a global set, and one
 * for the next entry that goes before it.
 */
final class PaxRecords {
  private static final String PATH = "path";
  private static final String SIZE = "size";
  private static final String SPARSE = "GNU.sparse.";

  private final Map<String, String> global = new HashMap<>();
  private final Map<String, String> next = new HashMap<>();

  /** Takes in the data of a global extended header. */
  void addGlobal(byte[] data, String where) {
    parse(data, where, global);
  }

  /** Takes in the data of an extended header for the next entry. */
  void addNext(byte[] data, String where) {
    parse(data, where, next);
  }

  /** Whether an extended header waits for its entry. */
  boolean isPending() {
    return !next.isEmpty();
  }

  /** Forgets what was said of one entry. */
  void endEntry() {
    next.clear();
  }

  /** The entry's name, where a record has it. */
  Optional<String> path() {
    return value(PATH);
  }

  /** The entry's size, where a record has it, which it must where a header's field is too small. */
  Optional<Long> size(String where) {
    return value(SIZE).map(text -> size(text, where));
  }

  /** Whether the entry's data is stored without its holes. */
  boolean isSparse() {
    return next.containsKey(SPARSE) || global.containsKey(SPARSE);
  }

  private Optional<String> value(String key) {
    // An empty value takes back what the global header says.
    return Optional.ofNullable(next.containsKey(key) ? next.get(key) : global.get(key))
        .filter(value -> !value.isEmpty());
  }

  private static long size(String text, String where) {
    // 18 digits are an exabyte, and less than a long holds.
    if (text.length() > 18 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw invalid(where, "the pax size '" + Messages.shorten(text) + "' is no number of bytes");
    }
    return Long.parseLong(text);
  }

  /** Records are {@code length key=value\n}, where the length in bytes counts itself. */
  private static void parse(byte[] data, String where, Map<String, String> into) {
    int at = 0;
    while (at < data.length && data[at] != 0) {
      int blank = indexOf(data, (byte) ' ', at);
      int length = blank < 0 ? -1 : recordLength(data, at, blank);
      int end = at + length;
      int equals = blank < 0 ? -1 : indexOf(data, (byte) '=', blank);
      if (length <= 0
          || length > data.length - at
          || end <= blank
          || data[end - 1] != '\n'
          || equals < 0
          || equals >= end) {
        throw invalid(where, "the pax record at byte %d of its header is damaged".formatted(at));
      }
      String key = Texts.decode(Arrays.copyOfRange(data, blank + 1, equals));
      // Only what is used is kept, or many global headers would fill the heap.
      if (key.startsWith(SPARSE)) {
        into.put(SPARSE, "");
      } else if (key.equals(PATH) || key.equals(SIZE)) {
        into.put(key, Texts.decode(Arrays.copyOfRange(data, equals + 1, end - 1)));
      }
      at = end;
    }
  }

  private static int recordLength(byte[] data, int from, int to) {
    int length = 0;
    for (int i = from; i < to; i++) {
      int digit = data[i] - '0';
      // Eight digits are more than the longest header that is read.
      if (digit < 0 || digit > 9 || i - from >= 8) {
        return -1;
      }
      length = length * 10 + digit;
    }
    return length;
  }

  private static int indexOf(byte[] data, byte wanted, int from) {
    for (int i = from; i < data.length; i++) {
      if (data[i] == wanted) {
        return i;
      }
    }
    return -1;
  }

  private static VmferryException invalid(String where, String what) {
    return new VmferryException(ErrorCode.OVA_TAR_INVALID, where + ": " + what);
  }
}
