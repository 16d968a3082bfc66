package io.vmferry.local.stepfunctions;

import static io.vmferry.local.stepfunctions.Workbench.machine;
import static io.vmferry.local.stepfunctions.Workbench.object;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LimitsTest {
  private static final int LIMIT = 262_144;

  private Workbench bench;

  @BeforeEach
  void open(@TempDir Path directory) {
    bench = new Workbench(directory);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  /** A string of that many bytes in UTF-8, of characters of one to four bytes each. */
  private static String text(int bytes, Random random) {
    String[] characters = {"a", "é", "€", "🚢"};
    StringBuilder text = new StringBuilder();
    int left = bytes;
    while (left > 0) {
      int length = Math.min(left, 1 + random.nextInt(4));
      text.append(characters[length - 1]);
      left -= length;
    }
    return text.toString();
  }

  @Test
  void resultsPassUpToTheLimitInUtf8BytesAndNoFurther() throws Exception {
    Random random = new Random(7);
    String definition =
        machine(
            "A",
            "'A':{'Type':'Task','Resource':'arn:aws:states:::test:run',"
                + "'Arguments':{'Work':'w'},'End':true}");
    for (int i = 0; i < 30; i++) {
      int bytes = i == 0 ? LIMIT : i == 1 ? LIMIT + 1 : LIMIT - 20 + random.nextInt(40);
      String text = text(bytes - 2, random);
      assertThat(("\"" + text + "\"").getBytes(StandardCharsets.UTF_8)).hasSize(bytes);
      bench.task("w", payload -> object().textNode(text));
      Execution ended = bench.run(definition, "{}");
      if (bytes <= LIMIT) {
        assertThat(ended.status()).as("%d", bytes).isEqualTo(ExecutionStatus.SUCCEEDED);
      } else {
        assertThat(ended.error()).as("%d", bytes).contains("States.DataLimitExceeded");
      }
    }
  }

  @Test
  void argumentsAndOutputsHaveTheSameLimit() throws Exception {
    bench.task("w", payload -> object());
    String grow = "{% $join([1..20].$states.input) %}";
    String input = "\"" + "x".repeat(20_000) + "\"";
    assertThat(
            bench
                .run(
                    machine(
                        "A",
                        "'A':{'Type':'Task','Resource':'arn:aws:states:::test:run',"
                            + "'Arguments':{'Work':'w','Payload':'"
                            + grow
                            + "'},'End':true}"),
                    input)
                .error())
        .contains("States.DataLimitExceeded");
    assertThat(
            bench
                .run(machine("A", "'A':{'Type':'Pass','Output':'" + grow + "','End':true}"), input)
                .error())
        .contains("States.DataLimitExceeded");
    assertThat(
            bench
                .run(
                    machine("A", "'A':{'Type':'Pass','Assign':{'v':'" + grow + "'},'End':true}"),
                    input)
                .error())
        .contains("States.DataLimitExceeded");
  }

  @Test
  void inputBeyondThePayloadLimitIsRefused() throws Exception {
    String machine = bench.create("m", machine("A", "'A':{'Type':'Succeed'}"));
    assertThatThrownBy(() -> bench.engine.start(machine, null, "\"" + "x".repeat(LIMIT - 1) + "\""))
        .isInstanceOfSatisfying(
            StatesApiException.class, e -> assertThat(e.code()).isEqualTo("InvalidExecutionInput"));
    assertThatThrownBy(() -> bench.engine.start(machine, null, "{"))
        .isInstanceOfSatisfying(
            StatesApiException.class, e -> assertThat(e.code()).isEqualTo("InvalidExecutionInput"));
  }

  @Test
  void allVariablesTogetherHaveALimitAndInnerOnesGiveTheirShareBack() {
    Scope outer = new Scope();
    String value = "\"" + "x".repeat(200_000) + "\"";
    for (int i = 0; i < 52; i++) {
      Scope inner = outer.inner();
      inner.assign(Workbench.parse("{\"v\":" + value + "}"));
      inner.assign(Workbench.parse("{\"v\":" + value + "}"));
      inner.end();
    }
    for (int i = 0; i < 52; i++) {
      outer.assign(Workbench.parse("{\"v" + i + "\":" + value + "}"));
    }
    assertThatThrownBy(() -> outer.assign(Workbench.parse("{\"last\":" + value + "}")))
        .isInstanceOfSatisfying(
            StateFailure.class,
            e -> assertThat(e.error()).isEqualTo(StateFailure.DATA_LIMIT_EXCEEDED));
    assertThat(outer.lookup("last")).isEmpty();
  }

  @Test
  void anExecutionWithTooManyEventsFails() throws Exception {
    Execution ended =
        bench.run(
            machine(
                "M",
                "'M':{'Type':'Map','Items':'{% [1..7000] %}','ItemProcessor':{'StartAt':'X',"
                    + "'States':{'X':{'Type':'Pass','Output':1,'End':true}}},"
                    + "'Catch':[{'ErrorEquals':['States.ALL'],'Next':'C'}],'End':true},"
                    + "'C':{'Type':'Succeed'}"),
            "{}");
    assertThat(ended.error()).contains("States.Runtime");
    assertThat(ended.cause().orElseThrow()).contains("maximum number of history events (25000)");
    assertThat(bench.events(ended.arn()))
        .hasSizeLessThanOrEqualTo(25_000)
        .last()
        .isEqualTo("ExecutionFailed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a/b", "a:b", "a*", "a\u0007", "a{", "\uFFFF", "\uD800"})
  void namesThatAwsRefusesAreRefused(String name) {
    assertThat(Names.isValid(name)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "a-b_c.d", "Ünïcode", "..", "a+b(c)=!"})
  void namesThatAwsTakesAreTaken(String name) {
    assertThat(Names.isValid(name)).isTrue();
    assertThat(Names.fileName(name)).matches("[=A-Za-z0-9][A-Za-z0-9_-]*");
  }

  @Test
  void namesHaveUpToEightyCharacters() {
    assertThat(Names.isValid("é".repeat(80))).isTrue();
    assertThat(Names.isValid("e".repeat(81))).isFalse();
  }
}
