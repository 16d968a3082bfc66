package io.vmferry.cli.boot;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Waits for texts on a serial console, one after the other. What a terminal would not show as text
 * is passed over: a status that systemd prints in colours is found as it is read. A text is found
 * within a line.
 */
final class ConsoleWatch {
  private static final int MAX_LINE = 4096;
  private static final int LAST_LINES = 8;

  private final Deque<String> expected;
  private final Deque<String> lastLines = new ArrayDeque<>();
  private final byte[] line = new byte[MAX_LINE];
  private int length;

  /** How much of the line lies behind the text that was found last. */
  private int searched;

  private Escape escape = Escape.NONE;

  ConsoleWatch(List<String> expected) {
    this.expected = new ArrayDeque<>(expected);
  }

  /** Takes what the console printed. */
  void accept(byte[] bytes, int count) {
    for (int index = 0; index < count; index++) {
      accept(bytes[index]);
    }
    search();
  }

  /** The texts that have not been seen yet. */
  List<String> missing() {
    return new ArrayList<>(expected);
  }

  /** The console's last lines that have something in them. */
  List<String> lastLines() {
    List<String> lines = new ArrayList<>(lastLines);
    String current = text(0);
    if (!current.isBlank()) {
      lines.add(current.strip());
    }
    return lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size());
  }

  /** The last lines as part of a message. */
  String describeLastLines() {
    List<String> lines = lastLines();
    return lines.isEmpty()
        ? "the console showed nothing"
        : lines.stream().collect(Collectors.joining(" | ", "the console's last lines: ", ""));
  }

  private void accept(byte character) {
    if (escape != Escape.NONE || character == 0x1b) {
      escape = escape.next(character);
    } else if (character == '\n') {
      endLine();
    } else if (character >= ' ' || character < 0 || character == '\t') {
      if (length == MAX_LINE) {
        endLine();
      }
      line[length++] = character;
    }
  }

  private void endLine() {
    search();
    String text = text(0);
    if (!text.isBlank()) {
      lastLines.addLast(text.strip());
      if (lastLines.size() > LAST_LINES) {
        lastLines.removeFirst();
      }
    }
    length = 0;
    searched = 0;
  }

  private void search() {
    while (!expected.isEmpty()) {
      byte[] wanted = expected.getFirst().getBytes(StandardCharsets.UTF_8);
      int at = indexOf(wanted);
      if (at < 0) {
        return;
      }
      searched = at + wanted.length;
      expected.removeFirst();
    }
  }

  private int indexOf(byte[] wanted) {
    for (int at = searched; at + wanted.length <= length; at++) {
      if (Arrays.equals(line, at, at + wanted.length, wanted, 0, wanted.length)) {
        return at;
      }
    }
    return -1;
  }

  private String text(int from) {
    return new String(line, from, length - from, StandardCharsets.UTF_8);
  }

  /** Where in a control sequence of a terminal (ECMA-48, section 5) the console is. */
  private enum Escape {
    NONE,
    /** After the escape character, and after intermediate bytes. */
    STARTED,
    /** In a control sequence, up to its final byte. */
    SEQUENCE,
    /** In a command to the operating system, such as a window's title. */
    COMMAND,
    /** At what may be the end of one. */
    COMMAND_END;

    Escape next(byte character) {
      return switch (this) {
        case NONE -> STARTED;
        case STARTED ->
            switch (character) {
              case '[' -> SEQUENCE;
              case ']', 'P', '^', '_', 'X' -> COMMAND;
              default -> character >= 0x20 && character <= 0x2f ? STARTED : NONE;
            };
        case SEQUENCE -> character >= 0x40 && character <= 0x7e ? NONE : SEQUENCE;
        case COMMAND -> {
          if (character == 0x1b) {
            yield COMMAND_END;
          }
          // A command that nobody ends must not hide all that follows.
          yield character == 0x07 || character == '\n' ? NONE : COMMAND;
        }
        case COMMAND_END -> NONE;
      };
    }
  }
}
