package io.vmferry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.error.ErrorCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class VmferryTest {
  private final CliRun cli = new CliRun();

  @Test
  void helpListsEveryCommandAndExitCode() {
    assertThat(cli.run("--help")).isZero();
    assertThat(cli.out())
        .contains(
            "check",
            "inspect",
            "import",
            "tasks",
            "task ",
            "cancel",
            "images",
            "boot",
            "snapshot",
            "local")
        .contains("USER: the request or the image must change", "EXTERNAL", "CAPACITY", "130");
    assertThat(cli.err()).isEmpty();
    assertThat(cli.backend.opened).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "check",
        "inspect",
        "import",
        "tasks",
        "task",
        "cancel",
        "images",
        "boot",
        "snapshot",
        "local"
      })
  void everyCommandHasHelp(String command) {
    assertThat(cli.run(command, "--help")).isZero();
    assertThat(cli.out()).startsWith("Usage: vmferry " + command).doesNotContain("${");
    assertThat(cli.backend.opened).isEmpty();
  }

  @Test
  void theVersionIsTheBuilds() {
    assertThat(cli.run("--version")).isZero();
    assertThat(cli.out()).matches("vmferry \\d+\\.\\d+\\.\\d+.*\\R");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "imporrt x",
        "import",
        "import --no-such-option x",
        "import --format qcow9 x.vmdk",
        "import --architecture sparc x.vmdk",
        "import --boot-mode bios x.vmdk",
        "import --tag novalue x.vmdk",
        "import --snapshot a.vmdk b.vmdk",
        "import --snapshot --name web a.vmdk",
        "task",
        "snapshot",
        "snapshot read snap-1",
        "local --port many",
        "boot",
        "boot ami-1 --timeout soon",
        "boot ami-1 --timeout 0s",
        "boot ami-1 --memory 32",
        "boot ami-1 --cpus 0",
        "boot ami-1 --firmware coreboot",
        "boot ami-1 --network-card ena"
      })
  void wrongCommandLinesEndWithTwoAndStartNothing(String line) {
    String[] arguments = line.isEmpty() ? new String[0] : line.split(" ", -1);

    assertThat(cli.run(arguments)).isEqualTo(2);
    assertThat(cli.err()).startsWith("vmferry: ").contains("Try 'vmferry").contains("--help'");
    assertThat(cli.out()).isEmpty();
    assertThat(cli.backend.opened).isEmpty();
  }

  @Test
  void aMistypedCommandIsGuessed() {
    assertThat(cli.run("imprt", "x.vmdk")).isEqualTo(2);
    assertThat(cli.err()).contains("Did you mean").contains("vmferry import");
  }

  @ParameterizedTest
  @EnumSource(ErrorCode.Category.class)
  void everyCategoryHasItsOwnExitCode(ErrorCode.Category category) {
    assertThat(ExitCode.of(category))
        .isEqualTo(
            switch (category) {
              case INTERNAL -> 1;
              case USER -> 3;
              case EXTERNAL -> 4;
              case CAPACITY -> 5;
            });
  }

  @Test
  void theStateDirectoryFollowsTheEnvironment() {
    cli.variables.clear();
    cli.variables.put("XDG_STATE_HOME", "/xdg");
    cli.run("tasks");
    cli.variables.put("VMFERRY_STATE", "/own");
    cli.run("tasks");
    cli.run("tasks", "--state", "/given/../other");

    assertThat(cli.backend.opened.stream().map(Object::toString))
        .containsExactly("/xdg/vmferry", "/own", "/other");
    assertThat(cli.backend.closed).isEqualTo(3);
  }

  @Test
  void theStateDirectoryIsInTheHomeFolderByDefault() {
    cli.variables.clear();
    cli.variables.put("XDG_STATE_HOME", "");
    cli.run("tasks");

    assertThat(cli.backend.opened.getFirst().toString())
        .isEqualTo(System.getProperty("user.home") + "/.local/state/vmferry");
  }
}
