package io.vmferry.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.vmferry.disk.DiskImage;
import io.vmferry.functions.task.Task;
import org.junit.jupiter.api.Test;

final class CliArchitectureTest {
  private static final JavaClasses EVERYTHING =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          // Other modules' tests are jars of their own once they are packaged.
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("io.vmferry");

  @Test
  void theWholeSystemIsLookedAt() {
    assertThat(EVERYTHING.contain(Main.class)).isTrue();
    assertThat(EVERYTHING.contain(Task.class)).isTrue();
    assertThat(EVERYTHING.contain(DiskImage.class)).isTrue();
  }

  @Test
  void nothingButTheCommandLinePrints() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.vmferry.cli..")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(EVERYTHING);
  }

  @Test
  void commandsPrintThroughTheirEnvironmentOnly() {
    noClasses()
        .that()
        .resideInAPackage("io.vmferry.cli..")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(EVERYTHING);
  }

  @Test
  void onlyTheBackendKnowsTheSdkAndTheEmbeddedAws() {
    // Help and usage errors are quick because no command loads these.
    noClasses()
        .that()
        .resideInAPackage("io.vmferry.cli..")
        .and()
        .resideOutsideOfPackage("io.vmferry.cli.backend")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("software.amazon..", "io.vmferry.local..", "io.vmferry.functions.aws..")
        .check(EVERYTHING);
  }

  @Test
  void nobodyDependsOnTheCommandLine() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.vmferry.cli..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.vmferry.cli..")
        .check(EVERYTHING);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("io.vmferry.cli.(*)..").should().beFreeOfCycles().check(EVERYTHING);
  }
}
