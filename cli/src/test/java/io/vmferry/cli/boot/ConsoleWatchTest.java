package io.vmferry.cli.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ConsoleWatchTest {
  private final ConsoleWatch watch = new ConsoleWatch(List.of("first login:", "second"));

  @Test
  void findsTextsThatComeByteByByte() {
    for (byte one : "x first login: ".getBytes(StandardCharsets.UTF_8)) {
      watch.accept(new byte[] {one}, 1);
    }

    assertThat(watch.missing()).containsExactly("second");
    print("second");
    assertThat(watch.missing()).isEmpty();
  }

  @Test
  void findsTextsOneAfterTheOtherOnly() {
    print("second\r\nfirst login: then second");
    assertThat(watch.missing()).isEmpty();

    ConsoleWatch other = new ConsoleWatch(List.of("b", "a"));
    byte[] bytes = "a b c\n".getBytes(StandardCharsets.UTF_8);
    other.accept(bytes, bytes.length);
    assertThat(other.missing()).containsExactly("a");
  }

  @Test
  void doesNotCountATextTwice() {
    ConsoleWatch twice = new ConsoleWatch(List.of("login:", "login:"));
    byte[] bytes = "login:".getBytes(StandardCharsets.UTF_8);
    twice.accept(bytes, bytes.length);
    assertThat(twice.missing()).hasSize(1);
    twice.accept(bytes, bytes.length);
    assertThat(twice.missing()).isEmpty();
  }

  @Test
  void passesOverWhatTerminalsDoNotShow() {
    print("\u001b[0;1;39mfi\u001b[0mrst\u001b]0;a title\u0007 lo\u001b(Bgin\r:");
    assertThat(watch.missing()).containsExactly("second");

    print("\u001bPsecond\u001b\\");
    assertThat(watch.missing()).containsExactly("second");
    // ESC c resets a terminal.
    print("sec\u001bco\u0000nd");
    assertThat(watch.missing()).isEmpty();
  }

  @Test
  void aCommandThatNobodyEndsHidesNoMoreThanItsLine() {
    print("\u001b]0;a title\nfirst login:\nsecond\n");

    assertThat(watch.missing()).isEmpty();
  }

  @Test
  void keepsTheLastLinesThatHaveSomethingInThem() {
    assertThat(watch.describeLastLines()).isEqualTo("the console showed nothing");
    for (int number = 1; number <= 20; number++) {
      print("line %d\r\n\r\n".formatted(number));
    }
    print("(initramfs) ");

    assertThat(watch.lastLines())
        .containsExactly(
            "line 14",
            "line 15",
            "line 16",
            "line 17",
            "line 18",
            "line 19",
            "line 20",
            "(initramfs)");
    assertThat(watch.describeLastLines()).endsWith("line 20 | (initramfs)");
  }

  @Test
  void aLineWithoutEndIsNotKeptWhole() {
    print("a".repeat(100_000));
    print("first login: second");

    assertThat(watch.missing()).isEmpty();
    assertThat(watch.lastLines()).allSatisfy(line -> assertThat(line).hasSizeLessThan(4097));
  }

  private void print(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    watch.accept(bytes, bytes.length);
  }
}
