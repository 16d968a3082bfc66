package io.vmferry.error;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.error.ErrorCode.Category;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Codes are API. With {@code -Dgolden.update} new codes are added to the pinned names, and the page
 * of the documentation is written anew; a name is never unpinned but by hand.
 */
class ErrorCodeTest {
  private static final boolean UPDATE = System.getProperty("golden.update") != null;
  private static final Path PINNED = Path.of("src/test/resources/io/vmferry/error/error-codes.txt");
  private static final Path PAGE = Path.of("../docs/errors.md");
  private static final String HOW_TO_UPDATE =
      "run ./mvnw -pl converters -am test -Dtest=ErrorCodeTest"
          + " -Dsurefire.failIfNoSpecifiedTests=false -Dgolden.update";

  @Test
  void keepsEveryNameThereEverWas() throws IOException {
    Set<String> pinned = new LinkedHashSet<>(Files.readAllLines(PINNED));
    List<String> names = Arrays.stream(ErrorCode.values()).map(Enum::name).toList();
    assertThat(names).as("scripts match on these names").containsAll(pinned);
    if (UPDATE) {
      pinned.addAll(names);
      Files.write(PINNED, pinned.stream().sorted().toList());
    }
    assertThat(pinned).as("%s: %s", PINNED, HOW_TO_UPDATE).containsAll(names);
  }

  @Test
  void isDocumented() throws IOException {
    if (UPDATE) {
      Files.createDirectories(PAGE.toAbsolutePath().normalize().getParent());
      Files.writeString(PAGE, page());
    }
    assertThat(PAGE).as(HOW_TO_UPDATE).content().isEqualTo(page());
  }

  @ParameterizedTest
  @EnumSource
  void saysItsCauseAndRemedyInSentences(ErrorCode code) {
    assertThat(code.cause()).matches("(?s)\\p{Lu}.*[^.]\\.");
    assertThat(code.remedy()).matches("(?s)\\p{Lu}.*[^.]\\.");
  }

  @ParameterizedTest
  @EnumSource
  void putsTheGuidesTextFirstAndTheRemedyLast(ErrorCode code) {
    VmferryException failure = new VmferryException(code, "found this");
    String guideText = Optional.ofNullable(code.guideText()).map(text -> text + ": ").orElse("");
    assertThat(failure).hasMessage(guideText + "found this. " + code.remedy());
    assertThat(failure.code()).isEqualTo(code);
    assertThat(failure.detail()).isEqualTo("found this");
  }

  private static String page() {
    StringBuilder page =
        new StringBuilder(
            """
            # Errors

            <!-- Made from ErrorCode by ErrorCodeTest; do not edit. -->

            Every failure has a code that does not change from release to release, so that scripts
            can match on it. The message says what was found and where, and what to do. Where the
            EC2 VM Import/Export guide has a text for the failure, the message starts with it.

            | Category | Who must act | Exit code of `vmferry` |
            |---|---|---|
            """);
    for (Category category : Category.values()) {
      page.append("| %s | %s | %d |%n".formatted(category, who(category), exitCode(category)));
    }
    for (ErrorCode code : ErrorCode.values()) {
      page.append(
          "%n## %s%n%s (exit code %d)%n%n"
              .formatted(code, code.category(), exitCode(code.category())));
      page.append("- **Cause:** %s%n- **Remedy:** %s%n".formatted(code.cause(), code.remedy()));
      Optional.ofNullable(code.guideText())
          .ifPresent(text -> page.append("- **The guide's text:** `%s`%n".formatted(text)));
    }
    return page.toString().replace(System.lineSeparator(), "\n");
  }

  private static String who(Category category) {
    return switch (category) {
      case USER -> "The request or the image must change; trying again as it is does not help.";
      case EXTERNAL ->
          "A service outside of vmferry failed; the task has tried again, and so can you.";
      case CAPACITY -> "A quota or limit is reached; later, or with a higher limit, it works.";
      case INTERNAL -> "A fault of vmferry: please report it.";
    };
  }

  /** As the command line tool has them. */
  private static int exitCode(Category category) {
    return switch (category) {
      case INTERNAL -> 1;
      case USER -> 3;
      case EXTERNAL -> 4;
      case CAPACITY -> 5;
    };
  }
}
