package io.vmferry.local.stepfunctions;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The files of state machines and executions. Each file is replaced whole and on disk before it is
 * renamed, so a crash leaves the old or the new one.
 */
final class Store {
  private static final String EXECUTION = "execution.json";
  private static final String DEFINITION = "definition.json";
  private static final String HISTORY = "history.jsonl";

  private final Path machines;
  private final Path executions;

  Store(Path directory) {
    machines = directory.resolve("machines");
    executions = directory.resolve("executions");
    try {
      Files.createDirectories(machines);
      Files.createDirectories(executions);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A state machine's file. */
  record StoredMachine(
      String arn,
      String name,
      String definition,
      String roleArn,
      long creationMillis,
      String revisionId) {}

  void write(StoredMachine machine) {
    write(machines.resolve(Names.fileName(machine.name()) + ".json"), machine);
  }

  List<StoredMachine> machines() {
    return readAll(machines, 1, ".json", StoredMachine.class);
  }

  void create(StoredExecution execution, String definition) {
    try {
      Files.createDirectories(directory(execution));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    replace(directory(execution).resolve(DEFINITION), definition.getBytes(StandardCharsets.UTF_8));
    write(execution);
  }

  void write(StoredExecution execution) {
    write(directory(execution).resolve(EXECUTION), execution);
  }

  /** All executions; directories that a crash left without their file are not any. */
  List<StoredExecution> executions() {
    return readAll(executions, 3, EXECUTION, StoredExecution.class);
  }

  String definition(StoredExecution execution) {
    try {
      return Files.readString(directory(execution).resolve(DEFINITION));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path history(StoredExecution execution) {
    return directory(execution).resolve(HISTORY);
  }

  private Path directory(StoredExecution execution) {
    return executions
        .resolve(Names.fileName(execution.stateMachineName()))
        .resolve(Names.fileName(execution.name()));
  }

  private static <T> List<T> readAll(Path root, int depth, String suffix, Class<T> type) {
    try (Stream<Path> paths = Files.walk(root, depth)) {
      List<T> all = new ArrayList<>();
      for (Path path : paths.filter(file -> file.toString().endsWith(suffix)).toList()) {
        all.add(JsonValues.MAPPER.readValue(Files.readAllBytes(path), type));
      }
      return all;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(Path path, Object value) {
    try {
      replace(path, JsonValues.MAPPER.writeValueAsBytes(value));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void replace(Path path, byte[] content) {
    Path next = path.resolveSibling(path.getFileName() + ".new");
    // Not a channel: those fail when the writing thread is interrupted.
    try (FileOutputStream stream = new FileOutputStream(next.toFile())) {
      stream.write(content);
      stream.getFD().sync();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try {
      Files.move(next, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
