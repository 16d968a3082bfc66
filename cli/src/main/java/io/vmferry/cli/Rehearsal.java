package io.vmferry.cli;

import java.io.FileDescriptor;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SplittableRandom;

/**
 * What an ahead-of-time cache is made from (scripts/make-aot-cache): the commands, run as they are,
 * on the example and on a disk large enough for the JVM to see which methods are used most.
 */
public final class Rehearsal {
  private static final int DISK_MIB = 256;
  private static final int MIB = 1 << 20;

  private final CliEnvironment environment;
  private final String state;

  private Rehearsal(Path state, PrintStream messages) {
    this.state = state.toString();
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
    this.environment = Main.environment(nowhere, messages, OptionalInt.empty(), Map.of());
  }

  /**
   * Runs the commands; ends the process with 0 if all of them have worked.
   *
   * @param arguments an empty folder to work in, and an image
   */
  public static void main(String[] arguments) throws IOException {
    Main.configureLogging(arguments);
    Path folder = Path.of(arguments[0]);
    Rehearsal rehearsal = new Rehearsal(folder.resolve("state"), Main.stream(FileDescriptor.err));
    Path disk = folder.resolve("disk.raw");
    write(disk);
    boolean worked =
        rehearsal.run("import", "--no-modify-os", arguments[1])
            && rehearsal.run("import", "--no-modify-os", "--format", "raw", disk.toString())
            && rehearsal.run("tasks")
            && rehearsal.run("images")
            && rehearsal.run("snapshot", "list");
    System.exit(worked ? ExitCode.OK : ExitCode.INTERNAL);
  }

  private boolean run(String... command) {
    String[] arguments = Arrays.copyOf(command, command.length + 2);
    arguments[command.length] = "--state";
    arguments[command.length + 1] = state;
    return Vmferry.commandLine(environment).execute(arguments) == ExitCode.OK;
  }

  /** A disk that is full and does not compress. */
  private static void write(Path disk) throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    ByteBuffer buffer = ByteBuffer.allocate(MIB);
    try (FileChannel file =
        FileChannel.open(disk, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (int i = 0; i < DISK_MIB; i++) {
        random.nextBytes(buffer.array());
        buffer.clear();
        while (buffer.hasRemaining()) {
          file.write(buffer);
        }
      }
    } catch (IOException e) {
      Files.deleteIfExists(disk);
      throw e;
    }
  }
}
