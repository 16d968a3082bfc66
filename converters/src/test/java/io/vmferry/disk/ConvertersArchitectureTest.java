package io.vmferry.disk;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.GeneralCodingRules;
import io.vmferry.disk.format.DiskImageFormats;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConvertersArchitectureTest {
  private static final String CORE = "io.vmferry.disk";
  private static final List<String> FORMATS =
      List.of("raw", "vmdk", "vhd", "vhdx", "qcow2", "vdi", "ova");

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.vmferry");

  @Test
  void looksAtTheModulesClasses() {
    assertThat(CLASSES.contain(DiskImageFormats.class)).isTrue();
    assertThat(CLASSES.contain(ConvertersArchitectureTest.class)).isFalse();
  }

  @Test
  void isALibraryWithoutAnyAwsSdk() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("software.amazon..", "com.amazonaws..")
        .check(CLASSES);
  }

  @Test
  void dependsOnTheJdkAndCompressorsOnly() {
    // Guests compress initramfs and modules with xz and Zstandard, which the JDK does not know.
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..",
            "javax.xml..",
            "io.airlift.compress..",
            "io.vmferry..",
            "org.apache.commons.compress..",
            "org.tukaani.xz..",
            "org.jspecify.annotations..",
            "com.google.errorprone.annotations..")
        .check(CLASSES);
  }

  @Test
  void hasNoCyclesAmongItsPackages() {
    slices().matching("io.vmferry.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void namesFormatsInTheRegistryOnly() {
    classes()
        .that()
        .resideInAPackage(CORE)
        .should()
        .onlyDependOnClassesThat(
            not(resideInAPackage("io.vmferry.."))
                .or(resideInAnyPackage(CORE, CORE + ".io", "io.vmferry.error")))
        .check(CLASSES);
  }

  @Test
  void givesByteSourcesNothingButFailures() {
    classes()
        .that()
        .resideInAPackage(CORE + ".io")
        .should()
        .onlyDependOnClassesThat(
            not(resideInAPackage("io.vmferry.."))
                .or(resideInAnyPackage(CORE + ".io", "io.vmferry.error")))
        .check(CLASSES);
  }

  @ParameterizedTest
  @ValueSource(strings = {"raw", "vmdk", "vhd", "vhdx", "qcow2", "vdi", "ova"})
  void keepsFormatsApartFromEachOther(String format) {
    String[] others =
        FORMATS.stream()
            .filter(other -> !other.equals(format))
            .map(other -> CORE + "." + other + "..")
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage(CORE + "." + format + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(others)
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void printsNothing() {
    GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.check(CLASSES);
    GeneralCodingRules.NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING.check(CLASSES);
  }

  @Test
  void neverEndsTheProcessOrSleeps() {
    noClasses()
        .should()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Thread.class, "sleep", long.class)
        .orShould()
        .callMethod(Thread.class, "sleep", Duration.class)
        .check(CLASSES);
  }

  @Test
  void hasOneExceptionClass() {
    classes()
        .that()
        .areAssignableTo(Throwable.class)
        .should()
        .haveFullyQualifiedName(VmferryException.class.getName())
        .check(CLASSES);
    GeneralCodingRules.NO_CLASSES_SHOULD_THROW_GENERIC_EXCEPTIONS.check(CLASSES);
  }

  @Test
  void declaresNoCheckedExceptionButIoException() {
    methods()
        .that()
        .arePublic()
        .and()
        .areDeclaredInClassesThat()
        .arePublic()
        .should(declareNothingButIoException())
        .check(CLASSES);
  }

  private static ArchCondition<JavaMethod> declareNothingButIoException() {
    return new ArchCondition<>("declare no checked exception but IOException") {
      @Override
      public void check(JavaMethod method, ConditionEvents events) {
        for (JavaClass type : method.getExceptionTypes()) {
          boolean fine =
              type.isAssignableTo(IOException.class) || type.isAssignableTo(RuntimeException.class);
          events.add(
              new SimpleConditionEvent(
                  method, fine, method.getFullName() + " declares " + type.getName()));
        }
      }
    };
  }
}
