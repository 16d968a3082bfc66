package io.vmferry.guest.linux.files;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigSyntaxTest {

  @Test
  void readsAssignmentsAsTheShellDoes() {
    ShellVariables variables =
        ShellVariables.of(
            "A=1\nexport B='two words'\n#C=3\nD=\"x\" # why\nA=4 # last\n E=\"open\n");
    assertThat(variables.get("A")).contains("4");
    assertThat(variables.get("B")).contains("two words");
    assertThat(variables.get("C")).isEmpty();
    assertThat(variables.get("D")).contains("x");
    assertThat(variables.get("E")).contains("open");
  }

  @Test
  void changesAnAssignmentWhereItStandsAndAppendsAMissingOne() {
    ShellVariables variables = ShellVariables.of("# head\nA=1\n\nB=2\nA=3");
    assertThat(variables.with("A", "5", "'").text()).isEqualTo("# head\nA='5'\n\nB=2\n");
    assertThat(variables.with("C", "6", "").text()).isEqualTo("# head\nA=1\n\nB=2\nA=3\nC=6\n");
    assertThat(variables.without("A"::equals).text()).isEqualTo("# head\n\nB=2\n");
  }

  @Test
  void leavesAnAssignmentOfTheSameValueAsItIsSpelled() {
    assertThat(ShellVariables.of("A=\"dhcp\"\n").with("A", "dhcp", "").text())
        .isEqualTo("A=\"dhcp\"\n");
  }

  @Test
  void understandsYesAndNoAsTheScriptsDo() {
    ShellVariables variables = ShellVariables.of("A=Yes\nB='no'\nC=\n");
    assertThat(variables.isYes("A")).isTrue();
    assertThat(variables.isNo("B")).isTrue();
    assertThat(variables.isNo("C")).isFalse();
    assertThat(variables.has("C"::equals)).isFalse();
  }

  @Test
  void readsSectionsAndTakesCommentsForNoKeys() {
    IniFile file = IniFile.of("[a]\nk = 1\n#k=2\n;k=3\n\n[b]\nk=4\n[a]\nk=5\n");
    assertThat(file.all("a", "k")).containsExactly("1", "5");
    assertThat(file.get("b", "k")).contains("4");
    assertThat(file.get("c", "k")).isEmpty();
    assertThat(file.has("c")).isFalse();
  }

  @Test
  void changesKeysInTheirSectionOnly() {
    IniFile file = IniFile.of("[a]\nk=1\nl=2\n\n[b]\nk=4\n");
    assertThat(file.with("a", "k", "9").text()).isEqualTo("[a]\nk=9\nl=2\n\n[b]\nk=4\n");
    assertThat(file.with("a", "m", "9").text()).isEqualTo("[a]\nk=1\nl=2\nm=9\n\n[b]\nk=4\n");
    assertThat(file.with("c", "m", "9").text())
        .isEqualTo("[a]\nk=1\nl=2\n\n[b]\nk=4\n\n[c]\nm=9\n");
    assertThat(file.without("a", "k"::equals).text()).isEqualTo("[a]\nl=2\n\n[b]\nk=4\n");
    assertThat(file.withoutSections("a"::equals).text()).isEqualTo("[b]\nk=4\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "\0\0=\0\n", "=\n", "[\n", "[]\n=x\n", "a=\r\nb='\r\n", "\\\n"})
  void copesWithAnyText(String text) {
    assertThat(ShellVariables.of(text).with("X", "1", "").get("X")).contains("1");
    assertThat(IniFile.of(text).with("s", "x", "1").get("s", "x")).contains("1");
  }

  @Test
  void readsALineOfAMebibyte() {
    String line = "A=" + "x".repeat(1 << 20);
    assertThat(ShellVariables.of(line).get("A").orElseThrow()).hasSize(1 << 20);
    assertThat(IniFile.of("[s]\n" + line).get("s", "A").orElseThrow()).hasSize(1 << 20);
  }
}
