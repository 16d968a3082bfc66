package io.vmferry.functions;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

final class FunctionsArchitectureTest {
  private static final String ROOT = "io.vmferry.functions";
  private static final String SDK = "software.amazon..";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  @Test
  void looksAtAllPackages() {
    assertThat(CLASSES.stream().map(c -> c.getPackageName()).distinct())
        .contains(ROOT + ".aws", ROOT + ".port", ROOT + ".service", ROOT + ".task");
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void onlyTheAdaptersKnowTheSdk() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".aws..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(SDK, "org.apache.http..")
        .check(CLASSES);
  }

  @Test
  void onlyTheCompositionRootKnowsTheAdapters() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".aws..")
        .and()
        .doNotHaveFullyQualifiedName(ROOT + ".handler.Wiring")
        .and()
        .doNotHaveFullyQualifiedName(ROOT + ".handler.EventsWiring")
        .should()
        .dependOnClassesThat(resideInAPackage(ROOT + ".aws.."))
        .check(CLASSES);
  }

  @Test
  void servicesKnowPortsAndTheDomainOnly() {
    noClasses()
        .that()
        .resideInAnyPackage(ROOT + ".service..", ROOT + ".upload..", ROOT + ".announce..")
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(ROOT + ".aws..", ROOT + ".handler..", SDK, "com.amazonaws.."))
        .check(CLASSES);
  }

  @Test
  void portsKnowTheDomainOnly() {
    classes()
        .that()
        .resideInAPackage(ROOT + ".port..")
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(
                ROOT + ".port..",
                ROOT + ".task..",
                "io.vmferry.disk..",
                "java..",
                "org.jspecify.."))
        .check(CLASSES);
  }

  @Test
  void theDomainKnowsTheDisksOnly() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + ".task..")
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(
                ROOT + ".aws..",
                ROOT + ".handler..",
                ROOT + ".port..",
                ROOT + ".service..",
                SDK,
                "com.amazonaws.."))
        .check(CLASSES);
  }

  @Test
  void nothingIsPrintedAndOneLoggingInterfaceIsUsed() {
    NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.check(CLASSES);
    NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING.check(CLASSES);
  }
}
