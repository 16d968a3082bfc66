package io.vmferry.cli.boot;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A boot from its first look at the computer to its end. However the process ends, the machine ends
 * with it and its directory goes.
 */
public final class Boot implements AutoCloseable {
  private final HostPrograms programs;
  private final Path qemu;
  private final Optional<HostPrograms.UefiImage> uefi;
  private final BootDirectory directory;
  private final Thread hook = new Thread(this::release, "boot-end");
  private volatile @Nullable MachineProcess machine;

  private Boot(
      HostPrograms programs,
      Path qemu,
      Optional<HostPrograms.UefiImage> uefi,
      BootDirectory directory) {
    this.programs = programs;
    this.qemu = qemu;
    this.uefi = uefi;
    this.directory = directory;
  }

  /**
   * Prepares a boot: finds what is needed before any disk is copied.
   *
   * @param parent where the machine's directory is made
   * @throws VmferryException {@link ErrorCode#BOOT_PROGRAM_MISSING}, {@link
   *     ErrorCode#OUTPUT_UNUSABLE}
   */
  public static Boot prepare(HostPrograms programs, Firmware firmware, Path parent) {
    Path qemu = programs.require("qemu-system-x86_64", "qemu-system-x86");
    Optional<HostPrograms.UefiImage> uefi =
        switch (firmware) {
          case BIOS -> Optional.empty();
          case UEFI -> Optional.of(programs.requireUefi());
        };
    Boot boot = new Boot(programs, qemu, uefi, BootDirectory.make(parent));
    Runtime.getRuntime().addShutdownHook(boot.hook);
    return boot;
  }

  /** Where the machine's disks belong. */
  public Path directory() {
    return directory.path();
  }

  /**
   * What is wanted of a console that nobody types into.
   *
   * @param texts what it is to show, one after the other
   * @param timeout how long all of it may take
   * @param console what it prints goes there too
   */
  public record Expectation(List<String> texts, Duration timeout, OutputStream console) {}

  /**
   * Switches the machine on and waits: for what is expected of its console, or, where nothing is,
   * until it is switched off.
   *
   * @param expectation empty to let the user have the console
   * @param consoleLog gets what the console prints
   * @param report is told how the machine runs, before it does
   * @throws VmferryException {@link ErrorCode#BOOT_TEXT_NOT_SHOWN}, {@link
   *     ErrorCode#BOOT_MACHINE_FAILED}
   */
  public void run(
      Machine specification,
      Optional<Expectation> expectation,
      Optional<Path> consoleLog,
      Consumer<String> report)
      throws IOException, InterruptedException {
    boolean kvm = new KvmProbe(qemu, programs.root()).works(directory.path());
    report.accept(kvm ? "with KVM" : "by emulation, since KVM does not work here");
    QemuCommand.Setting setting =
        new QemuCommand.Setting(qemu, kvm, ownVariables(), expectation.isEmpty(), consoleLog);
    List<String> command = QemuCommand.of(specification, setting);
    Path messages = directory.path().resolve("messages");
    try (MachineProcess process =
        MachineProcess.start(programs, command, expectation.isEmpty(), messages)) {
      machine = process;
      if (expectation.isEmpty()) {
        process.awaitEnd();
      } else {
        Expectation wanted = expectation.get();
        process.await(new ConsoleWatch(wanted.texts()), wanted.timeout(), wanted.console());
      }
    }
  }

  /** The firmware with variables that the machine may change. */
  private Optional<HostPrograms.UefiImage> ownVariables() throws IOException {
    if (uefi.isEmpty()) {
      return Optional.empty();
    }
    HostPrograms.UefiImage image = uefi.get();
    Path copy = directory.path().resolve("variables.fd");
    Files.write(copy, Files.readAllBytes(image.variables()));
    return Optional.of(new HostPrograms.UefiImage(image.code(), copy));
  }

  private void release() {
    MachineProcess running = machine;
    if (running != null) {
      running.close();
    }
    directory.close();
  }

  @Override
  public void close() {
    release();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException ending) {
      awaitTheEnd();
    }
  }

  /** The process is ending and took the machine away: that it is gone is nothing to complain of. */
  private static void awaitTheEnd() {
    CountDownLatch never = new CountDownLatch(1);
    while (true) {
      try {
        never.await();
      } catch (InterruptedException e) {
        // Only the end of the process ends this.
      }
    }
  }
}
